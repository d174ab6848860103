/** How this client names itself to registries. The version is the package's; a test keeps them equal. */
export const USER_AGENT = "transship/0.1.0";
