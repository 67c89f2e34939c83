import { describe, expect, test, vi } from "vitest";
import { createIntentKeys } from "./intent-key.ts";
import { createObservations } from "./observation.ts";
import { runPersistentWrite } from "./persistent-write.ts";
import { problemOf } from "./problem.ts";
import { addReceipts, createReceipts, RECEIPTS_KEPT } from "./receipts.ts";
import { createApi } from "./request.ts";
import { createOriginFirstFetch, type UnderstudyFetch } from "./transport.ts";

interface Sent {
  readonly path: string;
  readonly headers: Headers;
}

function apiOver(answers: readonly (() => Response)[], signedIn = false) {
  const sent: Sent[] = [];
  const ended: string[] = [];
  const kept = new Map<string, string>();
  const fetch: UnderstudyFetch = async (path, init) => {
    const answer = answers[sent.length];
    sent.push({ path, headers: new Headers(init?.headers) });
    if (answer === undefined) throw new TypeError("no more answers");
    return answer();
  };
  const receipts = createReceipts({
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
  });
  const api = createApi({
    fetch,
    receipts,
    observations: createObservations(),
    hasSignedIn: () => signedIn,
    onSignedOut: () => void ended.push("signed out"),
  });
  return { api, sent, ended };
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers });

describe("a request", () => {
  test("carries a key when it is unsafe, and none when it is a read", async () => {
    const { api, sent } = apiOver([json(201, {}), json(200, {})]);
    await api.request("POST", "/tickets/api/tickets", { body: {} });
    await api.get("/tickets/api/tickets");
    expect(sent[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}$/);
    expect(sent[1]?.headers.has("Idempotency-Key")).toBe(false);
  });

  test("carries the receipts of the writes before it", async () => {
    const receipt = { "Understudy-Receipt": "r1" };
    const { api, sent } = apiOver([json(201, {}, receipt), json(200, {})]);
    await api.request("POST", "/tickets/api/tickets", { body: {} });
    await api.get("/tickets/api/tickets");
    expect(sent[0]?.headers.has("Understudy-Session")).toBe(false);
    expect(sent[1]?.headers.get("Understudy-Session")).toBe("r1");
  });

  test("renews an expired sign-in once, and is then sent again with its key", async () => {
    const answers = [json(401, {}), json(200, {}), json(201, { id: "t" })];
    const { api, sent } = apiOver(answers, true);
    const answer = await api.request("POST", "/tickets/api/tickets", { body: {} });
    expect(answer.status).toBe(201);
    expect(sent.map((one) => one.path)).toEqual([
      "/tickets/api/tickets",
      "/identity/refresh",
      "/tickets/api/tickets",
    ]);
    expect(sent[2]?.headers.get("Idempotency-Key")).toBe(sent[0]?.headers.get("Idempotency-Key"));
  });

  test("of a visitor who never signed in asks for no renewal", async () => {
    const { api, sent } = apiOver([json(401, {})]);
    await expect(api.get("/tickets/api/tickets")).rejects.toMatchObject({
      code: "unauthenticated",
    });
    expect(sent).toHaveLength(1);
  });

  test("whose session was ended elsewhere reports the sign-out", async () => {
    const { api, ended } = apiOver([json(401, {}), json(401, {})], true);
    await expect(api.get("/tickets/api/tickets")).rejects.toMatchObject({
      code: "unauthenticated",
    });
    expect(ended).toEqual(["signed out"]);
  });

  test.each([[json(503, {})], []])(
    "is retried, not taken for a sign-out, while no region can renew the sign-in",
    async (...renewal) => {
      const { api, ended } = apiOver([json(401, {}), ...renewal], true);
      const problem = await api.get("/tickets/api/tickets").catch(problemOf);
      expect(problem).toMatchObject({ code: "unavailable", retryable: true });
      expect(ended).toEqual([]);
    },
  );

  test("with a token of its own does not end the session when it is refused", async () => {
    const { api, ended } = apiOver([json(401, {})], true);
    const refused = api.request("GET", "/control/status", { bearer: "wrong" });
    await expect(refused).rejects.toMatchObject({ code: "unauthenticated" });
    expect(ended).toEqual([]);
  });

  test("that no region answers ends as offline", async () => {
    const { api } = apiOver([]);
    await expect(api.get("/tickets/api/tickets")).rejects.toMatchObject({ code: "offline" });
  });

  test("notes which region answered and how old its data is", async () => {
    const headers = {
      "Understudy-Region": "b",
      "Understudy-Epoch": "4",
      "Understudy-Consistency": "stale",
      "Understudy-Data-Age": "1500",
    };
    const { api } = apiOver([json(200, {}, headers)]);
    await api.get("/tickets/api/tickets");
    expect(api.observations.of("tickets")).toEqual({
      region: "b",
      epoch: 4,
      consistency: "stale",
      dataAgeMs: 1500,
      missing: 0,
    });
  });
});

test("a session keeps the newest receipts, each once", () => {
  const many = Array.from({ length: 30 }, (_, index) => `r${index}`);
  const list = many.reduce(addReceipts, [] as readonly string[]);
  expect(list).toEqual(many.slice(-RECEIPTS_KEPT));
  expect(addReceipts(["a", "b"], "a")).toEqual(["b", "a"]);
  expect(addReceipts(["a"], "b, c,")).toEqual(["a", "b", "c"]);
});

