/**
 * How the pages are built: one build with an entry per app, so that they share their libraries.
 * Named apart from `vite.config.ts`, which vitest would take for its own.
 */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const page = (folder: string): string => `${import.meta.dirname}/apps/${folder}/web/index.html`;

/** A library that every page needs is loaded once for all of them, and stays cached. */
const SHARED = [
  { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
  { name: "mantine", test: /node_modules\/(@mantine|@floating-ui|clsx|react-remove-scroll)/ },
  { name: "kit", test: /layers\/presentation\/|node_modules\/(@tanstack|i18next|react-i18next)\// },
];

export default defineConfig({
  root: import.meta.dirname,
  base: "/",
  publicDir: "layers/presentation/public",
  plugins: [react()],
  // In a dev server (`npx vite -c vite.web.config.ts`) the API is that of a running region.
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      [
        "/routing",
        "/identity",
        "/control",
        "/health",
        "/tickets/api",
        "/photos/api",
        "/photos/objects",
      ].map((path) => [path, process.env["UNDERSTUDY_REGION"] ?? "http://127.0.0.1:8080"]),
    ),
  },
  worker: { format: "es" },
  build: {
    outDir: "dist/web",
    emptyOutDir: true,
    target: ["chrome120", "firefox121", "safari17"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      input: Object.fromEntries(
        ["landing", "tickets", "photos", "console", "account", "outage", "missing"].map((name) => [
          name,
          page(name),
        ]),
      ),
      output: { codeSplitting: { groups: SHARED } },
    },
  },
});
