/* What a term means, shown beside it: under the pointer, on focus, at a first tap. The
   link itself leads to the glossary. */

const WAIT = 150; // ms, so that the pointer can move on to what is shown
const EDGE = 16;

export function glossaryCards(links: NodeListOf<HTMLAnchorElement>): void {
  if (!links.length) return;
  const card = document.createElement("div");
  card.className = "term-card";
  card.id = "term-card";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  (document.getElementById("main") ?? document.body).append(card);
  let open: HTMLAnchorElement | null = null;
  let leaving: number | undefined;

  const hide = (): void => {
    window.clearTimeout(leaving);
    open?.removeAttribute("aria-describedby");
    open = null;
    card.hidden = true;
  };
  const show = (link: HTMLAnchorElement): void => {
    window.clearTimeout(leaving);
    if (open === link) return;
    hide();
    open = link;
    link.setAttribute("aria-describedby", card.id);
    card.textContent = link.dataset["says"] ?? "";
    card.hidden = false;
    const [line] = link.getClientRects();
    if (!line) return;
    const room = document.documentElement.clientWidth - card.offsetWidth - EDGE;
    const below = line.bottom + card.offsetHeight + EDGE < window.innerHeight;
    card.style.left = `${window.scrollX + Math.max(EDGE, Math.min(line.left, room))}px`;
    const top = below ? line.bottom + 6 : line.top - card.offsetHeight - 6;
    card.style.top = `${window.scrollY + top}px`;
  };
  const leave = (): void => {
    window.clearTimeout(leaving);
    leaving = window.setTimeout(hide, WAIT);
  };

  for (const link of links) {
    let tapped = false;
    link.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") show(link);
    });
    link.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") leave();
    });
    // a finger's first tap shows it, the second follows the link
    link.addEventListener("pointerdown", (event) => {
      tapped = event.pointerType !== "mouse" && open !== link;
    });
    link.addEventListener("click", (event) => {
      if (!tapped) return;
      tapped = false;
      event.preventDefault();
      show(link);
    });
    link.addEventListener("focus", () => {
      if (link.matches(":focus-visible")) show(link);
    });
    link.addEventListener("blur", leave);
  }
  card.addEventListener("pointerenter", () => window.clearTimeout(leaving));
  card.addEventListener("pointerleave", leave);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open) hide();
  });
}
