/* What the reader predicted stands beside the figure that shows it. */
import { words } from "./words.ts";

/** The figure that comes next on the page after a card. */
function figureAfter(card: HTMLElement): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>(".gg-figure")].find(
    (one) => card.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
}

/** Says above the next figure what was answered, where the card holds a prediction. */
export function predicted(card: HTMLElement, given: string, right: boolean): void {
  const figure = card.classList.contains("predict") && figureAfter(card);
  if (!figure) return;
  const before = figure.previousElementSibling;
  const said = before?.matches(".predicted") ? before : document.createElement("p");
  said.className = "predicted";
  said.textContent = words[right ? "predicted_right" : "predicted_wrong"].replace("{given}", given);
  figure.before(said);
}
