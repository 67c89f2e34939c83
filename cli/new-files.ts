/**
 * What `understudy new` writes: an app, its deployment, and a test that loses a region. *pure*
 *
 * The app is TypeScript; on a Node that does not run that by itself the loader that comes with
 * Understudy does. The test needs nothing but Node.
 */
const APP = `/** Notes that everybody can add to. They survive the loss of a region. */
import { createAppApi, defineApp, defineTable, problemOfRead, textOf } from "understudy";
import { z } from "zod";

const note = z.strictObject({ list: z.literal("all"), order: z.string(), text: z.string() });
const notes = defineTable({ name: "notes", schema: note, partitionKey: "list", sortKey: "order" });

const newNote = z.strictObject({ text: textOf({ min: 1, max: 2_000 }, "A note") });
const page = z.object({ items: z.array(note) });

export const notesApp = defineApp({
  id: "notes",
  mode: "active-passive",
  // A write is acknowledged when every region in sync has it on disk: losing one of two loses
  // nothing. While one is in sync alone, writes go on and are at risk; minInSync: 2 refuses them.
  durability: "replicated",
  objectives: { rtoMs: 60_000, rpoMs: 0 },
  tables: [notes],
  api: (context) => {
    const api = createAppApi(context);
    api.get("/api/notes", {
      summary: "The newest hundred notes",
      auth: "none",
      replies: { 200: { description: "The notes", schema: page } },
      handle: async (call) => {
        const newest = { partition: "all", order: "descending", limit: 100 } as const;
        const read = await context.store.query(notes, newest, call.reading);
        if (read.kind === "failed") return problemOfRead(read);
        return call.found(read.info, { items: read.value.items.map(({ item }) => item) });
      },
    });
    api.post("/api/notes", {
      summary: "Add a note",
      auth: "none",
      body: newNote,
      replies: { 201: { description: "The note", schema: note } },
      handle: (call) => {
        const order = \`\${new Date(context.now()).toISOString()} \${call.newId()}\`;
        const item = { list: "all" as const, order, text: call.body.text };
        const put = { kind: "put", table: notes, item, ifAbsent: true } as const;
        return call.commit([put], { status: 201, body: item });
      },
    });
    return api;
  },
});
`;

const CONFIG = `/** Where the app runs. \`understudy up\` in this folder starts it. */
import { defineDeployment } from "understudy/config";
import { notesApp } from "./app.ts";

export default defineDeployment({
  regions: ["eu-west-1", "us-east-1"],
  apps: [notesApp],
});
`;

const TEST = `/** What happens to the notes when their region is lost? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadDeployment, simulate } from "understudy/testing";

const config = fileURLToPath(new URL("understudy.config.ts", import.meta.url));

test("a note that was acknowledged survives the loss of its region", async () => {
  const world = await simulate({ deployment: await loadDeployment(config), seed: 1 });
  const writer = world.client({ near: "eu-west-1" });
  const first = await writer.send("POST", "/notes/api/notes", { text: "before" });
  assert.equal(first.region, "eu-west-1");

  world.kill("eu-west-1");
  const second = await writer.send("POST", "/notes/api/notes", { text: "after" });
  assert.equal(second.region, "us-east-1");
  await world.advance("15m");
  const { body } = await writer.send("GET", "/notes/api/notes");
  assert.deepEqual(body.items.map(({ text }) => text), ["after", "before"]);

  const checked = await world.check();
  assert.deepEqual(checked.lost, []);
  assert.ok(checked.ok);
});
`;

const README = `# Notes

    npm install
    npm test          loses a region in a simulated world, and looks for lost writes
    npm start         two regions on this machine, at http://127.0.0.1:8080

In another terminal:

    curl -d '{"text":"hello"}' -H 'content-type: application/json' \\
         http://127.0.0.1:8080/notes/api/notes
    npx understudy fault kill eu-west-1
    curl http://127.0.0.1:8080/notes/api/notes
    npx understudy fault restart eu-west-1

\`app.ts\` is the app, \`understudy.config.ts\` says where it runs. \`vendor\` holds the Understudy
that made this project: keep it with the rest, so that the project installs anywhere.
`;

/** For editors: Node runs the files as they are. */
const TSCONFIG = {
  compilerOptions: {
    target: "es2023",
    module: "nodenext",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    types: [],
  },
  include: ["*.ts"],
};

export interface NewProject {
  readonly name: string;
  /** The packed Understudy that made it, seen from the project. */
  readonly tarball: string;
  /** The version of zod that Understudy itself uses. */
  readonly zod: string;
}

/** Texts by file name. */
export function newFiles({ name, tarball, zod }: NewProject): Readonly<Record<string, string>> {
  const manifest = {
    name,
    private: true,
    type: "module",
    scripts: {
      start: "understudy up --empty",
      test: "node --test",
    },
    dependencies: { understudy: `file:${tarball}`, zod },
  };
  return {
    "app.ts": APP,
    "understudy.config.ts": CONFIG,
    "region-loss.test.mjs": TEST,
    "README.md": README,
    "tsconfig.json": `${JSON.stringify(TSCONFIG, null, 2)}\n`,
    "package.json": `${JSON.stringify(manifest, null, 2)}\n`,
    ".gitignore": "node_modules/\n.understudy/\n",
  };
}
