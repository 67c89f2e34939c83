/** The OpenAPI 3.1 document, from the very schemas that check the requests. *pure* */
import { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { PROBLEMS } from "./problem.ts";

const problemShape = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.enum(Object.keys(PROBLEMS) as [string, ...string[]]),
  advice: z.string(),
  region: z.string(),
  traceId: z.string().optional().describe("Absent where a server answered without a route."),
});

const requestHeaders = {
  "Idempotency-Key":
    "1 to 255 visible ASCII characters: the same key never has two effects within 24 hours",
  "If-Match": "ETags, one of which the item has to have",
  "Understudy-Session": "The client's receipts, comma-separated, at most 20",
  "Understudy-Consistency": "current, leased or stale",
} as const;

const headersFor = (unsafe: boolean) =>
  z.object(
    Object.fromEntries(
      Object.entries(requestHeaders)
        .filter(([name]) => unsafe || name.startsWith("Understudy"))
        .map(([name, description]) => [name, z.string().optional().describe(description)]),
    ),
  );

export function describeApi(
  endpoints: readonly Endpoint[],
  others: readonly OpenAPIHono[],
  version: string,
): unknown {
  const document = new OpenAPIHono();
  for (const endpoint of endpoints) register(document, endpoint);
  for (const other of others) document.route("/", other);
  document.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
  });
  return document.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Understudy",
      version,
      description:
        "The same on every region and on the front door. Every response names the region that " +
        "answered (`Understudy-Region`) and its epoch (`Understudy-Epoch`).",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
  });
}

/** With a token, or without one. */
const OPTIONAL = [{ bearer: [] }, {}];

function register(document: OpenAPIHono, { method, path, options, context }: Endpoint): void {
  const responses: Record<string, unknown> = {};
  for (const [status, { description, schema }] of Object.entries(options.replies)) {
    responses[status] =
      schema === undefined
        ? { description }
        : { description, content: { "application/json": { schema } } };
  }
  responses["default"] = {
    description: "A problem (RFC 9457)",
    content: { "application/problem+json": { schema: problemShape } },
  };
  const { params, query, body, summary, description, auth } = options;
  document.openAPIRegistry.registerPath({
    method,
    path: path.replaceAll(/:(\w+)/g, "{$1}"),
    summary,
    tags: [context.appId],
    ...(description === undefined ? {} : { description }),
    ...(auth === "none" ? {} : { security: auth === "guest" ? OPTIONAL : [{ bearer: [] }] }),
    request: {
      headers: headersFor(method !== "get"),
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(body === undefined
        ? {}
        : {
            body: {
              required: options.bodyOptional !== true,
              content: { "application/json": { schema: body } },
            },
          }),
    },
    responses: responses as never,
  });
}
