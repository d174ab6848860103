/** A listener on all addresses of this machine that nobody may reach: it counts the connections, so that a test can say that there were none. */
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";

export interface TrapAddress {
  /** The port that nobody may connect to. */
  port: number;
  /** Gives, to a GET, how many connections there were. */
  countUrl: string;
}

export async function startTrap(): Promise<TrapAddress & { close(): Promise<void> }> {
  let connections = 0;
  const trap = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  // `::` takes IPv4 too, where the machine has IPv6.
  await new Promise<void>((resolve) => {
    trap.once("error", () => trap.listen(0, "0.0.0.0", resolve));
    trap.listen(0, "::", resolve);
  });
  const count = createHttpServer((_, response) => response.end(String(connections)));
  await new Promise<void>((resolve) => count.listen(0, "127.0.0.1", resolve));
  return {
    port: (trap.address() as AddressInfo).port,
    countUrl: `http://127.0.0.1:${(count.address() as AddressInfo).port}/`,
    async close() {
      count.closeAllConnections();
      await Promise.all([trap, count].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
