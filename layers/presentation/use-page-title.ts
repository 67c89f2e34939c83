/** The name of the page that is shown, for tabs, history and screen readers (WCAG 2.4.2). */
import { useEffect } from "react";

export function usePageTitle(...parts: readonly string[]): void {
  const title = [...parts, "Understudy"].join(" – ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
