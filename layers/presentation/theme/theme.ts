/**
 * Colours and sizes of all pages. System fonts only; contrast is at least 4.5:1 for text.
 */
import { type CSSVariablesResolver, createTheme } from "@mantine/core";

const SURFACE = { background: "var(--understudy-surface)" };

export const theme = createTheme({
  colors: {
    // Greys with a little blue, so that fields and buttons match the surfaces below.
    dark: [
      "#e3e6ec",
      "#c3c8d2",
      "#a9b0bd",
      "#7f8796",
      "#454b58",
      "#343944",
      "#262a33",
      "#1a1d23",
      "#14161b",
      "#0e1014",
    ],
  },
  components: {
    Modal: { styles: { header: SURFACE, content: SURFACE, title: { fontWeight: 650 } } },
  },
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  defaultRadius: "md",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  headings: { fontWeight: "650" },
  cursorType: "pointer",
  respectReducedMotion: true,
});

/** Mantine's own dimmed grey and error red are too pale to be read by everybody. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#4b5563",
    "--mantine-color-placeholder": "#6b7280",
    "--mantine-color-error": "#c92a2a",
    "--mantine-color-body": "#f8f9fb",
    "--understudy-surface": "#ffffff",
    "--understudy-line": "#dfe3ea",
    "--understudy-ok": "#237032",
    "--understudy-warning": "#9a4f00",
    "--understudy-danger": "#c92a2a",
    "--understudy-info": "#364fc7",
    "--understudy-ok-soft": "#ebfbee",
    "--understudy-warning-soft": "#fff4e0",
    "--understudy-danger-soft": "#fff0f0",
    "--understudy-info-soft": "#edf2ff",
  },
  dark: {
    "--mantine-color-dimmed": "#a9b0bd",
    "--mantine-color-placeholder": "#8e96a5",
    "--mantine-color-error": "#ff8787",
    "--mantine-color-body": "#14161b",
    "--mantine-color-text": "#e3e6ec",
    "--understudy-surface": "#1d2027",
    "--understudy-line": "#343944",
    "--understudy-ok": "#69db7c",
    "--understudy-warning": "#ffc078",
    "--understudy-danger": "#ff8787",
    "--understudy-info": "#a5b8ff",
    "--understudy-ok-soft": "#16291c",
    "--understudy-warning-soft": "#30230f",
    "--understudy-danger-soft": "#351a1c",
    "--understudy-info-soft": "#1c2340",
  },
});
