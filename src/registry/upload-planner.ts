/** The upload plan of one repository: the one to begin with, and what the registry's refusals, here and elsewhere, have taught. */
import type { UploadPlan } from "./profiles.ts";
import { nextUploadPlan, type RefusedBody } from "./upload-plan.ts";

/** Where it is kept what a registry has insisted on against its profile. Neither call ever rejects. */
export interface PlanMemory {
  /** Resolves with the plan that the registry is known to need; with `undefined` where its profile's plan will do. */
  recall(): Promise<UploadPlan | undefined>;
  /** Notes that the registry needs this plan. */
  learn(plan: UploadPlan): Promise<void>;
}

/** Holds the plan that uploads to one repository begin with, and changes it where the registry refuses. */
export class UploadPlanner {
  readonly #memory: PlanMemory | undefined;
  #plan: UploadPlan;
  #recalled: Promise<void> | undefined;
  #learned: Promise<void> | undefined;
  #unknownUploads = 0;

  constructor(plan: UploadPlan, memory?: PlanMemory) {
    this.#plan = plan;
    this.#memory = memory;
  }

  /** How an upload begins now. */
  get plan(): UploadPlan {
    return this.#plan;
  }

  /** Resolves once the memory was asked for the plan, and told what was learned since. To be awaited beside the request that opens an upload. */
  async ready(): Promise<void> {
    this.#recalled ??= this.#recall(this.#plan);
    await Promise.all([this.#recalled, this.#learned]);
  }

  /**
   * Chooses the next plan after a body that was sent by the plan `used` was refused, unless another upload has done so already. Returns
   * whether there is a plan to begin again with.
   */
  fallBack(used: UploadPlan, refused: RefusedBody): boolean {
    // Once it may be a session that was lost; twice it is the way that old Artifactory refuses a PUT with a body (Q95, Q103).
    const isUnknown = refused.code === "BLOB_UPLOAD_UNKNOWN" && ++this.#unknownUploads > 1;
    const next = nextUploadPlan(used, isUnknown ? { ...refused, code: undefined } : refused);
    if (next !== undefined && used === this.#plan) {
      this.#plan = next;
      this.#learned = this.#memory?.learn(next);
    }
    return next !== undefined;
  }

  async #recall(begunWith: UploadPlan): Promise<void> {
    const plan = await this.#memory?.recall();
    if (plan !== undefined && this.#plan === begunWith) {
      this.#plan = plan;
    }
  }
}
