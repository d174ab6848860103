/**
 * The floor that many tags are compared with: the least a Worker can do to look at them. It asks, and looks at nothing but the status. `POST /` with a
 * {@link HeadLoad} as JSON; answered once all is asked.
 */
import type { HeadLoad } from "./head-load.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method !== "POST") {
      return new Response("head-worker\n");
    }
    const { hosts, paths, accept, connections } = (await request.json()) as HeadLoad & { accept: string };
    const askAll = async (host: string, left: Iterable<string>) => {
      for (const path of left) {
        const { status } = await fetch(`http://${host}${path}`, { method: "HEAD", headers: { accept }, redirect: "manual" });
        if (status !== 200) {
          throw new Error(`${host}${path}: ${status}`);
        }
      }
    };
    try {
      await Promise.all(
        hosts.flatMap((host) => {
          const left = paths.values();
          return Array.from({ length: connections }, () => askAll(host, left));
        }),
      );
      return new Response("asked\n");
    } catch (error) {
      return new Response(`${error}\n`, { status: 502 });
    }
  },
};
