import { describe, expect, test } from "vitest";
import { callbackFault, readCallbackSecret } from "../../../src/config/callbacks.ts";
import { ConfigError } from "../../../src/config/config-error.ts";

describe("CALLBACK_SECRET", () => {
  test("is taken as openssl makes it", () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    expect(readCallbackSecret({ CALLBACK_SECRET: ` ${secret}\n` })).toBe(secret);
    expect(readCallbackSecret({ CALLBACK_SECRET: "" })).toBeUndefined();
    expect(readCallbackSecret({})).toBeUndefined();
  });

  test.each([
    "secret",
    "whsec_",
    `whsec_${btoa("short")}`,
    `whsec_${btoa("x".repeat(65))}`,
    `whsk_${btoa("x".repeat(32))}`,
    7,
    "whsec_====",
  ])("%j is refused, and not repeated", (secret) => {
    try {
      readCallbackSecret({ CALLBACK_SECRET: secret });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).variable).toBe("CALLBACK_SECRET");
      expect((error as ConfigError).message).not.toContain(String(secret).slice(6) || "no text");
    }
  });
});

describe("where a callback may go", () => {
  test.each(["https://hooks.example.com/x?token=1", "https://hooks.example.com:8443/"])("%s", (url) => {
    expect(callbackFault(url, {})).toBeUndefined();
  });

  test.each([
    "not a url",
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "https://user:top-secret@hooks.example.com/",
    "https://127.0.0.1/",
    "https://0x7f.1/",
    "https://[::1]/",
    "https://169.254.169.254/latest/meta-data",
    "https://metadata.google.internal/",
    "https://localhost/",
  ])("not %s", (url) => {
    const fault = callbackFault(url, {});
    expect(fault).toBeDefined();
    expect(fault).not.toContain("top-secret");
    // It becomes part of a sentence.
    expect(fault).not.toMatch(/\.$/);
  });

  test("the operator may allow a host, for what it says", () => {
    const registries = { "127.0.0.1:8080": { http: true, private: true }, "10.0.0.1": { private: true } };
    expect(callbackFault("http://127.0.0.1:8080/x", registries)).toBeUndefined();
    expect(callbackFault("http://127.0.0.1:8081/x", registries)).toBeDefined();
    expect(callbackFault("http://10.0.0.1/x", registries)).toBeDefined();
    expect(callbackFault("https://10.0.0.1/x", registries)).toBeUndefined();
  });
});
