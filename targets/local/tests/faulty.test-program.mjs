/** A deployment whose app fails in every way that an app can, for the test of what that costs. */
import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { AssertionError } from "../../../base/assert.ts";
import { createAppApi, defineApp, defineDeployment } from "../../../layers/api/index.ts";
import { defineTable } from "../../../layers/key-value/table.ts";

const MODES = {
  throws: () => {
    throw new Error("thrown by a handler");
  },
  forgotten: () => void Promise.reject(new Error("a forgotten await")),
  timer: () => void setTimeout(() => fail("out of a timer"), 5),
  immediate: () => void setImmediate(() => fail("out of an immediate")),
  tick: () => process.nextTick(() => fail("out of a tick")),
  emitter: () => void setTimeout(() => new EventEmitter().emit("error", new Error("emitted")), 5),
  later: () => void sleep(20).then(() => fail("out of a promise")),
  assertion: () =>
    void setTimeout(() => {
      throw new AssertionError("an assertion of an app");
    }, 5),
  nothing: () => void setTimeout(() => Promise.reject(undefined), 5),
};
const fail = (text) => {
  throw new Error(text);
};
const ENDS = {
  exit: () => process.exit(3),
  abort: () => process.abort(),
  segv: () => process.kill(process.pid, "SIGSEGV"),
};
const ANSWER = { kind: "answer", status: 200, body: {} };
const open = { summary: "x", auth: "none", replies: {} };

const faulty = defineApp({
  id: "faulty",
  mode: "active-passive",
  durability: "replicated",
  objectives: { rtoMs: 1000, rpoMs: 0 },
  tables: [],
  api: (context) => {
    context.routing.subscribe(() => fail("out of a listener"));
    setTimeout(() => fail("out of a timer of the factory"), 10);
    console.log("printed by an app\non two lines");
    const api = createAppApi(context).get("/api/fine", { ...open, handle: () => ANSWER });
    for (const [name, act] of Object.entries(MODES)) {
      api.get(`/api/${name}`, {
        ...open,
        handle: async () => {
          act();
          await sleep(400);
          return ANSWER;
        },
      });
      api.get(`/api/${name}-after`, {
        ...open,
        handle: () => {
          setTimeout(() => name !== "throws" && act(), 20);
          return ANSWER;
        },
      });
    }
    for (const [name, act] of Object.entries(ENDS)) {
      api.get(`/api/${name}`, { ...open, handle: () => act() });
    }
    return api;
  },
});

const sound = defineApp({
  ...faulty,
  id: "sound",
  takeover: [
    {
      name: "forgetful",
      timeoutMs: 5000,
      run: async () => void setTimeout(() => fail("out of a takeover step"), 5),
    },
  ],
  api: (context) => createAppApi(context).get("/api/fine", { ...open, handle: () => ANSWER }),
});

const marks = defineTable({
  name: "marks",
  schema: z.strictObject({ id: z.string() }),
  partitionKey: "id",
});

/** Its takeover step fails when it is run first by a process. */
let isFenced = true;
const stepping = defineApp({
  ...faulty,
  id: "stepping",
  tables: [marks],
  takeover: [
    {
      name: "fence-db",
      timeoutMs: 5000,
      run: async () => {
        if (!isFenced) return;
        isFenced = false;
        throw new Error("no replica here");
      },
    },
  ],
  api: (context) =>
    createAppApi(context).post("/api/writes", {
      ...open,
      handle: (call) =>
        call.commit([{ kind: "put", table: marks, item: { id: "m" } }], { status: 204 }),
    }),
});

export default defineDeployment({
  regions: ["eu-west-1", "ap-southeast-1"],
  apps: [faulty, sound, stepping],
});