test("the receipts of one app are not sent to another", async () => {
  const receipt = { "Understudy-Receipt": "r1" };
  const { api, sent } = apiOver([json(201, {}, receipt), json(200, {})]);
  await api.request("POST", "/tickets/api/tickets", { body: {} });
  await api.get("/identity/me");
  expect(sent[1]?.headers.has("Understudy-Session")).toBe(false);
});

describe("a write that is carried through", () => {
  test("keeps its key over every try until it is acknowledged", async () => {
    const fenced = json(503, { type: "/problems/fenced" });
    const { api, sent } = apiOver([fenced, fenced, json(201, { id: "t" })]);
    const waits: number[] = [];
    const value = await runPersistentWrite({
      key: "k",
      send: async (key, signal) =>
        (await api.request<{ id: string }>("POST", "/tickets/api/tickets", { key, signal })).value,
      onWaiting: ({ waitMs }) => waits.push(waitMs),
      onWake: (wake) => {
        queueMicrotask(wake);
        return () => undefined;
      },
      signal: new AbortController().signal,
    });
    expect(value).toEqual({ id: "t" });
    expect(waits).toHaveLength(2);
    expect(new Set(sent.map((one) => one.headers.get("Idempotency-Key")))).toEqual(new Set(["k"]));
  });

  test("ends at a refusal that another try cannot change", async () => {
    const { api, sent } = apiOver([json(412, { type: "/problems/precondition-failed" })]);
    const write = runPersistentWrite({
      key: "k",
      send: (key, signal) => api.request("PATCH", "/tickets/api/tickets/1", { key, signal }),
      onWaiting: () => undefined,
      onWake: () => () => undefined,
      signal: new AbortController().signal,
    });
    await expect(write).rejects.toMatchObject({ code: "stale-version" });
    expect(sent).toHaveLength(1);
  });

  test("stops waiting when the person gives up", async () => {
    const { api } = apiOver([]);
    const abort = new AbortController();
    const write = runPersistentWrite({
      key: "k",
      send: (key, signal) => api.request("POST", "/tickets/api/tickets", { key, signal }),
      onWaiting: () => queueMicrotask(() => abort.abort()),
      onWake: () => () => undefined,
      signal: abort.signal,
    });
    await expect(write).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("the key of an intent", () => {
  const setup = () => {
    const kept = new Map<string, string>();
    let made = 0;
    const memory = {
      read: (name: string) => kept.get(name) ?? null,
      write: (name: string, value: string | null) =>
        void (value === null ? kept.delete(name) : kept.set(name, value)),
    };
    return () =>
      createIntentKeys(memory, () => {
        made += 1;
        return `k${made}`;
      });
  };

  test("is the same for the same content after a reload, until the write has ended", () => {
    const load = setup();
    expect(load().keyFor("ticket", { text: "a b" })).toBe("k1");
    expect(load().keyFor("ticket", { text: "a b" })).toBe("k1");
    load().forget("ticket");
    expect(load().keyFor("ticket", { text: "a b" })).toBe("k2");
  });

  test("is another for other content", () => {
    const load = setup();
    expect(load().keyFor("ticket", { text: "a" })).toBe("k1");
    expect(load().keyFor("ticket", { text: "b" })).toBe("k2");
  });
});

describe("the transport of a page", () => {
  const regions = [
    { id: "a", url: "http://a.test" },
    { id: "b", url: "http://b.test" },
  ];
  const transport = (answer: (origin: string) => Response) => {
    const asked: string[] = [];
    const send = createOriginFirstFetch({
      origin: "http://a.test",
      regions: () => regions,
      fetch: async (url) => {
        const { origin } = new URL(String(url));
        asked.push(origin);
        return answer(origin);
      },
    });
    return { send, asked };
  };
  const deadA = (origin: string): Response => {
    if (origin === "http://a.test") throw new TypeError("refused");
    return new Response("{}");
  };

  test("asks the front door alone for what the supervisor does, and waits for it", async () => {
    const { send, asked } = transport(deadA);
    const init = { method: "POST", headers: { "Idempotency-Key": "k" } };
    await expect(send("/control/faults", init)).rejects.toThrow("refused");
    expect(asked).toEqual(["http://a.test"]);
    const timeout = vi.spyOn(AbortSignal, "timeout");
    const { send: slow } = transport(() => new Response("{}"));
    await slow("/control/faults", init);
    await slow("/tickets/api/tickets", init);
    expect(timeout.mock.calls).toEqual([[70_000], [4_000]]);
    timeout.mockRestore();
  });

  test("turns to another region when its own is gone, and asks that one first afterwards", async () => {
    const { send, asked } = transport(deadA);
    await send("/tickets/api/tickets");
    await send("/tickets/api/tickets");
    expect(asked).toEqual(["http://a.test", "http://b.test", "http://b.test"]);
  });

  test("never sends a write without a key a second time", async () => {
    const { send, asked } = transport(deadA);
    await expect(send("/x", { method: "POST" })).rejects.toThrow("refused");
    expect(asked).toEqual(["http://a.test"]);
  });

  test("follows a refusal to the region that it names", async () => {
    const refusal = JSON.stringify({ type: "/problems/not-serving", servingRegion: "b" });
    const { send, asked } = transport((origin) =>
      origin === "http://b.test"
        ? new Response("{}", { status: 201 })
        : new Response(refusal, {
            status: 503,
            headers: { "content-type": "application/problem+json" },
          }),
    );
    const init = { method: "POST", headers: { "Idempotency-Key": "k" } };
    expect((await send("/x", init)).status).toBe(201);
    expect(asked).toEqual(["http://a.test", "http://b.test"]);
  });
});
