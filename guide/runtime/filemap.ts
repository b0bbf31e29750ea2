/* The file in small at a lesson's side: it fills with the lessons that were read to their
   end in this browser, and says of each section what explains it. */
import { keptJson } from "./kept.ts";

/** The addresses of the lessons that were read. */
const pagesRead = (): Set<string> =>
  new Set(keptJson<string[]>("read", []).map((lesson) => `/${lesson}/`));

/** The address of this page inside the site, wherever that lies. */
function here(): string {
  const root = new URL(document.documentElement.dataset["root"] ?? "/", location.href);
  return `/${location.pathname.slice(root.pathname.length)}`;
}

function fill(map: Element, read: Set<string>): number {
  let lines = 0;
  for (const path of map.querySelectorAll<SVGPathElement>(".down path")) {
    const now = path.classList.contains("now") || path.dataset["page"] === here();
    if (now || read.has(path.dataset["page"] ?? "")) lines += Number(path.dataset["lines"]);
  }
  for (const path of map.querySelectorAll<SVGPathElement>("path:not(.now)")) {
    const known = read.has(path.dataset["page"] ?? "");
    path.classList.toggle("known", known);
    path.classList.toggle("later", !known);
  }
  return lines;
}

export function mapping(map: Element): void {
  const said = map.querySelector<HTMLElement>(".said");
  if (!said) return;
  const show = (): void => {
    const lines = fill(map, pagesRead());
    said.textContent = (said.dataset["said"] ?? "")
      .replace("{count}", String(lines))
      .replace("{all}", said.dataset["all"] ?? "");
  };
  const name = (event: Event): void => {
    const block = (event.target as Element).closest("svg a");
    if (block) said.textContent = block.getAttribute("aria-label");
  };
  map.addEventListener("pointerover", name);
  map.addEventListener("focusin", name);
  map.addEventListener("pointerleave", show);
  map.addEventListener("focusout", show);
  show();
}
