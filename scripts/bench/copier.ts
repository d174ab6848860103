/** What the bench compares: something that copies an image, and what one copy cost. */

/** One copy to be made. */
export interface CopyTask {
  /** `127.0.0.1:port` of each registry. */
  from: string;
  to: string;
  sourceRepository: string;
  destinationRepository: string;
  tag: string;
}

/** What one copy took. */
export interface CopyCost {
  wallMs: number;
  /** User and system time of the copying process. */
  cpuMs: number;
  /** A process of its own: the most it had in use. A running service: how much that grew during the copy. */
  memoryBytes: number;
}

/** Something that copies images: a command, or a running service. */
export interface Copier {
  /** Short, for tables: `skopeo`. */
  name: string;
  version: string;
  /** `process`: started for every copy, its start is part of the time. `service`: runs already. */
  kind: "process" | "service";
  /** False for the floor, which cannot leave out what the destination has. */
  skipsExisting: boolean;
  /** Copies once. Rejects where the copy failed or `signal` ended it. */
  copy(task: CopyTask, signal: AbortSignal): Promise<CopyCost>;
  /** Ends what runs for it. */
  stop(): Promise<void>;
}
