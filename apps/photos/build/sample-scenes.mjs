/** The twenty-four pictures of the sample content, with their captions. *public* */
import { aurora, city, dunes, forest, mountains, sea } from "./landscapes.mjs";
import { contours, leaves, tiles } from "./patterns.mjs";

const LANDSCAPE = { width: 1200, height: 800 };
const WIDE = { width: 1280, height: 720 };
const PORTRAIT = { width: 800, height: 1130 };
const SQUARE = { width: 960, height: 960 };

export const SCENES = [
  {
    title: "First light over seven ridges",
    altText: "Blue mountain ridges behind each other at dawn, an orange sun between them.",
    svg: () =>
      mountains({
        ...LANDSCAPE,
        seed: 3,
        sky: ["#2b4a78", "#7f8fb8", "#f0b48c", "#f7d5a8"],
        near: "#0f1c33",
        light: "#ffb066",
      }),
  },
  {
    title: "The old harbour at night",
    altText: "A skyline of towers with lit windows, mirrored in dark water.",
    svg: () =>
      city({
        ...WIDE,
        seed: 8,
        sky: ["#0a1030", "#1d2454", "#5b3a6e", "#c4667a"],
        tower: "#0b0f22",
        windows: ["#ffd27a", "#ffe9b0", "#9fd0ff", "#ff9d6e"],
        light: "#ff8f7a",
      }),
  },
  {
    title: "Low sun, long swell",
    altText: "A sunset over the sea; its golden path is broken by waves.",
    svg: () =>
      sea({
        ...LANDSCAPE,
        seed: 5,
        sky: ["#22315e", "#6b4f7f", "#e0785a", "#ffc27a"],
        water: ["#b25f58", "#3b3a63", "#141b3a"],
        light: "#ffbd66",
        sun: 0.46,
      }),
  },
  {
    title: "Fog between the spruces",
    altText: "Conifers standing in grey-green fog, the nearest almost black.",
    svg: () => forest({ ...PORTRAIT, seed: 12, fog: "#b9c7c4", near: "#10211f", light: "#f4efdd" }),
  },
  {
    title: "Green curtain",
    altText: "An aurora of green and violet above a lake with a wooded shore.",
    svg: () =>
      aurora({
        ...LANDSCAPE,
        seed: 4,
        colours: ["#3dffa0", "#58e0d8", "#a06bff"],
        night: "#071428",
        near: "#06101c",
      }),
  },
  {
    title: "Dunes before noon",
    altText: "Sand dunes with sharp crests, one side lit, the other in shade.",
    svg: () =>
      dunes({
        ...WIDE,
        seed: 6,
        sky: ["#5d9cc9", "#a9cbd8", "#f2dcb5"],
        sand: "#e6ab62",
        shade: "#8a4f2f",
        light: "#fff0c0",
      }),
  },
  {
    title: "Map of nowhere",
    altText: "Contour lines of seven hills on cream paper, the summits in terracotta.",
    svg: () => contours({ ...SQUARE, seed: 9, paper: "#f3e9d6", ink: "#5a3c2c", warm: "#c8623f" }),
  },
  {
    title: "Under the canopy",
    altText: "Large green leaves over each other, their veins just visible.",
    svg: () =>
      leaves({
        ...PORTRAIT,
        seed: 2,
        ground: ["#0d2a22", "#071813"],
        greens: ["#2f7d4f", "#4b9a55", "#1f6a5a", "#7fb05a"],
        vein: "#d9f0c4",
      }),
  },
  {
    title: "Moon above the pass",
    altText: "Dark mountains under a sky full of stars, a small moon with a halo.",
    svg: () =>
      mountains({
        ...LANDSCAPE,
        seed: 21,
        sky: ["#050a1c", "#0f1d42", "#2a3c6c", "#50608c"],
        near: "#04070f",
        light: "#cfdcff",
        sun: [0.3, 0.24],
        night: true,
      }),
  },
  {
    title: "Courtyard tiles",
    altText: "A pattern of circles and quarter circles in teal, coral, cream and navy.",
    svg: () =>
      tiles({
        ...SQUARE,
        seed: 15,
        colours: ["#17405c", "#e86f51", "#f4e6cf", "#2f9c95", "#f0b452"],
        across: 6,
      }),
  },
  {
    title: "Cold morning, calm water",
    altText: "A pale sunrise over a still, blue-grey sea.",
    svg: () =>
      sea({
        ...WIDE,
        seed: 17,
        sky: ["#5f86ad", "#a9bfd0", "#f1d9cf", "#ffe9cf"],
        water: ["#c4b9bd", "#6f8ba6", "#2f4c6b"],
        light: "#fff0d2",
        sun: 0.68,
        horizon: 0.46,
      }),
  },
  {
    title: "Violet hour",
    altText: "Purple mountain ridges below a pink evening sky.",
    svg: () =>
      mountains({
        ...PORTRAIT,
        seed: 30,
        sky: ["#3a2a6b", "#8a4f95", "#e58aa0", "#ffc9a8"],
        near: "#1a0f33",
        light: "#ff9fa0",
        sun: [0.4, 0.47],
      }),
  },
  {
    title: "Snow in the fir wood",
    altText: "Fir trees fading into white fog on a winter's day.",
    svg: () =>
      forest({ ...LANDSCAPE, seed: 23, fog: "#dfe7ee", near: "#26384c", light: "#ffffff" }),
  },
  {
    title: "Red country",
    altText: "Rust-coloured dunes under a dusty, orange sky.",
    svg: () =>
      dunes({
        ...LANDSCAPE,
        seed: 27,
        sky: ["#b9694a", "#e09a68", "#f5cfa0"],
        sand: "#cf5f35",
        shade: "#571f1d",
        light: "#ffe0a8",
      }),
  },
  {
    title: "Last train home",
    altText: "A city by the water in the blue hour, windows in yellow and white.",
    svg: () =>
      city({
        ...LANDSCAPE,
        seed: 33,
        sky: ["#0d2340", "#245077", "#5f8ea6", "#e8c79a"],
        tower: "#0e1a2b",
        windows: ["#ffe3a1", "#fff6dd", "#ffb870"],
        light: "#ffd9a0",
      }),
  },
  {
    title: "Monstera study",
    altText: "Leaves in blue-green and olive on a dark ground.",
    svg: () =>
      leaves({
        ...SQUARE,
        seed: 41,
        ground: ["#1b2f3f", "#0b1720"],
        greens: ["#2d6f77", "#5a8f6a", "#8a9a4b", "#35586e"],
        vein: "#e6f0d0",
      }),
  },
  {
    title: "Lilac veil",
    altText: "An aurora in violet and rose over black hills and their reflection.",
    svg: () =>
      aurora({
        ...WIDE,
        seed: 44,
        colours: ["#8a6bff", "#ff7ab8", "#4fd0ff"],
        night: "#0a0d26",
        near: "#05060f",
      }),
  },
  {
    title: "Golden valley",
    altText: "Warm ridges in ochre and brown, the valleys filled with haze.",
    svg: () =>
      mountains({
        ...WIDE,
        seed: 52,
        sky: ["#6d86a0", "#c9b79a", "#f5d79a", "#ffe8b5"],
        near: "#3b2413",
        light: "#ffd27a",
        sun: [0.22, 0.4],
      }),
  },
  {
    title: "Night survey",
    altText: "Contour lines in pale blue on a dark blue sheet.",
    svg: () =>
      contours({ ...LANDSCAPE, seed: 57, paper: "#12263f", ink: "#bfe0ff", warm: "#3f8fae" }),
  },
  {
    title: "Quilt",
    altText: "A grid of circles and triangles in mustard, plum and sage.",
    svg: () =>
      tiles({
        ...LANDSCAPE,
        seed: 61,
        colours: ["#5b2a4a", "#d9a441", "#f0ead8", "#8fa68a", "#b5533c"],
        across: 9,
      }),
  },
  {
    title: "Rose water",
    altText: "A pink sunset above a violet sea.",
    svg: () =>
      sea({
        ...PORTRAIT,
        seed: 66,
        sky: ["#3c2c66", "#9a4f88", "#f07f86", "#ffc9a0"],
        water: ["#c66a86", "#57407d", "#1c1840"],
        light: "#ffb59a",
        sun: 0.55,
        horizon: 0.56,
      }),
  },
  {
    title: "Where the path ends",
    altText: "Tall dark conifers in amber fog, low sun behind them.",
    svg: () => forest({ ...WIDE, seed: 70, fog: "#d8a873", near: "#1c0f0c", light: "#ffe4ac" }),
  },
  {
    title: "Ice giants",
    altText: "Steep ridges in ice blue under a clear winter sky.",
    svg: () =>
      mountains({
        ...SQUARE,
        seed: 77,
        sky: ["#2f6fa8", "#7fb3d6", "#cfe6f2", "#f2f7fa"],
        near: "#123a5c",
        light: "#ffffff",
        sun: [0.75, 0.3],
        layers: 6,
      }),
  },
  {
    title: "White sand at dusk",
    altText: "Pale dunes in lilac light, the shaded sides deep blue.",
    svg: () =>
      dunes({
        ...PORTRAIT,
        seed: 81,
        sky: ["#3f3f78", "#8f7fb0", "#f0c4b8"],
        sand: "#e3d3d8",
        shade: "#4a4a80",
        light: "#ffd8c0",
      }),
  },
];
