/** The type of the `{}` that stands where an artifact has no config (OCI image spec, manifest.md, "Guidance for an Empty Descriptor"). */
export const OCI_EMPTY = "application/vnd.oci.empty.v1+json";
