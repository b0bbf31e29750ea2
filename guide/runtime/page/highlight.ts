/* A meaning and its fragment of code light up together. */

function lighting(reading: Element): void {
  const light = (number: string | undefined): void => {
    for (const one of reading.querySelectorAll<HTMLElement>("[data-f]"))
      one.classList.toggle("lit", number !== undefined && one.dataset["f"] === number);
  };
  const over = (event: Event): void =>
    light((event.target as Element).closest<HTMLElement>("[data-f]")?.dataset["f"]);
  reading.addEventListener("pointerover", over);
  reading.addEventListener("focusin", over);
  reading.addEventListener("click", over);
  reading.addEventListener("pointerleave", () => light(undefined));
  reading.addEventListener("focusout", () => light(undefined));
}

export function litFragments(): void {
  document.querySelectorAll(".reading").forEach(lighting);
}
