import { t } from "../../runtime/figure/strings.ts";
import type { Level } from "./labels.ts";

const NAMES = ["uniform", "letter", "bigram", "trigram"];

/** The lines of those who only count: even guessing, letters, pairs, triples. */
export function baselineLevels(losses?: ArrayLike<number>, uniform?: number): Level[] {
  const found = losses?.length ? Array.from(losses) : uniform === undefined ? [] : [uniform];
  return found.map((value, i) => ({ value, label: t(NAMES[i] ?? "uniform") }));
}

/** The same in words, as a part of a sentence. */
export const baselineWords = (
  losses: ArrayLike<number>,
  write: (loss: number) => string,
): Record<string, string> =>
  Object.fromEntries(NAMES.map((name, i) => [name, write(losses[i] ?? Number.NaN)]));
