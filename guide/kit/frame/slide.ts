/* A figure on a screen of its own: as large as the screen has room for. */

const LARGEST = 2.4;
const LEAST = 1;
const FACTOR = 0.92;
const NARROWEST = 620; // px that a picture needs

const drawn = (): Promise<void> =>
  new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(() => on())));

/** From the largest size down to the first that fits; back to its own outside. */
export async function fitSlide(frame: HTMLElement): Promise<void> {
  frame.style.removeProperty("--slide");
  if (document.fullscreenElement !== frame) return;
  let size = Math.min(LARGEST, innerWidth / NARROWEST);
  for (; size > LEAST; size *= FACTOR) {
    frame.style.setProperty("--slide", size.toFixed(3));
    await drawn();
    if (document.fullscreenElement !== frame) return;
    if (frame.scrollHeight <= frame.clientHeight + 1) return;
  }
  frame.style.removeProperty("--slide");
}

/** How much larger than its own pixels an element is drawn. */
export const zoomOf = (element: Element): number => element.currentCSSZoom ?? 1;
