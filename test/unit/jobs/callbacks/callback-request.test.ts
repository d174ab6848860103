import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { type Callback, callbackHeaders } from "../../../../src/jobs/callbacks/callback-request.ts";

/** The specification's own example, with its signature. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const CALLBACK: Callback = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  event: "completed",
  job: "0193585c-0000-7000-8000-000000000001",
  body: '{"test": 2432232314}',
  subject: "docker.io/library/busybox:1.36",
  occurredAt: Date.UTC(2026, 10, 25, 10),
  url: "https://hooks.example.com/x",
  format: "standard",
};

describe("Standard Webhooks", () => {
  test("the specification's example has the specification's signature", () => {
    expect(callbackHeaders(CALLBACK, SECRET, 1_614_265_330_000)).toMatchObject({
      "content-type": "application/json",
      "transship-event": "completed",
      "webhook-id": CALLBACK.id,
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  test("a receiver's library takes it, with its own time", () => {
    const headers = callbackHeaders(CALLBACK, SECRET, Date.now());
    expect(new Webhook(SECRET).verify(CALLBACK.body, headers)).toEqual({ test: 2432232314 });
    expect(() => new Webhook(SECRET).verify(`${CALLBACK.body} `, headers)).toThrow();
  });

  test("without a secret nothing is signed", () => {
    expect(callbackHeaders(CALLBACK, undefined, 0)).not.toHaveProperty("webhook-signature");
  });

  test("nothing of a CloudEvent is sent unasked", () => {
    expect(Object.keys(callbackHeaders(CALLBACK, SECRET, 0)).filter((name) => name.startsWith("ce-"))).toEqual([]);
  });
});

test("a CloudEvent in binary mode has its attributes in the headers, encoded", () => {
  const headers = callbackHeaders({ ...CALLBACK, format: "cloudevents", subject: 'a "b" 100% é' }, SECRET, 0);
  expect(headers).toMatchObject({
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": CALLBACK.id,
    "ce-source": `/jobs/${CALLBACK.job}`,
    "ce-type": "io.transship.job.completed",
    "ce-subject": "a%20%22b%22%20100%25%20%C3%A9",
    "ce-time": "2026-11-25T10:00:00.000Z",
  });
  expect(headers).toHaveProperty("webhook-signature");
});
