/* Puts the checks of a page in the place of the button that asks for them. */
import { mount } from "svelte";
import Verify from "./Verify.svelte";

/** Run them in `place`, for the steps that it names. */
export function open(place: HTMLElement): void {
  const steps = JSON.parse(place.dataset["verify"] ?? "[]") as number[];
  const held = [document.body, ...place.querySelectorAll("*")].includes(document.activeElement!);
  place.replaceChildren();
  mount(Verify, { target: place, props: { steps } });
  // who pressed the button that is gone is led to what comes of it
  if (held) place.querySelector<HTMLElement>(".verify-said")?.focus({ preventScroll: true });
}
