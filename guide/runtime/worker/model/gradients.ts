/* Which weights have the largest and the smallest gradients. */

/** The weight of the largest gradient, whatever its sign. */
export function steepestOf(slopes: Float64Array): number {
  let most = 0;
  slopes.forEach((slope, i) => {
    if (Math.abs(slope) > Math.abs(slopes[most]!)) most = i;
  });
  return most;
}

/** The weight of the smallest one, of those that have any. */
export function flattestOf(slopes: Float64Array): number {
  let least = steepestOf(slopes);
  slopes.forEach((slope, i) => {
    if (slope !== 0 && Math.abs(slope) < Math.abs(slopes[least]!)) least = i;
  });
  return least;
}
