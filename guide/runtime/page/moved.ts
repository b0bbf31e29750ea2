/* A lesson that was at this address before: what a link names of it is found where it is now. */
import { inSite } from "./words.ts";

/** The parts of a page that its address names: an anchor, or figures with their state. */
function named(): string[] {
  const text = location.hash.slice(1);
  if (!text.includes("=")) return [text];
  return [...new URLSearchParams(text).keys()].map((key) => key.split(".")[0] ?? "");
}

export function movedLesson(): void {
  const moved = document.querySelector<HTMLElement>("[data-moved]")?.dataset["moved"];
  const parts = JSON.parse(moved ?? "{}") as Record<string, string[]>;
  for (const [path, ids] of Object.entries(parts))
    if (named().some((name) => ids.includes(name)))
      location.replace(inSite(path.slice(1)).href + location.hash);
}
