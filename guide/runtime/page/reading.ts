/* Where the reader is: the part of the page that is being read, and the lessons that were. */
import { inside, pagesRead } from "./filemap.ts";
import { words } from "./words.ts";

function following(toc: Element): void {
  const links = new Map<string, Element>();
  for (const link of toc.querySelectorAll("a")) links.set(link.hash.slice(1), link);
  const seen = new IntersectionObserver(
    (found) => {
      for (const { target, isIntersecting } of found)
        if (isIntersecting) {
          for (const link of links.values()) link.removeAttribute("aria-current");
          links.get(target.id)?.setAttribute("aria-current", "true");
        }
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  for (const heading of document.querySelectorAll("article h2[id]")) seen.observe(heading);
}

/** The lessons of a step that were read say so. */
function lessonsRead(list: Element): void {
  const all = pagesRead();
  for (const link of list.querySelectorAll("a")) {
    if (!all.has(inside(link.pathname))) continue;
    const said = document.createElement("small");
    said.textContent = words.lesson_read;
    link.append(" ", said);
  }
}

export function reading(): void {
  const toc = document.querySelector(".toc");
  if (toc) following(toc);
  document.querySelectorAll(".lessons").forEach(lessonsRead);
}
