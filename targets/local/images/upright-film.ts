/**
 * A film whose frames stand as its orientation (EXIF) says, which libvips does for stills alone.
 * *shell*
 *
 * Memory is that of its frames side by side: each is turned within the buffer it was decoded to.
 */
import sharp, { type Sharp } from "sharp";

/** How a frame is mirrored first, and then turned clockwise; by the orientation. */
const TURNS: Readonly<Record<number, readonly ["" | "flip" | "flop", 0 | 90 | 180 | 270]>> = {
  2: ["flop", 0],
  3: ["", 180],
  4: ["flip", 0],
  5: ["flop", 270],
  6: ["", 90],
  7: ["flop", 90],
  8: ["", 270],
};

/** Without delays and loops: whoever encodes it names them. */
export async function uprightFilm(film: Sharp, orientation: number): Promise<Sharp> {
  const turn = TURNS[orientation];
  if (turn === undefined) return film;
  const { data, info } = await film
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const channels = info.channels as 1 | 2 | 3 | 4;
  const { width, pageHeight: height = info.height } = info;
  const frameBytes = width * height * channels;
  const [mirror, angle] = turn;
  for (let at = 0; at < data.length; at += frameBytes) {
    const frame = sharp(data.subarray(at, at + frameBytes), { raw: { width, height, channels } });
    const mirrored = mirror === "" ? frame : frame[mirror]();
    data.set(await mirrored.rotate(angle).raw().toBuffer(), at);
  }
  const [turnedWidth, turnedHeight] = angle % 180 === 0 ? [width, height] : [height, width];
  const frames = data.length / frameBytes;
  const raw = { width: turnedWidth, height: turnedHeight * frames, channels };
  return sharp(data, { raw: { ...raw, pageHeight: turnedHeight } });
}
