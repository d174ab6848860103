import { describe, expect, it } from "vitest";
import { endpointFor, repositoryUrl } from "../../../src/registry/endpoint.ts";
import type { RegistrySettings } from "../../../src/registry/settings.ts";

describe("the URL of a registry's API", () => {
  it.each<[string, RegistrySettings | undefined, string]>([
    ["ghcr.io", undefined, "https://ghcr.io/v2/a/b/manifests/1"],
    ["registry.internal:5000", { private: true }, "https://registry.internal:5000/v2/a/b/manifests/1"],
    ["registry.internal:5000", { http: true }, "http://registry.internal:5000/v2/a/b/manifests/1"],
    ["[::1]:5000", { http: true }, "http://[::1]:5000/v2/a/b/manifests/1"],
    ["mirror.example", { endpoint: "https://10.0.0.7:8443" }, "https://10.0.0.7:8443/v2/a/b/manifests/1"],
    ["mirror.example", { endpoint: "https://proxy.example/oci/" }, "https://proxy.example/oci/v2/a/b/manifests/1"],
    ["mirror.example", { endpoint: "https://proxy.example/oci?x=1#y" }, "https://proxy.example/oci/v2/a/b/manifests/1"],
  ])("%s with %o", (registry, settings, url) => {
    const endpoint = endpointFor(registry, settings, "source");
    expect(endpoint).toMatchObject({ registry, side: "source" });
    expect(repositoryUrl(endpoint, "a/b", "manifests/1").href).toBe(url);
  });

  it("Q41: asks for Docker Hub where its API is, under the name that users know", () => {
    const endpoint = endpointFor("docker.io", undefined, "source");
    expect(endpoint.registry).toBe("docker.io");
    expect(endpoint.base.href).toBe("https://registry-1.docker.io/");
  });

  it("Q77: keeps the slash at the end of an upload's path", () => {
    const endpoint = endpointFor("ghcr.io", undefined, "destination");
    expect(repositoryUrl(endpoint, "a/b", "blobs/uploads/").href).toBe("https://ghcr.io/v2/a/b/blobs/uploads/");
  });
});
