/**
 * Where the focus goes when a page is shown in the place of another: to its heading, which is read
 * out, and from where the Tab key goes on. A field that took the focus itself keeps it.
 */
import { useEffect, useRef } from "react";

export function useRouteFocus(pathname: string): void {
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    const { activeElement } = document;
    if (activeElement !== null && activeElement !== document.body) return;
    const heading = document.querySelector<HTMLElement>("main h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
  }, [pathname]);
}
