/* A model as a machine: stations under each other, from a token to its probabilities. Two of
   them stand side by side in the same bands, so that one sees what stays and what changes. */

/** How a station compares with the machine beside it. */
export type Mark = "same" | "gone" | "new";

export interface Station {
  id: string;
  title: string;
  mark: Mark;
  /** Which of the bands it stands in. */
  band: number;
  /** Its numbers as bars: signed about a line, or from the bottom up. */
  values?: ArrayLike<number>;
  signed?: boolean;
  /** Whose bar is the one that counts now. */
  now?: number;
  /** Words in place of numbers, a line each. */
  lines?: string[];
}

/** A line from a number to one that it helps to make; places are shares of the width. */
export interface Link {
  from: number;
  to: number;
  /** How much it brings: its weight times the number. */
  value: number;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const GAP = 12; // between bands, where the arrows are

/** Where each station stands, in a column that begins at x. */
export function boxesOf(stations: Station[], bands: number[], x: number, width: number): Box[] {
  const tops = bands.map((_, i) => bands.slice(0, i).reduce((sum, high) => sum + high + GAP, 0));
  return stations.map(({ band }) => ({ x, y: tops[band]!, width, height: bands[band]! }));
}

export const heightOf = (bands: number[]): number =>
  bands.reduce((sum, high) => sum + high + GAP, -GAP);

/** Which of these boxes lies at a place of the picture; -1 for none. */
export const boxAt = (boxes: Box[], px: number, py: number): number =>
  boxes.findIndex(
    ({ x, y, width, height }) => px >= x && px <= x + width && py >= y && py <= y + height,
  );
