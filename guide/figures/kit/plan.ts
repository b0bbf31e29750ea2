/* How a training is told in an address: its first rate, and changes of it, "1;300:30". */
import type { Change } from "../../runtime/record.ts";

export interface Plan {
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

/** "1;300:30" as a plan; null where there is none. */
export function planOf(text: string): Plan | null {
  const [first = "", changes = ""] = text.split(";");
  const rate = Number(first);
  return first.trim() && rate > 0 && Number.isFinite(rate)
    ? { rate, changes: changesOf(changes) }
    : null;
}

export const planText = ({ rate, changes }: Plan): string =>
  changes.length ? `${rate};${changesText(changes)}` : String(rate);

/** The plan that has another rate from a step on; from the start it is another plan. */
export function changed(plan: Plan, step: number, rate: number): Plan {
  if (step <= 0) return { rate, changes: [] };
  return { ...plan, changes: [...plan.changes.filter(([from]) => from < step), [step, rate]] };
}

/** The rate that the schedule begins from, as it is in force at a step. */
export function rateAt({ rate, changes }: Plan, step: number): number {
  return changes.filter(([from]) => from <= step).at(-1)?.[1] ?? rate;
}
