/** Percent-decoding of what anybody may have typed into an address: what is not sound stays as it is. Pure. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
