import { expect, test } from "vitest";
import { createBearer } from "./bearer.ts";

test("the token is that of the last answer that issued one, until a sign-out", () => {
  const bearer = createBearer();
  expect(bearer.token()).toBeUndefined();
  bearer.note("/identity/sign-in", true, { accessToken: "one" });
  bearer.note("/identity/refresh", true, { accessToken: "two" });
  bearer.note("/identity/refresh", false, { accessToken: "refused" });
  bearer.note("/tickets/api/tickets", true, { accessToken: "somebody's text" });
  bearer.note("/identity/link", true, undefined);
  expect(bearer.token()).toBe("two");
  bearer.note("/identity/sign-out", false, undefined);
  expect(bearer.token()).toBeUndefined();
});
