/* A file that misses its box would take the page's place. */
import { find } from "./words.ts";

function dropped(event: DragEvent): void {
  if (!event.dataTransfer?.types.includes("Files") || event.defaultPrevented) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
  if (event.type !== "drop" && event.type !== "dragenter") return;
  const hint = find("drop-hint");
  if (!hint || !hint.hidden) return;
  hint.hidden = false;
  window.setTimeout(() => (hint.hidden = true), 6000);
}

export function droppedFiles(): void {
  for (const type of ["dragenter", "dragover", "drop"] as const)
    document.addEventListener(type, dropped);
}
