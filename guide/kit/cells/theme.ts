/* The page's colours for what is drawn on a canvas. */

/** Colours as the page's tokens have them at this moment. */
export function colours(element: Element, names: string[]): Record<string, string> {
  const probe = document.createElement("i");
  element.append(probe);
  const found: Record<string, string> = {};
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}

/** Calls when they change, until it is told to stop. */
export function onTheme(again: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = new MutationObserver(again);
  root.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  dark.addEventListener("change", again);
  return () => {
    root.disconnect();
    dark.removeEventListener("change", again);
  };
}
