/** Patterns: maps, leaves and tiles; each takes a seed and its colours. *pure* */
import {
  at,
  createRandom,
  disc,
  element,
  gradient,
  mix,
  picture,
  rect,
  ridgeLine,
} from "./scenery.mjs";

/** Lines of equal height, as on a map of a country that is nowhere. */
export function contours({ seed, width, height, paper, ink, warm }) {
  const random = createRandom(seed);
  const hills = Array.from({ length: 7 }, () => ({
    x: width * random.next(),
    y: height * random.next(),
    tall: random.between(0.5, 1),
    wide: Math.min(width, height) * random.between(0.16, 0.4),
  }));
  const wobble = ridgeLine(random, { octaves: 4, waves: 1.1 });
  let out = rect(paper, { width, height });
  for (const hill of hills) {
    for (let ring = 26; ring >= 1; ring--) {
      const part = ring / 26;
      const points = [];
      for (let angle = 0; angle < 64; angle++) {
        const turn = (angle / 64) * Math.PI * 2;
        const bend =
          1 +
          0.3 * wobble(0.5 + 0.5 * Math.cos(turn) + hill.x) +
          0.2 * wobble(0.5 + 0.5 * Math.sin(turn) + hill.y);
        const radius = hill.wide * part * bend * 1.4;
        points.push(at(hill.x + radius * Math.cos(turn), hill.y + radius * Math.sin(turn)));
      }
      const colour = mix(paper, warm, (1 - part) * hill.tall);
      out += element("path", {
        d: `M${points.join("L")}Z`,
        fill: colour,
        stroke: ink,
        "stroke-width": ring % 5 === 0 ? 1.8 : 0.7,
        "stroke-opacity": 0.55,
        "stroke-linejoin": "round",
      });
    }
  }
  return picture(width, height, "", out, { grain: 0.12, vignette: 0.2 });
}

/** Leaves that grow from the lower edge, one over the other. */
export function leaves({ seed, width, height, ground, greens, vein }) {
  const random = createRandom(seed);
  let defs = gradient(
    "back",
    [
      [0, ground[0]],
      [1, ground[1]],
    ],
    { x2: 1 },
  );
  let out = rect("url(#back)", { width, height });
  for (let leaf = 0; leaf < 54; leaf++) {
    const part = leaf / 53;
    const colour = mix(random.pick(greens), ground[1], 0.62 * (1 - part));
    const long = Math.min(width, height) * random.between(0.22, 0.44) * (0.6 + 0.5 * part);
    const wide = long * random.between(0.3, 0.46);
    const [x, y] = [width * random.next(), height * (0.06 + 1.04 * random.next())];
    const turn = random.between(-75, 75);
    defs += gradient(
      `l${leaf}`,
      [
        [0, mix(colour, "#ffffff", 0.16)],
        [1, mix(colour, "#001010", 0.32)],
      ],
      { x2: 1 },
    );
    let veins = "";
    for (let rise = 0.16; rise < 0.86; rise += 0.085) {
      const reach = wide * 0.42 * Math.sin(Math.PI * rise);
      const tip = -long * 0.075;
      const rib = (side) =>
        `M0 ${-long * rise}q${at(side * reach * 0.5, -long * 0.05)} ${at(side * reach, tip)}`;
      veins += rib(1) + rib(-1);
    }
    const half = (side) => `${at(side * wide, -long * 0.25)} ${at(side * wide * 0.7, -long * 0.8)}`;
    const back = `${at(-wide * 0.7, -long * 0.8)} ${at(-wide, -long * 0.25)}`;
    const blade = element("path", {
      fill: `url(#l${leaf})`,
      d: `M0 0C${half(1)} 0 ${-long}C${back} 0 0Z`,
    });
    const lines = element("path", {
      d: `M0 0V${-long * 0.96}${veins}`,
      fill: "none",
      stroke: vein,
      "stroke-width": 1.4,
      "stroke-opacity": 0.35,
    });
    out += element("g", { transform: `translate(${at(x, y)}) rotate(${turn})` }, blade + lines);
  }
  return picture(width, height, defs, out);
}

/** Circles and their halves on a grid, in few colours. */
export function tiles({ seed, width, height, colours, across }) {
  const random = createRandom(seed);
  const side = width / across;
  const half = side / 2;
  let out = "";
  for (let y = 0; y < height; y += side) {
    for (let x = 0; x < width; x += side) {
      const [back, front, dot] = [random.pick(colours), random.pick(colours), random.pick(colours)];
      out += rect(back, { x, y, width: side + 0.5, height: side + 0.5 });
      const turn = random.whole(0, 3) * 90;
      const shape = random.pick([
        `<path d="M0 0A${side} ${side} 0 0 1 ${side} ${side}H0Z" fill="${front}"/>`,
        `<path d="M0 0A${half} ${half} 0 0 0 ${side} 0Z" fill="${front}"/>` +
          `<path d="M0 ${side}A${half} ${half} 0 0 1 ${side} ${side}Z" fill="${dot}"/>`,
        disc(front, half, half, half) + disc(dot, half, half, side / 4),
        `<path d="M0 0H${side}L0 ${side}Z" fill="${front}"/>` +
          disc(dot, side * 0.7, side * 0.7, side * 0.16),
      ]);
      const place = `rotate(${turn} ${x + half} ${y + half}) translate(${x} ${y})`;
      out += element("g", { transform: place }, shape);
    }
  }
  return picture(width, height, "", out, { grain: 0.12, vignette: 0.16 });
}
