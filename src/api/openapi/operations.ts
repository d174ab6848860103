/** Every endpoint of the API, in the order of the OpenAPI document. A test holds the list to the router's. */
import { JOB_OPERATIONS } from "./job-operations.ts";
import type { Operation } from "./operation.ts";
import { SERVICE_OPERATIONS } from "./service-operations.ts";
import { TRIGGER_OPERATIONS } from "./trigger-operations.ts";

export const OPERATIONS: readonly Operation[] = [...JOB_OPERATIONS, ...TRIGGER_OPERATIONS, ...SERVICE_OPERATIONS];
