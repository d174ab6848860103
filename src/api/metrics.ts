/** `GET /metrics`: what Prometheus scrapes, with a token like the rest of the API. */
import type { Call } from "./deps.ts";
import { metricsText } from "./metrics-text.ts";

/** 200 with every metric in the text format of Prometheus. */
export async function getMetrics({ deps }: Call): Promise<Response> {
  return new Response(metricsText(Object.entries(await deps.metrics())), {
    headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
  });
}
