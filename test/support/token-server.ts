/** A token server that a real registry trusts: signed tokens (distribution `docs/spec/auth/jwt.md`), as the fake one's service gives them. */
import { execFileSync } from "node:child_process";
import { createSign, randomUUID, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Login } from "./http.ts";
import { Faults } from "./registry/faults.ts";
import { listen } from "./registry/listener.ts";
import { RequestLog } from "./registry/request-log.ts";
import { type TokenClaims, TokenService } from "./registry/tokens.ts";

export interface TokenServer {
  /** `127.0.0.1:<port>` */
  host: string;
  /** Where tokens are asked for. */
  realm: string;
  service: string;
  issuer: string;
  /** PEM file of the certificate that the registry has to trust. */
  certificateFile: string;
  requests: RequestLog;
  close(): Promise<void>;
}

const ISSUER = "test issuer";

/** Starts a token server for one user, who may do everything; anybody else may pull. Needs `openssl` for its certificate, which goes to `folder`. */
export async function startTokenServer(folder: string, login: Login): Promise<TokenServer> {
  const [keyFile, certificateFile] = [join(folder, "token-key.pem"), join(folder, "token-certificate.pem")];
  const subject = ["-subj", "/CN=test issuer", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", keyFile, "-out", certificateFile, ...subject], {
    stdio: "pipe",
  });
  const key = readFileSync(keyFile);
  const certificate = new X509Certificate(readFileSync(certificateFile)).raw.toString("base64");
  const service = new TokenService({ service: "test registry", ...login, anonymous: [{ repository: "*", actions: ["pull"] }] }, (claims) =>
    jsonWebToken(claims, certificate, key),
  );
  const requests = new RequestLog();
  const listener = await listen({ server: "token", handler: (exchange) => service.answer(exchange), faults: new Faults(), log: requests });
  return {
    host: listener.host,
    realm: `http://${listener.host}/token`,
    service: service.service ?? "",
    issuer: ISSUER,
    certificateFile,
    requests,
    close: () => listener.close(),
  };
}

/** RS256, with the certificate in the header: that is how distribution 2.8 finds the key. */
function jsonWebToken(claims: TokenClaims, certificate: string, key: Buffer): string {
  const header = { typ: "JWT", alg: "RS256", x5c: [certificate] };
  const payload = {
    iss: ISSUER,
    sub: claims.subject,
    aud: claims.service,
    iat: claims.issuedAt,
    nbf: claims.issuedAt - 10,
    exp: claims.expiresAt,
    jti: randomUUID(),
    access: claims.access,
  };
  const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${signed}.${createSign("RSA-SHA256").update(signed).sign(key, "base64url")}`;
}
