/* The file in small at a lesson's side: it fills with the lessons that were read to their
   end in this browser, and says of each section what explains it. */
import { store, storedJson } from "./storage.ts";
import { inSite } from "./words.ts";

const LESSON = /^\/step\/\d+\/\d+\/$/;

export const pagesRead = (): Set<string> => new Set(storedJson<string[]>("lessons", []));

/** An address inside the site, wherever that lies. */
export function inside(path: string): string {
  return `/${path.slice(inSite("").pathname.length)}`;
}

const here = (): string => inside(location.pathname);

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

function mapping(map: Element): void {
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

/** A lesson is read when its end was seen. */
function finishing(end: Element): void {
  if (!LESSON.test(here())) return;
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    watch.disconnect();
    store("lessons", JSON.stringify([...pagesRead().add(here())]));
  });
  watch.observe(end);
}

export function filemap(): void {
  const end = document.querySelector(".near");
  if (end) finishing(end);
  document.querySelectorAll(".filemap").forEach(mapping);
}
