/** A fake registry resets a connection when the other end has read what it should, not before. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { bytesWaiting, receiverHasRead } from "../../support/registry/receiver.ts";

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1060
   1: 0100007F:1388 0100007F:C350 01 00000010:00000000 00:00000000 00000000     0        0 1061
   2: 0100007F:C350 0100007F:1388 01 00000000:00000A00 00:00000000 00000000     0        0 1062`;

describe("what waits in the queues of a connection", () => {
  it.each([
    { ours: 5000, theirs: 50000, waiting: 0xa10 },
    { ours: 50000, theirs: 5000, waiting: 0 },
    { ours: 5000, theirs: 50001, waiting: undefined },
    { ours: 2024, theirs: 0, waiting: undefined },
  ])("from $ours to $theirs: $waiting", ({ ours, theirs, waiting }) => {
    expect(bytesWaiting(TABLE, ours, theirs)).toBe(waiting);
  });
});

describe.runIf(process.platform === "linux")("the other end", () => {
  it("is waited for until it has read", async () => {
    const { ours, theirs } = await connection();
    await new Promise((resolve) => ours.write(Buffer.alloc(100_000), resolve));
    let read = false;
    const told = receiverHasRead(ours).then(() => {
      read = true;
    });
    await sleep(100);
    expect(read).toBe(false);
    theirs.resume();
    await told;
    expect(theirs.bytesRead).toBe(100_000);
  });

  it("is not waited for when it has gone", async () => {
    const { ours, theirs } = await connection();
    theirs.destroy();
    await once(ours.resume(), "close");
    await receiverHasRead(ours);
  });
});

/** The two ends of a connection, of which `theirs` does not read yet. */
async function connection(): Promise<{ ours: Socket; theirs: Socket }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection");
  const theirs = connect((server.address() as { port: number }).port, "127.0.0.1").pause();
  const [ours] = (await accepted) as [Socket];
  onTestFinished(() => {
    ours.destroy();
    theirs.destroy();
    server.close();
  });
  return { ours, theirs };
}
