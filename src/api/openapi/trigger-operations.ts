/** The operations of schedules, chats and webhooks, as the OpenAPI document describes them. */
import { JOB_EXAMPLE, SYNC_EXAMPLE } from "./examples.ts";
import { LOCATION, type Operation, type Parameter } from "./operation.ts";

/** Everything below `/syncs`, `/chat` and `/hooks`. */
export const TRIGGER_OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/syncs",
    id: "listSyncs",
    tag: "Schedules",
    summary: "Show the schedule",
    answers: { 200: { description: "Every entry of SYNC.", schema: "SyncList", example: { syncs: [SYNC_EXAMPLE] } } },
    problems: [],
  },
  {
    method: "post",
    path: "/syncs/{name}/run",
    id: "runSync",
    tag: "Schedules",
    summary: "Run an entry of the schedule now",
    parameters: [
      { name: "name", in: "path", required: true, description: "The entry's name.", schema: { type: "string" }, example: "base-images" },
    ],
    answers: {
      200: { description: "The job, which has ended already.", schema: "Job", example: JOB_EXAMPLE },
      202: {
        description: "The job; the one that is still going, where there is one.",
        schema: "Job",
        example: { ...JOB_EXAMPLE, status: "queued", finishedAt: null },
        headers: LOCATION,
      },
    },
    problems: [403, 404],
  },
  {
    method: "post",
    path: "/chat/{platform}",
    id: "chat",
    tag: "Triggers",
    summary: "Take a command from a chat platform, in the platform's own form and signature",
    isOpen: true,
    parameters: [
      {
        name: "platform",
        in: "path",
        required: true,
        description: "Which platform.",
        schema: { type: "string", enum: ["slack", "discord", "mattermost", "teams", "telegram"] },
        example: "slack",
      },
    ],
    body: { mediaTypes: ["application/json", "application/x-www-form-urlencoded"] },
    answers: { 200: { description: "What the platform shows.", example: { response_type: "ephemeral", text: "help" } } },
    problems: [400, 401, 404, 413],
  },
  {
    method: "get",
    path: "/chat/slack",
    id: "checkSlack",
    tag: "Triggers",
    summary: "Let Slack see that the certificate is good",
    isOpen: true,
    parameters: [
      {
        name: "ssl_check",
        in: "query",
        required: true,
        description: "1. Without it there is nothing to get here: commands are posted.",
        schema: { type: "string", const: "1" },
        example: "1",
      },
    ],
    answers: { 200: { description: "No content: Slack looks at the status." } },
    problems: [404, 405],
  },
  hookOperation("hook", "/hooks/{name}", []),
  hookOperation("hookWithSecret", "/hooks/{name}/{secret}", [
    {
      name: "secret",
      in: "path",
      required: true,
      description: "The hook's secret, for senders that can't sign.",
      schema: { type: "string" },
      example: "s3cret",
    },
  ]),
];

/** The two addresses of a hook differ only in where its secret is. */
function hookOperation(id: string, path: string, parameters: readonly Parameter[]): Operation {
  return {
    method: "post",
    path,
    id,
    tag: "Triggers",
    summary: "Take what a registry tells of a push, in the registry's own form and signature",
    isOpen: true,
    parameters: [
      { name: "name", in: "path", required: true, description: "The hook's name in HOOKS.", schema: { type: "string" }, example: "hub" },
      ...parameters,
    ],
    body: { mediaTypes: ["application/json"] },
    answers: {
      200: {
        description: "Authentic, and nothing to do: ignored, with the reasons.",
        example: { jobs: [], ignored: [{ reason: "no tag" }] },
      },
      202: { description: "The jobs that the push makes.", example: { jobs: [JOB_EXAMPLE.links.self], ignored: [] } },
    },
    problems: [400, 401, 403, 413, 415, 422, 503],
  };
}
