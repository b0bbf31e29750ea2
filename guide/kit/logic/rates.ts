/* How a training is told in an address: its first rate, and changes of it, "1;300:30". */
import { whole } from "../../runtime/figure/formatting.ts";
import { t } from "../../runtime/figure/strings.ts";
import type { Change } from "../../runtime/worker/data/record.ts";

export interface Rates {
  rate: number;
  changes: Change[];
}

/** "300:30,320:10" as changes; what makes no sense is left out. */
export function changesOf(text: string): Change[] {
  const found: Change[] = [];
  for (const piece of text.split(",")) {
    const [step, rate] = piece.split(":").map(Number) as [number, number | undefined];
    const last = found.at(-1)?.[0] ?? -1;
    if (rate !== undefined && rate > 0 && Number.isFinite(rate) && step > last && step % 1 === 0)
      found.push([step, rate]);
  }
  return found;
}

export const changesText = (changes: Change[]): string =>
  changes.map(([step, rate]) => `${step}:${rate}`).join(",");

/** "1;300:30" as rates; null where there is none. */
export function ratesOf(text: string): Rates | null {
  const [first = "", changes = ""] = text.split(";");
  const rate = Number(first);
  return first.trim() && rate > 0 && Number.isFinite(rate)
    ? { rate, changes: changesOf(changes) }
    : null;
}

export const ratesText = ({ rate, changes }: Rates): string =>
  changes.length ? `${rate};${changesText(changes)}` : String(rate);

/** The same with another rate from a step on; from the start it is the only one. */
export function changed(rates: Rates, step: number, rate: number): Rates {
  if (step <= 0) return { rate, changes: [] };
  return { ...rates, changes: [...rates.changes.filter(([from]) => from < step), [step, rate]] };
}

/** The rate that the schedule begins from, as it is in force at a step. */
export function rateAt({ rate, changes }: Rates, step: number): number {
  return changes.filter(([from]) => from <= step).at(-1)?.[1] ?? rate;
}

/** Rates in words: a rate of 1, 30 from step 301 on. */
export const ratesWords = ({ rate, changes }: Rates): string =>
  t("rates-first", { rate: String(rate) }) +
  changes
    .map(([step, other]) => t("rates-then", { rate: String(other), step: whole(step + 1) }))
    .join("");

const THIRDS = 6;

/** What is tried where a rate breaks: a third of it, a third of that, and so on. */
export const thirdsOf = (rate: number): number[] =>
  Array.from({ length: THIRDS }, (_, i) => Number((rate / 3 ** (i + 1)).toPrecision(2)));
