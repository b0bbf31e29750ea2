/* How play goes through many steps: about twenty seconds, slowly at first, so that the
   first steps are seen one by one. */

export const LASTS = 20_000; // ms, at the first speed
const FEW = 60; // so many are taken at an even pace

export const isMany = (steps: number): boolean => steps > FEW;

/** Which step is shown after a share of the time, and the share at which one is. */
export const stepAt = (share: number, steps: number): number =>
  Math.min(steps, Math.floor(steps * share ** 3 + 1e-6));
export const shareAt = (step: number, steps: number): number => (step / steps) ** (1 / 3);
