/** Every operation of the API, in the order of the OpenAPI document. A test compares them with the routes. */
import { JOB_OPERATIONS } from "./job-operations.ts";
import type { Operation } from "./operation.ts";
import { SERVICE_OPERATIONS } from "./service-operations.ts";
import { TRIGGER_OPERATIONS } from "./trigger-operations.ts";

/** All operations. */
export const OPERATIONS: readonly Operation[] = [...JOB_OPERATIONS, ...TRIGGER_OPERATIONS, ...SERVICE_OPERATIONS];
