/* Places in a picture that are looked at and chosen, by pointer or by keys: the same in
   every picture. `<svg {...picking({ … })}>` */

import { zoomOf } from "../frame/slide.ts";

export interface Picking {
  /** The place at these pixels of the picture; -1 for none. */
  find: (x: number, y: number) => number;
  /** The same for a press, where that reaches further. */
  findPressed?: (x: number, y: number) => number;
  count: () => number;
  /** The place that is looked at, or where keys begin; -1 for none. */
  at: () => number;
  see: (place: number) => void;
  pick?: ((place: number) => void) | undefined;
  /** How far each key goes. */
  keys?: () => Record<string, number>;
  /** Of a grid, the places in a row: arrow keys go through it, and not out. */
  columns?: () => number;
}

const ALONG: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };
const grid = (columns: number): Record<string, number> => ({
  ...ALONG,
  ArrowDown: columns,
  ArrowUp: -columns,
});

export function picking(given: Picking) {
  const { find, findPressed = find, count, at, see, pick, columns } = given;
  const under = (event: MouseEvent, finder = find): number => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const zoom = zoomOf(event.currentTarget as Element);
    return finder((event.clientX - box.left) / zoom, (event.clientY - box.top) / zoom);
  };
  const keys = given.keys ?? (columns ? () => grid(columns()) : () => ALONG);
  const moved = (by: number): number =>
    columns ? movedInGrid(at(), by, count(), columns()) : movedAlong(at(), by, count());
  return {
    tabindex: 0,
    onpointermove: (event: PointerEvent) => see(under(event)),
    onpointerleave: () => see(-1),
    onblur: () => see(-1),
    onclick: (event: MouseEvent) => {
      const place = under(event, findPressed);
      if (place >= 0) pick?.(place);
    },
    onkeydown: (event: KeyboardEvent) => {
      const by = keys()[event.key];
      if (by !== undefined) see(moved(by));
      else if ((event.key === "Enter" || event.key === " ") && pick && at() >= 0) pick(at());
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

/** From nowhere to the first place; else on by so many, as far as there are places. */
function movedAlong(from: number, by: number, count: number): number {
  return from < 0 ? 0 : Math.min(count - 1, Math.max(0, from + by));
}

/** The same in a grid, where a key that leads out of a row or column leads nowhere. */
function movedInGrid(from: number, by: number, count: number, columns: number): number {
  if (from < 0) return 0;
  const to = from + by;
  const row = (place: number): number => Math.floor(place / columns);
  const inside = to >= 0 && to < count && (by % columns === 0 || row(to) === row(from));
  return inside ? to : from;
}

/** Which of `count` places of one width lies there, from a left edge on. */
export function placeAt(x: number, width: number, count: number, left = 0): number {
  const place = Math.floor((x - left) / width);
  return place >= 0 && place < count ? place : -1;
}
