/* The losses that an axis has room for. One that ran away would flatten all others. */
import { max } from "d3-array";

/** Above this a loss is told of at the axis' end and not drawn in its place: twice the
    highest line, and at least what a token costs that is e^6 times less likely than it. */
export function highest(levels: { value: number }[]): number {
  const most = max(levels, (level) => level.value) ?? Infinity;
  return Math.max(2 * most, most + 6);
}

/** The largest of these losses if it lies above; 0 for none. */
export function beyond(losses: ArrayLike<number>, levels: { value: number }[]): number {
  const most = max(Array.from(losses)) ?? 0;
  return most > highest(levels) ? most : 0;
}
