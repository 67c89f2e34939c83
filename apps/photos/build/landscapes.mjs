/** Landscapes out of the pieces of scenery.mjs; each takes a seed and its colours. *pure* */
import {
  at,
  blur,
  conifer,
  createRandom,
  disc,
  element,
  glow,
  gradient,
  mirrored,
  mix,
  picture,
  rect,
  ridge,
  ridgeLine,
  stars,
} from "./scenery.mjs";

/** Ridge behind ridge, each nearer to the dark of the foreground, with mist in the valleys. */
export function mountains({
  seed,
  width,
  height,
  sky,
  near,
  light,
  sun = [0.68, 0.42],
  layers = 7,
  night = false,
}) {
  const random = createRandom(seed);
  const far = sky.at(-1);
  const [sunX, sunY] = [width * sun[0], height * sun[1]];
  let defs = gradient(
    "sky",
    sky.map((colour, at) => [at / (sky.length - 1), colour]),
  );
  defs += glow("glow", light) + blur("soft", 18);
  let out = rect("url(#sky)", { width, height });
  if (night) out += stars(random, { width, height: height * 0.62, count: 420 });
  out += disc("url(#glow)", sunX, sunY, height * 0.42, `fill-opacity="${night ? 0.5 : 0.85}"`);
  out += disc(mix(light, "#ffffff", 0.55), sunX, sunY, height * (night ? 0.035 : 0.05));
  for (let layer = 0; layer < layers; layer++) {
    const part = (layer + 1) / layers;
    const base = height * (0.5 + 0.46 * part ** 1.25);
    const colour = mix(mix(far, light, 0.22), near, part ** 0.9);
    defs += gradient(`r${layer}`, [
      [0, colour],
      [0.55, mix(colour, far, 0.32 * (1 - part))],
      [1, mix(colour, far, 0.55 * (1 - part))],
    ]);
    out += ridge(random, {
      width,
      height,
      base,
      rise: height * (0.15 - 0.045 * part) * random.between(0.8, 1.15),
      fill: `url(#r${layer})`,
      sharp: layer < layers - 2 ? 0.6 : 0.15,
      waves: random.between(0.7, 1.3) * (1 + part),
      octaves: 7,
    });
    if (layer < layers - 1) {
      const mist = mix(far, "#ffffff", night ? 0.05 : 0.3);
      const y = base + height * 0.05;
      out += element("ellipse", {
        cx: width * random.between(0.2, 0.8),
        cy: y,
        rx: width * 0.62,
        ry: height * 0.035,
        fill: mist,
        "fill-opacity": 0.34 * (1 - part),
        filter: "url(#soft)",
      });
    }
  }
  return picture(width, height, defs, out);
}

/** A low sun over water: its path is broken by waves that grow as they come nearer. */
export function sea({ seed, width, height, sky, water, light, sun = 0.5, horizon = 0.52 }) {
  const random = createRandom(seed);
  const line = height * horizon;
  const sunX = width * sun;
  let defs = gradient(
    "sky",
    sky.map((colour, at) => [at / (sky.length - 1), colour]),
  );
  defs += gradient(
    "water",
    water.map((colour, at) => [at / (water.length - 1), colour]),
  );
  defs += glow("glow", light) + blur("soft", 14) + blur("faint", 1.1);
  let out = rect("url(#sky)", { width, height: line + 2 });
  let clouds = "";
  for (let cloud = 0; cloud < 16; cloud++) {
    const y = line * random.between(0.12, 0.86);
    const rx = width * random.between(0.08, 0.3);
    clouds += element("ellipse", {
      cx: width * random.next(),
      cy: y,
      rx,
      ry: rx * random.between(0.03, 0.09),
      fill: mix(sky.at(-1), light, random.next() * 0.7),
      "fill-opacity": random.between(0.12, 0.42),
    });
  }
  out += `<g filter="url(#soft)">${clouds}</g>`;
  out += disc("url(#glow)", sunX, line - height * 0.07, height * 0.46);
  out += disc(mix(light, "#ffffff", 0.6), sunX, line - height * 0.07, height * 0.062);
  out += rect("url(#water)", { y: line, width, height: height - line });
  let waves = "";
  for (let wave = 0; wave < 360; wave++) {
    const depth = random.next() ** 1.5;
    const y = line + (height - line) * depth;
    const spread = width * (0.025 + 0.2 * depth);
    const isPath = random.next() < 0.62;
    const x = isPath ? sunX + (random.next() + random.next() - 1) * spread : width * random.next();
    const length = (14 + 120 * depth) * random.between(0.4, 1.3);
    const colour = isPath
      ? mix(light, "#ffffff", random.next() * 0.5)
      : mix(water[0], sky.at(-1), 0.5);
    waves += element("rect", {
      x: x - length / 2,
      y,
      width: length,
      height: 1 + 4.2 * depth,
      rx: 2,
      fill: colour,
      "fill-opacity": isPath ? random.between(0.3, 0.85) : random.between(0.08, 0.25),
    });
  }
  out += `<g filter="url(#faint)">${waves}</g>`;
  return picture(width, height, defs, out);
}

