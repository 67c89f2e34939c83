/** `npm run build`: the programs, the pages and the sample pictures, side by side; each builds only what changed. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

const run = (...words) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { cwd: path(""), stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });

const codes = await Promise.all([
  run(path("node_modules/typescript/bin/tsc"), "-b"),
  run(path("layers/presentation/build/build-web.mjs")),
  run(path("apps/photos/build/draw-samples.mjs")),
]);
process.exitCode = codes.find((code) => code !== 0) ?? 0;
