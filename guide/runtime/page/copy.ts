/* Buttons that copy a listing. */
import { find, words } from "./words.ts";

function copying(button: HTMLButtonElement): void {
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", () => {
    const lines = [...(find(button.dataset["copy"] ?? "")?.querySelectorAll(".line") ?? [])];
    const text = lines.map((line) => line.textContent).join("");
    void navigator.clipboard
      .writeText(text)
      .then(() => (button.textContent = words.copied))
      .catch(() => (button.textContent = words.not_copied))
      .then(() => window.setTimeout(() => (button.textContent = label), 2000));
  });
}

export function copyButtons(): void {
  document.querySelectorAll<HTMLButtonElement>("button.copy").forEach(copying);
}
