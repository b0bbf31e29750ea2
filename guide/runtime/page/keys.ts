/* Keys: previous, next, search. */
import { openSearch } from "./search/search.ts";

/** Whether a key is meant for a field. One of a closed dialog is none, though for a moment
    it still has the focus. */
function typing(at: Element): boolean {
  return Boolean(at.closest("input, textarea, select")) && !at.closest("dialog:not([open])");
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target as Element;
  if (document.querySelector("dialog[open]") || typing(at)) return;
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
