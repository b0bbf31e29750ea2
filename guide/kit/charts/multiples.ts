/* By what scores are multiplied to see what becomes of the weights: from even to one-hot. */

export const MULTIPLES = [
  1 / 16,
  1 / 12,
  1 / 8,
  1 / 6,
  1 / 4,
  1 / 3,
  1 / 2,
  2 / 3,
  1,
  1.5,
  2,
  3,
  4,
  6,
  8,
  12,
  16,
  22,
  30,
];

/** A multiple as it is written: 1/16, 1.5. */
export const multipleName = (times: number): string =>
  times >= 1 ? String(times) : times > 0.6 ? "2/3" : `1/${Math.round(1 / times)}`;

/** The place of the nearest multiple. */
export function nearest(times: number): number {
  const far = MULTIPLES.map((each) => Math.abs(each / times - 1));
  return far.indexOf(Math.min(...far));
}

/** Where among the places a multiple lies that is none of them; null outside. */
export function placeOf(times: number): number | null {
  const above = MULTIPLES.findIndex((each) => each >= times);
  if (above < 0 || times < MULTIPLES[0]!) return null;
  if (above === 0) return 0;
  const [low, high] = [MULTIPLES[above - 1]!, MULTIPLES[above]!];
  return above - 1 + (times - low) / (high - low);
}
