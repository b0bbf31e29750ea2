/* Loads a figure's code when the figure nears the view, and nothing before. */
import type { Component } from "svelte";
import type { Given } from "./element.ts";

const files = import.meta.glob<{ default: Component<Given> }>("../../figures/*/*.svelte");
const figures = new Map(
  Object.entries(files).map(([path, file]) => [path.split("/").at(-1), file]),
);
const NEAR = "600px";

const watch = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      void load(target as HTMLElement);
    }
  },
  { rootMargin: NEAR },
);

async function load(host: HTMLElement): Promise<void> {
  const name = host.localName.replace(/^gg-/, "");
  const figure = figures.get(`${name}.svelte`);
  if (!figure) return;
  const { missing } = await import("./features.ts");
  const lacking = missing();
  if (lacking) {
    const { t } = await import("./strings.ts");
    const note = document.createElement("p");
    note.className = "gg-unsupported";
    note.textContent = t(`missing-${lacking}`);
    // what stands there for readers without scripts serves here too
    const built = host.querySelector("noscript")?.textContent ?? "";
    const picture = new DOMParser().parseFromString(built, "text/html").querySelector("img");
    if (picture) note.append(" ", t("built-picture"));
    host.replaceChildren(note, ...(picture ? [picture] : []));
    host.dataset["state"] = "unsupported";
    host.style.minHeight = "0"; // no picture will come to fill its room
    return;
  }
  const [{ defineFigure }, made] = await Promise.all([import("./element.ts"), figure()]);
  defineFigure(name, made.default);
}

for (const host of document.querySelectorAll<HTMLElement>(".gg-figure > [props]"))
  watch.observe(host);

// a page in a frame tells its height, so that the frame can fit
if (window.parent !== window && location.pathname.includes("/embed/")) {
  const tell = (): void => {
    const height = document.documentElement.scrollHeight;
    window.parent.postMessage({ type: "glassgpt-height", height }, "*");
  };
  new ResizeObserver(tell).observe(document.body);
}
