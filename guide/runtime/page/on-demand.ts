/* What comes only when it is asked for, and figures that are shown once they are whole. */

const PATIENCE = 300; // ms; a figure that takes longer has the built picture meanwhile

/** The picture that was built with the page, where a slow figure is waited for with it. */
function builtPicture(figure: HTMLElement): string {
  const text = figure.querySelector("noscript")?.textContent ?? "";
  const found = new DOMParser()
    .parseFromString(text, "text/html")
    .querySelector("img[data-meanwhile]");
  return found ? new URL(found.getAttribute("src")!, location.href).href : "";
}

/** A picture is shown once it has its numbers, so that nothing in it jumps. */
function showing(figure: HTMLElement): void {
  const picture = builtPicture(figure);
  let waits = 0;
  const watch = new MutationObserver(() => {
    if (figure.dataset["state"] === "busy") {
      waits ||= window.setTimeout(() => {
        if (picture) figure.style.setProperty("--meanwhile", `url("${picture}")`);
      }, PATIENCE);
      return;
    }
    window.clearTimeout(waits);
    figure.style.removeProperty("--meanwhile");
    figure.dataset["shown"] = "";
    watch.disconnect();
  });
  watch.observe(figure, { attributeFilter: ["data-state"] });
}

/** The page's checks, in this browser: what does them is fetched when it is asked for. */
function verifying(place: HTMLElement): void {
  const button = place.querySelector("button");
  if (!button) return;
  place.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    void import("../../verify/open.ts").then(({ open }) => open(place));
  });
}

/** Code that can be run: the editor and Python are fetched when they are asked for. */
function running(box: HTMLElement): void {
  for (const button of box.querySelectorAll<HTMLButtonElement>("[data-do]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      button.disabled = true;
      void import("../../editor/open.ts").then(({ open }) =>
        open(box, button.dataset["do"] === "change"),
      );
    });
  }
}

export function onDemand(): void {
  document.querySelectorAll<HTMLElement>(".gg-figure > [props]").forEach(showing);
  document.querySelectorAll<HTMLElement>(".run").forEach(running);
  document.querySelectorAll<HTMLElement>(".verify").forEach(verifying);
}
