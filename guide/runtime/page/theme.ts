/* The theme: as the system has it, light, dark. */
import { store } from "./storage.ts";
import { find } from "./words.ts";

const ORDER = ["auto", "light", "dark"] as const;

export function themeButton(): void {
  const button = find("theme");
  if (!button) return;
  const { dataset } = document.documentElement;
  const show = (): void => {
    const now = dataset["theme"] ?? "auto";
    const said = button.querySelector("span");
    if (said) said.textContent = button.dataset[now] ?? now;
  };
  button.addEventListener("click", () => {
    const now = ORDER.findIndex((name) => name === (dataset["theme"] ?? "auto"));
    const next = ORDER[(now + 1) % ORDER.length] ?? "auto";
    if (next === "auto") delete dataset["theme"];
    else dataset["theme"] = next;
    store("theme", next === "auto" ? null : next);
    show();
  });
  show();
}
