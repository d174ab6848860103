/** Comparing, and the operations of the service itself, as the OpenAPI document describes them. */
import { COMPARISON_EXAMPLE } from "./examples.ts";
import type { Operation } from "./operation.ts";

/** `GET /compare`, and what is about the service itself. */
export const SERVICE_OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/compare",
    id: "compare",
    tag: "Digests",
    summary: "Say why two references have different digests",
    parameters: [
      {
        name: "left",
        in: "query",
        required: true,
        description: "A reference.",
        schema: { type: "string" },
        example: "docker.io/library/busybox:1.36",
      },
      {
        name: "right",
        in: "query",
        required: true,
        description: "Another.",
        schema: { type: "string" },
        example: "registry.example.com/mirror/busybox:1.36",
      },
      {
        name: "platform",
        in: "query",
        description:
          "The platform to compare. Default: the one of a side that has only one, else linux/amd64 where both have it, else the first that both have.",
        schema: { type: "string" },
        example: "linux/amd64",
      },
    ],
    answers: { 200: { description: "The verdict.", schema: "Comparison", example: COMPARISON_EXAMPLE } },
    problems: [403, 404, 422, 429, 502, 504],
  },
  {
    method: "get",
    path: "/doctor",
    id: "doctor",
    tag: "Service",
    summary: "Look whether this instance can do its work: its registries, with their credentials, and its stage",
    description: "Asks every registry of the configuration once. Needs a token that may copy anything.",
    answers: {
      200: {
        description: "All is well.",
        schema: "Doctor",
        example: {
          status: "pass",
          checks: [{ name: "registry ghcr.io", status: "pass", detail: "reached, and logged in where that is wanted" }],
        },
      },
      503: {
        description: "Something is not.",
        schema: "Doctor",
        example: { status: "fail", checks: [{ name: "stage", status: "fail", detail: "The bucket could not be written" }] },
      },
    },
    problems: [403],
  },
  {
    method: "get",
    path: "/metrics",
    id: "metrics",
    tag: "Service",
    summary: "What Prometheus scrapes",
    answers: { 200: { description: "Text format 0.0.4.", mediaType: "text/plain" } },
    problems: [],
  },
  {
    method: "get",
    path: "/healthz",
    id: "health",
    tag: "Service",
    summary: "Whether this instance can work",
    isOpen: true,
    answers: {
      200: {
        description: "It can.",
        schema: "Health",
        example: { status: "pass", checks: { jobs: { status: "pass" }, stage: { status: "pass" } } },
      },
      503: { description: "It can't, and why.", schema: "Health", example: { status: "fail", output: "SYNC at #/0/schedule is required" } },
    },
    problems: [],
  },
  {
    method: "get",
    path: "/openapi.json",
    id: "openapi",
    tag: "Service",
    summary: "This document",
    isOpen: true,
    answers: { 200: { description: "OpenAPI 3.1.", mediaType: "application/openapi+json" } },
    problems: [],
  },
  {
    method: "get",
    path: "/docs",
    id: "docs",
    tag: "Service",
    summary: "This document as a page",
    isOpen: true,
    answers: { 200: { description: "HTML without scripts.", mediaType: "text/html" } },
    problems: [],
  },
  {
    method: "get",
    path: "/.well-known/api-catalog",
    id: "apiCatalog",
    tag: "Service",
    summary: "Where the documents of this API are (RFC 9727)",
    isOpen: true,
    answers: { 200: { description: "A set of links.", mediaType: "application/linkset+json" } },
    problems: [],
  },
];
