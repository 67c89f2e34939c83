import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createWorld, OPERATOR_TOKEN } from "../../layers/api/testing/world.ts";
import { sampleAccounts, sampleTickets } from "./sample.ts";
import { ticketsApp } from "./server.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

test("the sample content is taken by the API as it is, from the accounts it names", async () => {
  const world = createWorld({ apps: [ticketsApp], digest });
  const tokens: Record<string, string> = {};
  for (const { username, password, roles } of Object.values(sampleAccounts)) {
    const account = { username, password };
    const made = await world.send("POST", "/identity/sign-up", { body: account });
    expect(made.status).toBe(201);
    await world.send("PUT", `/identity/users/${username}/roles`, {
      token: OPERATOR_TOKEN,
      body: { roles },
    });
    const signedIn = await world.send("POST", "/identity/sign-in", { body: account });
    tokens[username] = signedIn.body.accessToken;
  }
  for (const { description, priority, comments = [], ...change } of sampleTickets) {
    const made = await world.send("POST", "/tickets/api/tickets", {
      token: tokens["rider"],
      body: { description, priority },
    });
    expect(made.status, description).toBe(201);
    const address = made.headers.get("location") ?? "";
    for (const { by, text } of comments) {
      const sent = await world.send("POST", `${address}/comments`, {
        token: tokens[by],
        body: { text },
      });
      expect(sent.status, text).toBe(201);
    }
    if (Object.keys(change).length === 0) continue;
    const changed = await world.send("PATCH", address, { token: tokens["agent"], body: change });
    expect(changed.status, description).toBe(200);
    expect(changed.body).toMatchObject(change);
  }
  const list = await world.send("GET", "/tickets/api/tickets", { token: tokens["agent"] });
  expect(list.body.items).toHaveLength(sampleTickets.length);
});
