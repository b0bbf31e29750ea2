/* Puts the editor in the place of a page's lines that can be run. */
import { mount } from "svelte";
import type { Asked } from "../runtime/python/worker.ts";
import Run from "./Run.svelte";

/** Open it in `box`; `changing` begins in the editor, else the lines run at once. */
export function open(box: HTMLElement, changing: boolean): void {
  const asked = JSON.parse(box.dataset["run"] ?? "{}") as Asked;
  box.replaceChildren();
  mount(Run, { target: box, props: { asked, changing } });
}
