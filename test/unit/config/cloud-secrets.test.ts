import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/config.ts";
import { ConfigError } from "../../../src/config/config-error.ts";
import { serviceAccount } from "../../support/clouds/google.ts";

const AWS = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG" };
const AZURE = { AZURE_CLIENT_ID: "app", AZURE_CLIENT_SECRET: "s~ecret", AZURE_TENANT_ID: "tenant" };
const { keyFile } = serviceAccount();
const GOOGLE = { GOOGLE_APPLICATION_CREDENTIALS_JSON: JSON.stringify(keyFile) };
const ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

function faultOf(variables: Record<string, unknown>): ConfigError {
  try {
    parseConfig(variables);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error("it was taken");
}

const helper = (name: string) => ({ REGISTRY_AUTH: JSON.stringify({ credHelpers: { "registry.test": name } }) });

describe("secrets of cloud logins", () => {
  test("are read under the clouds' own names, without a line's end", () => {
    const all = { ...AWS, AWS_SESSION_TOKEN: "tok/en==\n", ...AZURE, ...GOOGLE };
    expect(parseConfig(all).cloudSecrets).toEqual({
      aws: { accessKeyId: AWS.AWS_ACCESS_KEY_ID, secretAccessKey: AWS.AWS_SECRET_ACCESS_KEY, sessionToken: "tok/en==" },
      azure: { clientId: "app", clientSecret: "s~ecret", tenantId: "tenant" },
      google: {
        clientEmail: keyFile.client_email,
        privateKey: keyFile.private_key,
        privateKeyId: keyFile.private_key_id,
        tokenUri: keyFile.token_uri,
      },
    });
  });

  test("are not needed where nothing uses them", () => {
    expect(parseConfig({}).cloudSecrets).toEqual({ aws: undefined, azure: undefined, google: undefined });
    expect(parseConfig(helper("osxkeychain")).cloudSecrets.aws).toBeUndefined();
  });

  test.each([
    ["ecr-login", "AWS_ACCESS_KEY_ID"],
    ["gcr", "GOOGLE_APPLICATION_CREDENTIALS_JSON"],
    ["acr-env", "AZURE_CLIENT_ID"],
  ])("the helper %s needs %s", (name, variable) => {
    expect(faultOf(helper(name))).toMatchObject({ variable, detail: expect.stringContaining(`"${name}"`) });
    expect(parseConfig({ ...helper(name), ...AWS, ...AZURE, ...GOOGLE }).dockerConfig.entries).toHaveLength(1);
  });

  test.each([...Object.keys(AWS), ...Object.keys(AZURE)])("without %s the others of its cloud are of no use", (variable) => {
    const { [variable]: _, ...others } = { ...AWS, ...AZURE } as Record<string, string>;
    expect(faultOf(others)).toMatchObject({ variable, detail: expect.stringContaining("is not set") });
  });

  test("creating repositories at ECR needs keys", () => {
    const registries = { REGISTRIES: { [ECR]: { createRepository: true } } };
    expect(faultOf(registries)).toMatchObject({ variable: "AWS_ACCESS_KEY_ID", detail: expect.stringContaining(ECR) });
    expect(parseConfig({ ...registries, ...AWS }).registries[ECR]).toEqual({ createRepository: true });
    expect(parseConfig({ REGISTRIES: { "registry.test": { createRepository: true } } }).cloudSecrets.aws).toBeUndefined();
  });

  test.each<[string, unknown, string, string]>([
    ["AWS_SECRET_ACCESS_KEY", "hunter2 hunter2", "#", "without blanks"],
    ["AZURE_CLIENT_SECRET", 7, "#", "must be text"],
    ["GOOGLE_APPLICATION_CREDENTIALS_JSON", "hunter2", "#", ""],
    ["GOOGLE_APPLICATION_CREDENTIALS_JSON", { ...keyFile, type: "authorized_user" }, "#/type", "service_account"],
    ["GOOGLE_APPLICATION_CREDENTIALS_JSON", { ...keyFile, private_key: "hunter2" }, "#/private_key", "PEM"],
    ["GOOGLE_APPLICATION_CREDENTIALS_JSON", { ...keyFile, client_email: undefined }, "#/client_email", ""],
    ["GOOGLE_APPLICATION_CREDENTIALS_JSON", { ...keyFile, token_uri: "http://metadata/hunter2" }, "#/token_uri", "https"],
  ])("%s as %j is refused without being repeated", (variable, value, pointer, detail) => {
    const fault = faultOf({ ...AWS, ...AZURE, [variable]: value });
    expect(fault).toMatchObject({ variable, pointer, detail: expect.stringContaining(detail) });
    expect(fault.message).not.toContain("hunter2");
  });
});

describe("loginEndpoint", () => {
  test("is an https URL, or http where the host may be", () => {
    const read = (entry: object) => parseConfig({ REGISTRIES: { "registry.test": entry } }).registries["registry.test"];
    expect(read({ loginEndpoint: "https://vpce.example.com/" })).toEqual({ loginEndpoint: "https://vpce.example.com" });
    expect(read({ http: true, loginEndpoint: "http://10.0.0.1:80" })).toMatchObject({ loginEndpoint: "http://10.0.0.1" });
    for (const loginEndpoint of ["http://10.0.0.1", "ftp://x", "x", "https://u:hunter2@x.example", "https://x.example?hunter2"]) {
      const fault = faultOf({ REGISTRIES: { "registry.test": { loginEndpoint } } });
      expect(fault).toMatchObject({ variable: "REGISTRIES", pointer: "#/registry.test/loginEndpoint" });
      expect(fault.message).not.toContain("hunter2");
    }
  });
});
