/** What a browser remembers for a person; a browser that refuses storage just remembers nothing. */
const storageOf = (kind: "tab" | "browser"): Storage =>
  kind === "tab" ? sessionStorage : localStorage;

export function remembered(name: string, kind: "tab" | "browser" = "browser"): string | null {
  try {
    return storageOf(kind).getItem(name);
  } catch {
    return null;
  }
}

export function remember(
  name: string,
  value: string | null,
  kind: "tab" | "browser" = "browser",
): void {
  try {
    if (value === null) storageOf(kind).removeItem(name);
    else storageOf(kind).setItem(name, value);
  } catch {
    // The choice then lasts as long as the page.
  }
}
