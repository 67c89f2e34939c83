/** The smallest app that a session is good for: it says who asks. *composition* */
import { createAppApi } from "../app-api.ts";
import { defineApp } from "../define-app.ts";

export const whoApp = defineApp({
  id: "who",
  mode: "active-passive",
  durability: "local",
  objectives: { rtoMs: 1, rpoMs: 1 },
  tables: [],
  api: (context) =>
    createAppApi(context)
      .get("/api/me", {
        summary: "Who asks",
        replies: {},
        handle: (call) => ({ kind: "answer", status: 200, body: { ...call.session } }),
      })
      .post("/api/me", {
        summary: "The same, unsafe",
        replies: {},
        handle: (call) => ({ kind: "answer", status: 200, body: { ...call.session } }),
      }),
});

/** What a browser would send back. */
export const cookiesOf = (sent: { readonly headers: Headers }): string =>
  sent.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
