/** All senders, by the type of their hooks. */
import type { HookType } from "../../config/hook-settings.ts";
import { ACR } from "./acr.ts";
import { ARTIFACTORY } from "./artifactory.ts";
import { CLOUDEVENTS } from "./cloudevents.ts";
import { DISTRIBUTION } from "./distribution.ts";
import { DOCKERHUB } from "./dockerhub.ts";
import { ECR } from "./ecr.ts";
import { GAR } from "./gar.ts";
import { GENERIC } from "./generic.ts";
import { GITEA } from "./gitea.ts";
import { GITHUB } from "./github.ts";
import { HARBOR } from "./harbor.ts";
import type { Sender } from "./push-event.ts";
import { QUAY } from "./quay.ts";
import { ZOT } from "./zot.ts";

/** How each type of sender is authenticated, and how its events are read. */
export const SENDERS: Readonly<Record<HookType, Sender>> = {
  dockerhub: DOCKERHUB,
  github: GITHUB,
  harbor: HARBOR,
  quay: QUAY,
  distribution: DISTRIBUTION,
  acr: ACR,
  ecr: ECR,
  gar: GAR,
  artifactory: ARTIFACTORY,
  zot: ZOT,
  gitea: GITEA,
  cloudevents: CLOUDEVENTS,
  generic: GENERIC,
};
