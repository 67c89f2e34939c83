// Runs before the first paint, so that a dark page does not flash white and the language is right.
(() => {
  const read = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const chosen = read("mantine-color-scheme-value");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const scheme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
  const root = document.documentElement;
  root.setAttribute("data-mantine-color-scheme", scheme);
  const language = read("understudy.language") ?? navigator.language ?? "en";
  root.lang = language.toLowerCase().startsWith("de") ? "de" : "en";
})();
