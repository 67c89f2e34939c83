/** What operators do with accounts, by the operator token or by their role. *shell* */
import { z } from "zod";
import { ROLES } from "../../identity/roles.ts";
import type { AppApi } from "../app-api.ts";
import { operatorProblem } from "../operator.ts";
import { problemOfRead, problemOfWrite } from "../problem.ts";
import { LINK_MINUTES } from "./one-time-codes.ts";
import { ended, noContent } from "./replies.ts";
import type { IdentityRoutesOptions } from "./routes.ts";

const messageShape = z.object({
  id: z.string(),
  kind: z.string(),
  username: z.string(),
  to: z.string().optional(),
  code: z.string(),
  createdOn: z.string(),
  sentOn: z.string().optional(),
});

export function addOperatorRoutes(
  api: AppApi,
  { accounts, keys, operatorToken }: IdentityRoutesOptions,
): void {
  api.put("/users/:username/roles", {
    summary: "Set a user's roles (operators)",
    description: "With the operator token, or by a user with the role operator.",
    auth: "none",
    params: z.object({ username: z.string().max(256) }),
    body: z.strictObject({ roles: z.array(z.enum(ROLES)).max(ROLES.length) }),
    recallFirst: false,
    replies: noContent,
    handle: async (call) => {
      const refused = await operatorProblem(call, operatorToken);
      if (refused !== undefined) return refused;
      return ended(await accounts.setRoles(call.params.username, call.body.roles));
    },
  });

  api.post("/operator-link", {
    summary: "Make a link that signs an operator in once (operators)",
    description:
      "Makes the account where there is none. The code goes behind the # of `path`, and is good " +
      `for \`minutes\` (${LINK_MINUTES.usual} by default).`,
    auth: "none",
    body: z.strictObject({
      username: z.string().min(3).max(64).default("operator"),
      minutes: z.int().min(LINK_MINUTES.least).max(LINK_MINUTES.most).default(LINK_MINUTES.usual),
    }),
    bodyOptional: true,
    recallFirst: false,
    replies: {
      201: {
        description: "The link",
        schema: z.object({ code: z.string(), path: z.string(), expiresOn: z.string() }),
      },
    },
    handle: async (call) => {
      const refused = await operatorProblem(call, operatorToken);
      if (refused !== undefined) return refused;
      const { username, minutes } = call.body;
      const made = await accounts.makeOperatorLink(call, username, minutes * 60_000);
      if (made.kind === "problem") return made;
      const { code, expiresOn } = made;
      // Behind the #, so that it is in no log and in no Referer.
      const body = { code, path: `/account/link#${code}`, expiresOn };
      return { kind: "answer", status: 201, body };
    },
  });

  api.get("/outbox", {
    summary: "Messages to users, with their codes (operators)",
    description: "How messages are read where nothing sends them.",
    auth: "none",
    replies: {
      200: { description: "Messages", schema: z.object({ items: z.array(messageShape) }) },
    },
    handle: async (call) => {
      const refused = await operatorProblem(call, operatorToken);
      if (refused !== undefined) return refused;
      const read = await accounts.outbox.list(call.reading);
      return read.kind === "failed"
        ? problemOfRead(read)
        : call.found(read.info, { items: read.value });
    },
  });

  api.post("/keys/rotate", {
    summary: "Sign access tokens with a new key (operators)",
    description: "Tokens of the keys before stay good until they expire.",
    auth: "none",
    recallFirst: false,
    replies: { 200: { description: "The new key", schema: z.object({ kid: z.string() }) } },
    handle: async (call) => {
      const refused = await operatorProblem(call, operatorToken);
      if (refused !== undefined) return refused;
      const rotated = await keys.rotate();
      if (rotated.kind !== "ok") return problemOfWrite(rotated);
      return { kind: "answer", status: 200, body: rotated.value };
    },
  });
}
