/* Keys: previous, next, search. */
import { openSearch } from "./search/search.ts";

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target as Element;
  if (document.querySelector("dialog[open]") || at.closest("input, textarea, select")) return;
  if (event.key === "/") {
    event.preventDefault();
    openSearch();
    return;
  }
  if (at.closest(".gg-figure, pre, .scroll, [tabindex], summary")) return;
  const near = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  if (near && !event.shiftKey)
    document.querySelector<HTMLAnchorElement>(`.near a[rel="${near}"]`)?.click();
}

export function keys(): void {
  document.addEventListener("keydown", pressed);
}
