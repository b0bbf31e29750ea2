/* Places in a picture that are looked at and chosen, by pointer or by keys: the same in
   every picture. `<svg {...picking({ … })}>` */

export interface Picking {
  /** The place at these pixels of the picture; -1 for none. */
  find: (x: number, y: number) => number;
  count: () => number;
  /** The place that is looked at, or where keys begin; -1 for none. */
  at: () => number;
  see: (place: number) => void;
  pick?: ((place: number) => void) | undefined;
  /** How far each key goes. */
  keys?: () => Record<string, number>;
  /** Whether a key that leads out goes as far as it can, or nowhere, as in a grid. */
  ends?: boolean;
}

const ALONG = { ArrowRight: 1, ArrowLeft: -1 };

export function picking({ find, count, at, see, pick, keys, ends = true }: Picking) {
  const under = (event: MouseEvent): number => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return find(event.clientX - box.left, event.clientY - box.top);
  };
  return {
    tabindex: 0,
    onpointermove: (event: PointerEvent) => see(under(event)),
    onpointerleave: () => see(-1),
    onblur: () => see(-1),
    onclick: (event: MouseEvent) => {
      const place = under(event);
      if (place >= 0) pick?.(place);
    },
    onkeydown: (event: KeyboardEvent) => {
      const by = (keys?.() ?? ALONG)[event.key as keyof typeof ALONG];
      if (by !== undefined) see(moved(at(), by, count(), ends));
      else if ((event.key === "Enter" || event.key === " ") && pick && at() >= 0) pick(at());
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

/** From nowhere to the first place; else on by so many, and not out. */
function moved(from: number, by: number, count: number, ends: boolean): number {
  if (from < 0) return 0;
  const to = Math.min(count - 1, Math.max(0, from + by));
  return ends || to === from + by ? to : from;
}

/** Which of `count` places of one width lies there, from a left edge on. */
export function placeAt(x: number, width: number, count: number, left = 0): number {
  const place = Math.floor((x - left) / width);
  return place >= 0 && place < count ? place : -1;
}
