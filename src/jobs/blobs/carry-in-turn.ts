/** Has an errand run once it is its turn: a slot at each registry that has a limit, then memory for it. */
import type { HoldSlots } from "../hosts/spare-host.ts";
import type { CarryBlob, CarryResult, CarryTask } from "./carry-task.ts";
import { carrierBytes, type MemoryHolder } from "./memory-gate.ts";

/** What a turn is waited for with. */
export interface Turn {
  slots: HoldSlots;
  memory: MemoryHolder;
  /** Ends every wait, which then rejects with its reason. */
  cancelled: AbortSignal;
  /** Whether the slice has time left. A wait for a slot ends where it has none. */
  hasTime(): boolean;
}

/**
 * A carrier whose errands wait for their turn. One whose slice ends first comes back as it does when time is up in its middle.
 *
 * The memory comes last: waiting for it is short, for a slot it may be long, and nobody at a registry that has room should wait for those who
 * wait at one that has none. Both are waited for here and not in the carrier, which would cost an invocation for each that waits.
 */
export function carryInTurn(carry: CarryBlob, { slots, memory, cancelled, hasTime }: Turn): CarryBlob {
  return async (task, report) => {
    const bytes = carrierBytes("blob" in task ? task.blob.size : 0);
    const carried = await slots(hostsOf(task), cancelled, hasTime, () => memory.run(bytes, cancelled, () => carry(task, report)));
    return carried === "stopped" ? outOfTime(task) : carried;
  };
}

/** The registries that an errand asks. */
function hostsOf(task: CarryTask): string[] {
  return [
    ...("source" in task ? [task.source.registry] : []),
    ...("target" in task ? [task.target.registry] : []),
    ...("targets" in task ? task.targets.map(({ registry }) => registry) : []),
  ];
}

function outOfTime(task: CarryTask): CarryResult {
  switch (task.errand) {
    case "tags":
      return { outcome: "looked", answers: [] };
    case "survey":
      return {
        outcome: "failed",
        failure: { code: "timeout", message: `No carrier was free to look for ${task.blob.digest} within a slice`, retry: "later" },
      };
    default:
      return { outcome: "stopped" };
  }
}
