/**
 * Pieces of landscapes as SVG, from a seed: ridges, stars, suns, trees, water. *pure*
 *
 * Nothing is traced or copied: every line is made of a few sums of sines and a small generator of
 * numbers, so that a seed is a picture, always the same.
 */
export function createRandom(seed) {
  let state = (seed * 0x9e3779b9) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    whole: (low, high) => Math.floor(low + (high - low + 1) * next()),
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}

const round = (value) => Math.round(value * 10) / 10;
const fine = (value) => Math.round(value * 100) / 100;
/** A point of a path. */
export const at = (x, y) => `${round(x)} ${round(y)}`;

/** One element; numbers are rounded, and attributes are taken in their order. */
export function element(name, attributes, content = "") {
  const list = Object.entries(attributes)
    .map(([key, value]) => `${key}="${typeof value === "number" ? fine(value) : value}"`)
    .join(" ");
  return content === "" ? `<${name} ${list}/>` : `<${name} ${list}>${content}</${name}>`;
}

/** A colour between two, as #rrggbb. */
export function mix(from, to, part) {
  const of = (colour, at) => Number.parseInt(colour.slice(1 + at * 2, 3 + at * 2), 16);
  const channel = (at) =>
    Math.round(of(from, at) + (of(to, at) - of(from, at)) * part)
      .toString(16)
      .padStart(2, "0");
  return `#${channel(0)}${channel(1)}${channel(2)}`;
}

/** Waves of falling height and rising number: what hills look like from far away. */
export function ridgeLine(random, { octaves = 6, roughness = 0.52, waves = 1.6 } = {}) {
  const parts = Array.from({ length: octaves }, (_, octave) => ({
    height: roughness ** octave,
    waves: waves * 1.93 ** octave * random.between(0.85, 1.15),
    shift: random.between(0, Math.PI * 2),
  }));
  const most = parts.reduce((sum, { height }) => sum + height, 0);
  return (x) =>
    parts.reduce(
      (sum, part) => sum + part.height * Math.sin(x * part.waves * 6.283 + part.shift),
      0,
    ) / most;
}

/** A closed shape below a line; `sharp` folds it into peaks. */
export function ridge(random, { width, height, base, rise, fill, sharp = 0, ...line }) {
  const y = ridgeLine(random, line);
  const points = [];
  for (let x = 0; x <= width; x += 3) {
    const value = y(x / width);
    const peaked = sharp === 0 ? value : value * (1 - sharp) + sharp * (1 - 2 * Math.abs(value));
    points.push(`${round(x)} ${round(base - rise * peaked)}`);
  }
  return `<path fill="${fill}" d="M0 ${height}L${points.join("L")}L${width} ${height}Z"/>`;
}

export function gradient(id, stops, { x2 = 0, y2 = 1 } = {}) {
  const list = stops
    .map(([at, colour, opacity = 1]) => {
      const alpha = opacity === 1 ? "" : ` stop-opacity="${opacity}"`;
      return `<stop offset="${at}" stop-color="${colour}"${alpha}/>`;
    })
    .join("");
  return `<linearGradient id="${id}" x1="0" y1="0" x2="${x2}" y2="${y2}">${list}</linearGradient>`;
}

export function glow(id, colour, stops = [0.9, 0.35, 0]) {
  const list = stops
    .map((opacity, at) =>
      element("stop", {
        offset: at / (stops.length - 1),
        "stop-color": colour,
        "stop-opacity": opacity,
      }),
    )
    .join("");
  return `<radialGradient id="${id}">${list}</radialGradient>`;
}

export const rect = (fill, { x = 0, y = 0, width, height, more = {} }) =>
  element("rect", {
    x: round(x),
    y: round(y),
    width: round(width),
    height: round(height),
    fill,
    ...more,
  });

export const disc = (fill, x, y, radius, more = "") =>
  `<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}" fill="${fill}" ${more}/>`;

export function stars(random, { width, height, count, colour = "#ffffff" }) {
  return Array.from({ length: count }, () => {
    const bright = random.next() ** 6;
    const y = height * random.next() ** 1.3;
    return disc(
      colour,
      random.between(0, width),
      y,
      0.5 + bright * 1.9,
      `fill-opacity="${round(10 * (0.25 + 0.75 * bright)) / 10}"`,
    );
  }).join("");
}

/** A conifer: a few skirts of branches, each wider than the one above. */
export function conifer(random, { x, y, height, fill }) {
  const width = height * random.between(0.26, 0.36);
  const skirts = random.whole(6, 9);
  const points = [[x, y - height]];
  const side = (sign) => {
    const list = [];
    for (let skirt = 1; skirt <= skirts; skirt++) {
      const part = skirt / skirts;
      const reach = (width / 2) * part * random.between(0.82, 1.12);
      const at = y - height + height * 0.94 * part;
      list.push([x + sign * reach, at], [x + sign * reach * 0.52, at - height * 0.018]);
    }
    return list;
  };
  points.push(...side(1), [x + width * 0.05, y], [x - width * 0.05, y], ...side(-1).reverse());
  const outline = points.map(([px, py]) => at(px, py)).join("L");
  return element("path", { fill, d: `M${outline}Z` });
}

export const blur = (id, amount) =>
  element(
    "filter",
    { id, x: "-20%", y: "-20%", width: "140%", height: "140%" },
    element("feGaussianBlur", { stdDeviation: amount }),
  );

/** What stands on a shore, once more below it, dimmer and blurred by the filter `wet`. */
export const mirrored = (content, shore, opacity) =>
  element(
    "g",
    { transform: `translate(0 ${2 * shore}) scale(1 -1)`, opacity, filter: "url(#wet)" },
    content,
  );

/** Fine grain and darker corners, as film has them. */
export function finish(width, height, { grain = 0.07, vignette = 0.34 } = {}) {
  const defs =
    `<filter id="noise" x="0" y="0" width="100%" height="100%"><feTurbulence type="fractalNoise" ` +
    `baseFrequency="0.8" numOctaves="2" seed="3" stitchTiles="stitch"/>` +
    `<feColorMatrix values="0 0 0 0 0.5 0 0 0 0 0.5 ` +
    `0 0 0 0 0.5 0 0 0 ${grain * 6} ${-grain * 2}"/></filter>` +
    `<pattern id="grain" width="256" height="256" patternUnits="userSpaceOnUse">` +
    `<rect width="256" height="256" filter="url(#noise)"/></pattern>` +
    `<radialGradient id="vignette" r="0.78"><stop offset="0.55" stop-opacity="0"/>` +
    `<stop offset="1" stop-opacity="${vignette}"/></radialGradient>`;
  const layers =
    rect("url(#vignette)", { width, height }) +
    `<rect width="${width}" height="${height}" fill="url(#grain)" fill-opacity="0.55"/>`;
  return { defs, layers };
}

export function picture(width, height, defs, layers, options) {
  const last = finish(width, height, options);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}"><defs>${defs}${last.defs}</defs>${layers}${last.layers}</svg>`
  );
}
