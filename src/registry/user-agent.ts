/** The version of this package, as in `package.json`; a test keeps them equal. */
export const VERSION = "0.1.0";

/** How this client names itself to registries (RFC 9110 §10.1.5). */
export const USER_AGENT = `transship/${VERSION}`;
