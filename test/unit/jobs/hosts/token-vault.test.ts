import { expect, test } from "vitest";
import { GETTING_MS, TokenVault } from "../../../../src/jobs/hosts/token-vault.ts";

const TOKEN = { token: "t", expiresAtMs: 60_000 };

test("who asks first gets a token, the others wait and have it then", async () => {
  const vault = new TokenVault();
  expect(vault.take("key", 0, null, 0)).toBe("get");
  const waits = [vault.take("key", 0, null, 1), vault.take("key", 0, null, 2)];
  vault.give("key", TOKEN);
  for (const wait of waits) {
    await (wait as { again: Promise<void> }).again;
  }
  expect(vault.take("key", 0, null, 3)).toEqual({ issued: TOKEN });
});

test("another key is another token", () => {
  const vault = new TokenVault();
  vault.give("key", TOKEN);
  expect(vault.take("other", 0, null, 0)).toBe("get");
});

test("a token that ends too soon, or that was refused, is got anew", () => {
  const vault = new TokenVault();
  vault.give("key", TOKEN);
  expect(vault.take("key", 10_000, null, 49_999)).toEqual({ issued: TOKEN });
  expect(vault.take("key", 10_000, null, 50_000)).toBe("get");
  vault.give("key", TOKEN);
  expect(vault.take("key", 0, "t", 0)).toBe("get");
  vault.give("key", { token: "t2", expiresAtMs: 60_000 });
  expect(vault.take("key", 0, "t", 0)).toEqual({ issued: { token: "t2", expiresAtMs: 60_000 } });
});

test("where none is to be had, or who went for it died, the next goes", async () => {
  const vault = new TokenVault();
  vault.take("key", 0, null, 0);
  const wait = vault.take("key", 0, null, 1) as { again: Promise<void>; until: number };
  expect(wait.until).toBe(GETTING_MS);
  vault.give("key", null);
  await wait.again;
  expect(vault.take("key", 0, null, 2)).toBe("get");
  expect(vault.take("key", 0, null, GETTING_MS + 2)).toBe("get");
});

test("where none is to be had any more, the one before is forgotten", () => {
  const vault = new TokenVault();
  vault.give("key", TOKEN);
  expect(vault.take("key", 0, "t", 0)).toBe("get");
  vault.give("key", null);
  expect(vault.take("key", 0, null, 1)).toBe("get");
});
