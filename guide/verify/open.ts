/* Puts the checks of a page in the place of the button that asks for them. */
import { mount } from "svelte";
import Verify from "./Verify.svelte";

/** Run them in `place`, for the steps that it names. */
export function open(place: HTMLElement): void {
  const steps = JSON.parse(place.dataset["verify"] ?? "[]") as number[];
  place.replaceChildren();
  mount(Verify, { target: place, props: { steps } });
}
