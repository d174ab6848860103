import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bytesOfBase64, bytesOfHex, isEd25519, isHmac, isRecent, isSecret, joined, WINDOW_MS } from "../../../src/triggers/signature.ts";

const KEY = joined("key");
const CONTENT = joined("content ", new Uint8Array([1, 2]));

test("an HMAC is the key's over the very bytes", async () => {
  const mac = Uint8Array.from(createHmac("sha256", KEY).update(CONTENT).digest());
  expect(await isHmac(KEY, mac, CONTENT)).toBe(true);
  expect(await isHmac(joined("other"), mac, CONTENT)).toBe(false);
  expect(await isHmac(KEY, mac, joined("content"))).toBe(false);
  expect(await isHmac(KEY, mac.slice(1), CONTENT)).toBe(false);
  expect(await isHmac(KEY, undefined, CONTENT)).toBe(false);
  expect(await isHmac(new Uint8Array(), mac, CONTENT)).toBe(false);
});

test("an Ed25519 signature is the key's over the very bytes", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = Uint8Array.from(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  const signature = Uint8Array.from(sign(null, CONTENT, privateKey));
  expect(await isEd25519(key, signature, CONTENT)).toBe(true);
  expect(await isEd25519(key, signature, joined("content"))).toBe(false);
  expect(await isEd25519(key, signature.slice(1), CONTENT)).toBe(false);
  expect(await isEd25519(key, undefined, CONTENT)).toBe(false);
  expect(await isEd25519(new Uint8Array(3), signature, CONTENT)).toBe(false);
});

test("a secret is the secret", async () => {
  expect(await isSecret("secret", "secret")).toBe(true);
  expect(await isSecret("secret ", "secret")).toBe(false);
  expect(await isSecret("", "")).toBe(false);
  expect(await isSecret(null, "secret")).toBe(false);
});

describe("a time", () => {
  const now = Date.UTC(2026, 10, 25);
  test.each([
    [0, true],
    [-WINDOW_MS, true],
    [WINDOW_MS, true],
    [-WINDOW_MS - 1000, false],
    [WINDOW_MS + 1000, false],
  ])("%i ms off", (off, recent) => {
    expect(isRecent(String((now + off) / 1000), now)).toBe(recent);
  });

  test.each([null, "", "soon", "-1", "1e9", "99999999999999"])("%j is none", (text) => {
    expect(isRecent(text, now)).toBe(false);
  });
});

test("hex and base64 are read strictly", () => {
  expect(bytesOfHex("00ffA0")).toEqual(new Uint8Array([0, 255, 160]));
  expect(["", "0", "0g", null, undefined].map(bytesOfHex)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  expect(bytesOfBase64("AP8=")).toEqual(new Uint8Array([0, 255]));
  expect(["", "*", null].map(bytesOfBase64)).toEqual([undefined, undefined, undefined]);
});