/** Sand: each dune has a lit side and a shaded one, parted by its crest. */
export function dunes({ seed, width, height, sky, sand, shade, light }) {
  const random = createRandom(seed);
  let defs = gradient(
    "sky",
    sky.map((colour, at) => [at / (sky.length - 1), colour]),
  );
  defs += glow("glow", light);
  let out = rect("url(#sky)", { width, height });
  out += disc("url(#glow)", width * 0.24, height * 0.3, height * 0.42);
  out += disc(mix(light, "#ffffff", 0.6), width * 0.24, height * 0.3, height * 0.045);
  for (let dune = 0; dune < 6; dune++) {
    const part = (dune + 1) / 6;
    const base = height * (0.44 + 0.44 * part);
    const y = ridgeLine(random, { octaves: 2, roughness: 0.3, waves: random.between(0.5, 0.9) });
    const lit = mix(sky.at(-1), sand, 0.35 + 0.65 * part);
    const dark = mix(sky.at(-1), shade, 0.3 + 0.7 * part);
    defs += gradient(`d${dune}`, [
      [0, lit],
      [1, mix(lit, dark, 0.55)],
    ]);
    const crest = [];
    for (let x = 0; x <= width; x += 6) crest.push([x, base - height * 0.11 * y(x / width)]);
    const path = crest.map(([x, cy]) => `${x} ${cy.toFixed(1)}`).join("L");
    out += `<path fill="url(#d${dune})" d="M0 ${height}L${path}L${width} ${height}Z"/>`;
    const peak = crest.reduce((best, point) => (point[1] < best[1] ? point : best));
    const foot = peak[0] + width * random.between(0.18, 0.34);
    const shaded = crest.filter(([x]) => x >= peak[0]).map(([x, cy]) => `${x} ${cy.toFixed(1)}`);
    const top = at(peak[0], peak[1]);
    const under = `${at(foot, base + height * 0.1)} ${top}`;
    out += element("path", {
      fill: dark,
      "fill-opacity": 0.78,
      d: `M${top}L${shaded.join("L")}L${width} ${height}Q${under}Z`,
    });
    for (let ripple = 0; ripple < 12; ripple++) {
      const ry = base + height * (0.02 + 0.017 * ripple * (1 + part));
      const bow = `q${at(width / 4, -14 * random.next() - 4)} ${width / 2} 0t${width / 2} 0`;
      out += element("path", {
        fill: "none",
        stroke: mix(lit, "#ffffff", 0.25),
        "stroke-width": 0.6 + part,
        opacity: 0.1 + 0.08 * part,
        d: `M0 ${ry}${bow}`,
      });
    }
  }
  return picture(width, height, defs, out, { grain: 0.1 });
}

/** Trees behind trees in fog; the nearest are the darkest. */
export function forest({ seed, width, height, fog, near, light, rows = 6 }) {
  const random = createRandom(seed);
  let defs = gradient("sky", [
    [0, mix(fog, light, 0.75)],
    [0.7, fog],
    [1, mix(fog, near, 0.2)],
  ]);
  defs += blur("soft", 24) + glow("glow", light);
  let out = rect("url(#sky)", { width, height });
  out += disc("url(#glow)", width * 0.62, height * 0.22, height * 0.5, 'fill-opacity="0.8"');
  for (let row = 0; row < rows; row++) {
    const part = (row + 1) / rows;
    const colour = mix(fog, near, 0.1 + 0.9 * part ** 1.5);
    const size = height * (0.2 + 0.44 * part ** 1.6);
    const ground = height * (0.62 + 0.44 * part);
    const step = size * 0.13;
    for (let x = -size * 0.2; x < width + size * 0.2; x += step * random.between(0.5, 2.2)) {
      const tall = size * random.between(0.55, 1.08);
      out += conifer(random, { x, y: ground + random.between(-8, 12), height: tall, fill: colour });
    }
    out += rect(colour, { y: ground, width, height: Math.max(0, height - ground) });
    if (row < rows - 1) {
      out += element("ellipse", {
        cx: width * random.next(),
        cy: ground - size * 0.12,
        rx: width * 0.6,
        ry: height * 0.075,
        fill: mix(fog, light, 0.5),
        "fill-opacity": 0.62 * (1 - part),
        filter: "url(#soft)",
      });
    }
  }
  return picture(width, height, defs, out);
}

