/* What a term means, shown beside it: under the pointer, on focus, at a first tap. The
   link itself leads to the glossary. */

const WAIT = 150; // ms, so that the pointer can move on to what is shown
const EDGE = 16; // px
const GAP = 6;

/** The card, one for all terms of a page. */
class TermCard {
  /** The term that it is shown for. */
  open: HTMLAnchorElement | null = null;
  private readonly card = document.createElement("div");
  private leaving: number | undefined;

  constructor() {
    const { card } = this;
    card.className = "term-card";
    card.id = "term-card";
    card.setAttribute("role", "tooltip");
    card.hidden = true;
    (document.getElementById("main") ?? document.body).append(card);
    card.addEventListener("pointerenter", () => window.clearTimeout(this.leaving));
    card.addEventListener("pointerleave", () => this.leave());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.open) this.hide();
    });
  }

  show(link: HTMLAnchorElement): void {
    window.clearTimeout(this.leaving);
    if (this.open === link) return;
    this.hide();
    this.open = link;
    link.setAttribute("aria-describedby", this.card.id);
    this.card.textContent = link.dataset["says"] ?? "";
    this.card.hidden = false;
    this.place(link);
  }

  leave(): void {
    window.clearTimeout(this.leaving);
    this.leaving = window.setTimeout(() => this.hide(), WAIT);
  }

  private hide(): void {
    window.clearTimeout(this.leaving);
    this.open?.removeAttribute("aria-describedby");
    this.open = null;
    this.card.hidden = true;
  }

  private place(link: HTMLAnchorElement): void {
    const { card } = this;
    const [line] = link.getClientRects();
    if (!line) return;
    const room = document.documentElement.clientWidth - card.offsetWidth - EDGE;
    const below = line.bottom + card.offsetHeight + EDGE < window.innerHeight;
    card.style.left = `${window.scrollX + Math.max(EDGE, Math.min(line.left, room))}px`;
    const top = below ? line.bottom + GAP : line.top - card.offsetHeight - GAP;
    card.style.top = `${window.scrollY + top}px`;
  }
}

function follow(link: HTMLAnchorElement, card: TermCard): void {
  let tapped = false;
  link.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse") card.show(link);
  });
  link.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") card.leave();
  });
  // a finger's first tap shows it, the second follows the link
  link.addEventListener("pointerdown", (event) => {
    tapped = event.pointerType !== "mouse" && card.open !== link;
  });
  link.addEventListener("click", (event) => {
    if (!tapped) return;
    tapped = false;
    event.preventDefault();
    card.show(link);
  });
  link.addEventListener("focus", () => {
    if (link.matches(":focus-visible")) card.show(link);
  });
  link.addEventListener("blur", () => card.leave());
}

export function glossaryCards(): void {
  const links = document.querySelectorAll<HTMLAnchorElement>("a.term");
  if (!links.length) return;
  const card = new TermCard();
  for (const link of links) follow(link, card);
}
