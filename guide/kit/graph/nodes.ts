/* A picture of many numbers, each a box whose colour says its sign and its size. */

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Label {
  text: string;
  x: number;
  y: number;
  align: CanvasTextAlign;
  /** Whether it stands on end, from the place upwards. */
  upright?: boolean;
  /** The node whose colour it stands on. */
  over?: number;
}

export interface NodePicture {
  nodes: ArrayLike<number>;
  boxes: Box[];
  /** What can be looked at and gone into, in the order of keys. */
  places: Box[];
  labels: Label[];
  lines?: { from: [number, number]; to: [number, number] }[];
  frames?: Box[];
}

export const SHADES = 6;
const TENTH = 0.1;

/** From -SHADES to SHADES: each step is ten times smaller; 0 only for 0 itself. */
export function shadeOf(value: number, most: number): number {
  if (value === 0 || !most) return 0;
  let shade = SHADES;
  for (let share = Math.abs(value) / most; share < TENTH && shade > 1; share /= TENTH) shade--;
  return value > 0 ? shade : -shade;
}

/** The place that lies there; -1 for none. */
export const placeUnder = (places: Box[], x: number, y: number): number =>
  places.findIndex((box) => x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h);

export const middle = (box: Box): [number, number] => [box.x + box.w / 2, box.y + box.h / 2];