/** Towers with lit windows, and all of it once more in the water below. */
export function city({ seed, width, height, sky, tower, windows, light }) {
  const random = createRandom(seed);
  const shore = height * 0.7;
  let defs = gradient(
    "sky",
    sky.map((colour, at) => [at / (sky.length - 1), colour]),
  );
  defs += blur("wet", 5) + glow("glow", light);
  let skyline = "";
  for (const [depth, count] of [
    [0.25, 26],
    [0.6, 18],
    [1, 13],
  ]) {
    const colour = mix(sky.at(-1), tower, depth);
    for (let block = 0; block < count; block++) {
      const w = width * random.between(0.035, 0.085);
      const h = height * random.between(0.12, 0.42) * (1.15 - 0.3 * depth);
      const x = (width * (block + random.between(-0.3, 0.3))) / count;
      skyline += rect(colour, { x, y: shore - h, width: w, height: h });
      if (random.next() < 0.3) {
        skyline += rect(colour, {
          x: x + w / 2 - 1.5,
          y: shore - h - height * 0.05,
          width: 3,
          height: height * 0.05,
        });
      }
      for (let wy = shore - h + 10; wy < shore - 8; wy += 11) {
        for (let wx = x + 5; wx < x + w - 6; wx += 9) {
          if (random.next() > 0.34) continue;
          const lit = random.pick(windows);
          skyline += rect(lit, {
            x: wx,
            y: wy,
            width: 4.4,
            height: 5.4,
            more: { "fill-opacity": 0.25 + 0.75 * depth * random.next() },
          });
        }
      }
    }
  }
  let out = rect("url(#sky)", { width, height });
  out += stars(random, { width, height: shore * 0.6, count: 140 });
  out += disc("url(#glow)", width * 0.5, shore, height * 0.55, 'fill-opacity="0.75"');
  out += skyline;
  out += mirrored(skyline, shore, 0.5);
  out += rect(mix(sky[0], "#000010", 0.35), {
    y: shore,
    width,
    height: height - shore,
    more: { "fill-opacity": 0.45 },
  });
  for (let wave = 0; wave < 150; wave++) {
    const depth = random.next();
    const w = 20 + 130 * depth * random.next();
    out += rect(random.pick([...windows, sky.at(-1)]), {
      x: width * random.next(),
      y: shore + 3 + (height - shore) * depth,
      width: w,
      height: 1 + 2 * depth,
      more: { "fill-opacity": 0.16 },
    });
  }
  return picture(width, height, defs, out);
}

/** Curtains of light over a lake. */
export function aurora({ seed, width, height, colours, night, near }) {
  const random = createRandom(seed);
  const shore = height * 0.72;
  let defs = gradient("sky", [
    [0, mix(night, "#000008", 0.4)],
    [1, mix(night, colours[0], 0.25)],
  ]);
  defs += blur("veil", 16) + blur("wet", 7);
  let lights = "";
  for (const [band, colour] of colours.entries()) {
    defs += gradient(`a${band}`, [
      [0, colour, 0],
      [0.55, colour, 0.5],
      [0.9, mix(colour, "#ffffff", 0.35), 0.95],
      [1, colour, 0],
    ]);
    const y = ridgeLine(random, { octaves: 3, waves: random.between(0.6, 1.1) });
    for (let x = -40; x < width + 40; x += 7) {
      const foot = shore * (0.5 + 0.12 * band) + height * 0.1 * y(x / width);
      const tall = height * (0.24 + 0.2 * Math.abs(y(x / width + 0.37)));
      const strong = 0.16 + 0.5 * (0.5 + 0.5 * y(x / width + 0.71)) ** 2;
      lights += element("rect", {
        x,
        y: foot - tall,
        width: 13,
        height: tall,
        fill: `url(#a${band})`,
        "fill-opacity": strong,
      });
    }
  }
  let out = rect("url(#sky)", { width, height });
  out += stars(random, { width, height: shore, count: 380 });
  out += `<g filter="url(#veil)">${lights}</g>`;
  const hills = ridge(random, {
    width,
    height: shore,
    base: shore - height * 0.035,
    rise: height * 0.07,
    fill: near,
    sharp: 0.4,
    waves: 1.4,
  });
  let trees = "";
  for (let x = 0; x < width; x += random.between(7, 26)) {
    trees += conifer(random, {
      x,
      y: shore + 2,
      height: height * random.between(0.03, 0.1),
      fill: mix(near, "#000000", 0.35),
    });
  }
  out += `${hills}${trees}`;
  out += rect(mix(night, "#000010", 0.3), { y: shore, width, height: height - shore });
  out += mirrored(`${lights}${hills}${trees}`, shore, 0.42);
  return picture(width, height, defs, out, { vignette: 0.5 });
}
