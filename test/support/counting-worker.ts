/** The Worker with a meter: does what it does, and tells at `/cost` what Cloudflare would bill for it. Started by `npm run cost`. */
import worker, { ChatReply, CopyJob, Destination, JobCallbacks, JobLedger, RegistryHost, SyncSchedule } from "../../src/index.ts";
import { CostMeter } from "./cost-meter.ts";

export { Carrier, ChatReply, CopyJob, Destination, JobCallbacks, JobLedger, RegistryHost, SyncSchedule } from "../../src/index.ts";

const meter = new CostMeter();
meter.watchObjects({ ChatReply, CopyJob, Destination, JobCallbacks, JobLedger, RegistryHost, SyncSchedule });

let requests = 0;
let watchesBucket = false;

export default {
  ...worker,
  fetch: (request, env) => {
    if (new URL(request.url).pathname === "/cost") {
      return Response.json({ requests, ...meter.read() });
    }
    if (!watchesBucket) {
      meter.watchBucket(env.STAGE);
      watchesBucket = true;
    }
    requests += 1;
    return worker.fetch(request, env);
  },
} satisfies ExportedHandler<Cloudflare.Env>;
