import { expect, test } from "vitest";
import { parseProblem } from "../../../../layers/presentation/api/problem.ts";
import type { Api, RequestOptions } from "../../../../layers/presentation/api/request.ts";
import { type Progress, runUpload } from "./run-upload.ts";
import { type Item, step } from "./upload-list.ts";

const problem = (status: number, code: string) =>
  parseProblem(status, { type: `/problems/${code}` }, null, 0);

/** Answers each kind of request from its own list; the last answer stays. */
function scripted(answers: Readonly<Record<string, readonly unknown[]>>) {
  const sent: string[] = [];
  const request = async (method: string, path: string, options: RequestOptions = {}) => {
    const kind = method === "PUT" ? "bytes" : path.endsWith("/uploads") ? "leave" : "photo";
    const list = answers[kind] ?? [];
    const before = sent.filter((one) => one.startsWith(kind)).length;
    sent.push(`${kind} ${options.key}`);
    if (method === "PUT") options.bytes?.onProgress(options.bytes.content.size);
    const answer = list[Math.min(before, list.length - 1)];
    if (answer instanceof Error) throw answer;
    return { value: answer, etag: undefined, status: 201 };
  };
  return { sent, api: { request } as unknown as Api };
}

const leave = { id: "u1", url: "/photos/objects/uploads/u1?signature=x", headers: {} };
const photo = { id: "p1" };

function run(answers: Readonly<Record<string, readonly unknown[]>>, progress?: Progress) {
  const file = new Blob([new Uint8Array(10)], { type: "image/png" });
  const items = [{ key: "k", file, fileName: "a.png", preview: "" }];
  const [item] = step([], { type: "added", items });
  const phases: string[] = [];
  const { sent, api } = scripted(answers);
  const ended = runUpload({
    api,
    item: item as Item,
    progress: progress ?? { leave: undefined, hasSent: false },
    signal: new AbortController().signal,
    onPhase: ({ name }) => phases.push(name),
    // It is always worth trying again at once here.
    onWake: (wake) => {
      queueMicrotask(wake);
      return () => undefined;
    },
  });
  return { sent, phases, ended };
}

test("an upload is announced, sent and made a photo, each with the item's own key", async () => {
  const { sent, phases, ended } = run({ leave: [leave], bytes: [{}], photo: [photo] });
  expect(await ended).toEqual(photo);
  expect(sent).toEqual(["leave k-upload", "bytes k-bytes", "photo k"]);
  expect(phases).toEqual(["asking", "sending", "sending", "finishing"]);
});

test("after a failover only the last step is repeated: bytes that arrived are not sent twice", async () => {
  const failing = [problem(503, "not-serving"), problem(504, "outcome-unknown"), photo];
  const { sent, phases, ended } = run({ leave: [leave], bytes: [{}], photo: failing });
  expect(await ended).toEqual(photo);
  expect(sent).toEqual(["leave k-upload", "bytes k-bytes", "photo k", "photo k", "photo k"]);
  expect(phases).toContain("waiting");
});

test("a region that does not have the bytes gets them, under the same upload", async () => {
  const missing = [problem(409, "upload-missing"), photo];
  const { sent, ended } = run({ leave: [leave], bytes: [{}], photo: missing });
  expect(await ended).toEqual(photo);
  expect(sent).toEqual([
    "leave k-upload",
    "bytes k-bytes",
    "photo k",
    "leave k-upload",
    "bytes k-bytes",
    "photo k",
  ]);
});

test("a connection that breaks while sending begins that step again", async () => {
  const broken = [problem(503, "unavailable"), {}];
  const { sent, ended } = run({ leave: [leave], bytes: broken, photo: [photo] });
  expect(await ended).toEqual(photo);
  expect(sent).toEqual(["leave k-upload", "bytes k-bytes", "bytes k-bytes", "photo k"]);
});

test("a picture that is not taken ends it; a person's retry goes on where it was", async () => {
  const progress: Progress = { leave: undefined, hasSent: false };
  const refused = run(
    { leave: [leave], bytes: [{}], photo: [problem(503, "fenced"), problem(422, "image-refused")] },
    progress,
  );
  await expect(refused.ended).rejects.toMatchObject({ code: "image-refused" });
  const again = run({ leave: [leave], bytes: [{}], photo: [photo] }, progress);
  expect(await again.ended).toEqual(photo);
  expect(again.sent).toEqual(["photo k"]);
});
