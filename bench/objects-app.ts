/** An app that keeps objects and nothing else, for bench/objects.ts. *composition* */
import { z } from "zod";
import {
  createAppApi,
  defineApp,
  defineDeployment,
  problem,
  problemOfObject,
} from "../layers/api/index.ts";

const BUCKET = "files";
const params = z.strictObject({ key: z.string().max(100) });
const replies = { 200: { description: "done" } };

const vault = defineApp({
  id: "vault",
  mode: "active-passive",
  durability: "replicated",
  objectives: { rtoMs: 2000, rpoMs: 0 },
  tables: [],
  buckets: [BUCKET],
  api: (context) => {
    const { objects } = context;
    return createAppApi(context)
      .post("/api/uploads/:key", {
        summary: "Leave to put a file",
        auth: "none",
        params,
        replies,
        handle: async ({ params: { key } }) => ({
          kind: "answer",
          status: 200,
          body: await objects.signUpload(BUCKET, key, {
            contentType: "application/octet-stream",
            limitBytes: 1024 ** 3,
          }),
        }),
      })
      .get("/api/files/:key", {
        summary: "Where a file is, and leave to get it",
        auth: "none",
        params,
        replies,
        handle: async ({ params: { key } }) => {
          const found = await objects.head(BUCKET, key, { consistency: "stale" });
          if (found.kind === "failed") return problemOfObject(found);
          if (found.value === undefined) return problem("not-found", `There is no ${key}.`);
          const [replication] = await objects.replication([found.value]);
          const url = await objects.signDownload(BUCKET, key);
          const { digest, sizeBytes } = found.value;
          return { kind: "answer", status: 200, body: { digest, sizeBytes, url, ...replication } };
        },
      });
  },
});

export default defineDeployment({
  regions: [
    { id: "eu-west-1", title: "Ireland" },
    { id: "ap-southeast-1", title: "Singapore" },
  ],
  apps: [vault],
});
