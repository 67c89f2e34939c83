/**
 * Draws the sample pictures into dist, unless nothing has changed since the last time. *shell*
 *
 *   node apps/photos/build/draw-samples.mjs [FOLDER]
 *
 * writes dist/apps/photos/sample-pictures.js, which the sample content is loaded from: pictures as
 * text in a module need no path and no file at run time. With a folder, it writes them there as
 * files instead, to be looked at.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { SCENES } from "./sample-scenes.mjs";

const HERE = import.meta.dirname;
const OUT = resolve(HERE, "../../../dist/apps/photos/sample-pictures.js");
const AT_ONCE = 4;

const stamp = createHash("sha256");
for (const name of ["scenery", "landscapes", "patterns", "sample-scenes", "draw-samples"]) {
  stamp.update(readFileSync(join(HERE, `${name}.mjs`)));
}
const mark = `// ${stamp.digest("hex")}\n`;

const draw = ({ svg }) => sharp(Buffer.from(svg())).jpeg({ quality: 80, mozjpeg: true }).toBuffer();

async function drawAll() {
  const drawn = [];
  for (let at = 0; at < SCENES.length; at += AT_ONCE) {
    drawn.push(...(await Promise.all(SCENES.slice(at, at + AT_ONCE).map(draw))));
  }
  return drawn;
}

function isDrawn() {
  try {
    return readFileSync(OUT, "utf8").startsWith(mark);
  } catch {
    return false;
  }
}

const [folder] = process.argv.slice(2);
if (folder !== undefined) {
  mkdirSync(folder, { recursive: true });
  for (const [at, bytes] of (await drawAll()).entries()) {
    writeFileSync(join(folder, `${String(at + 1).padStart(2, "0")}.jpg`), bytes);
  }
} else if (!isDrawn()) {
  const pictures = (await drawAll()).map((bytes, at) => {
    const { title, altText } = SCENES[at];
    return { title, altText, contentType: "image/jpeg", base64: bytes.toString("base64") };
  });
  mkdirSync(resolve(OUT, ".."), { recursive: true });
  writeFileSync(`${OUT}.next`, `${mark}export default ${JSON.stringify(pictures)};\n`);
  renameSync(`${OUT}.next`, OUT);
}
