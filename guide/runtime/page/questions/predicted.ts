/* What the reader predicted stands beside the figure that shows it. */
import { words } from "../words.ts";

/** The figure that a card's prediction is about: the next one on the page. */
function figureOf(card: HTMLElement): HTMLElement | undefined {
  if (!card.classList.contains("predict")) return undefined;
  return [...document.querySelectorAll<HTMLElement>(".gg-figure")].find(
    (one) => card.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
}

/** What is said above a figure of what was predicted. */
function saidAbove(figure: HTMLElement | undefined): Element | undefined {
  const before = figure?.previousElementSibling;
  return before?.matches(".predicted") ? before : undefined;
}

/** What was predicted for another word is not said any more. */
export function unpredicted(card: HTMLElement): void {
  saidAbove(figureOf(card))?.remove();
}

/** Says above the next figure what was answered, where the card holds a prediction. */
export function predicted(card: HTMLElement, given: string, right: boolean): void {
  const figure = figureOf(card);
  if (!figure) return;
  const said = saidAbove(figure) ?? document.createElement("p");
  said.className = "predicted";
  said.textContent = words[right ? "predicted_right" : "predicted_wrong"].replace("{given}", given);
  figure.before(said);
}
