import { t } from "../../runtime/figure/strings.ts";
import type { Step } from "../../runtime/worker/data/record.ts";
import type { Level } from "./labels.ts";

const NAMES = ["uniform", "letter", "bigram", "trigram", "place"];

/** How many of them a step's figures show: before Step 3 no model knows places. */
const shownAt = (step: Step): number => (step < 3 ? 4 : 5);

/** The lines of those who only count: even guessing, letters, pairs, triples, and from
    Step 3 on letters at their place. */
export function baselineLevels(step: Step, losses?: ArrayLike<number>, uniform?: number): Level[] {
  const found = losses?.length ? Array.from(losses) : uniform === undefined ? [] : [uniform];
  return found
    .slice(0, shownAt(step))
    .map((value, i) => ({ value, label: t(NAMES[i] ?? "uniform") }));
}

/** The same in words, as a part of a sentence. */
export const baselineWords = (
  losses: ArrayLike<number>,
  write: (loss: number) => string,
): Record<string, string> =>
  Object.fromEntries(NAMES.map((name, i) => [name, write(losses[i] ?? Number.NaN)]));
