/** Decodes percent-encoding; text whose encoding is broken, as anybody may type it into an address, is returned as it is. Pure. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
