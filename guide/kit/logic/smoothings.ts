/* The places of a slider for smoothing: nothing, a little, the lesson's, too much. */
export const SMOOTHINGS = [0, 0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 100, 1000];

/** The place nearest to a smoothing. */
export function smoothingPlace(value: number): number {
  let best = 0;
  SMOOTHINGS.forEach((one, i) => {
    if (Math.abs(one - value) < Math.abs(SMOOTHINGS[best]! - value)) best = i;
  });
  return best;
}
