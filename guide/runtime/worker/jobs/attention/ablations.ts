/* What a part of a model is worth: trained with and without it, on the same documents from
   the same seed, and once more from the next. */
import type { Asked, Part } from "../../data/record.ts";
import { trainingsOf } from "../../model/cache.ts";
import { evaluate } from "../../model/evaluation.ts";
import { advanceLast, type Training } from "../../model/training.ts";
import { PIECE, type Job } from "../job.ts";

/** Held-out losses after a training from one seed, and by how much they differ; null where
    one broke off or too few documents are left. */
export interface Pair {
  seed: number;
  whole: number | null;
  without: number | null;
  difference: number | null;
}

export interface Paired {
  pairs: Pair[];
  /** Of the differences. */
  least: number;
  mean: number;
  most: number;
}

const heldoutOf = (training: Training): number | null =>
  training.diverged === null ? (evaluate(training.model)?.loss ?? null) : null;

function summed(pairs: Pair[]): Paired {
  const found = pairs.flatMap(({ difference }) => (difference === null ? [] : [difference]));
  const mean = found.reduce((sum, each) => sum + each, 0) / found.length;
  return { pairs, least: Math.min(...found), mean, most: Math.max(...found) };
}

/** Both trainings from each seed in turn, both in one call of the kernel. It tells of the
    pairs as they come. */
export async function ablate(
  input: { asked: Asked; without: Part[]; seeds: number[] },
  job: Job,
): Promise<Paired> {
  const pairs: Pair[] = [];
  for (const seed of input.seeds) {
    const whole = { ...input.asked, seed };
    const both = await trainingsOf([whole, { ...whole, without: input.without }]);
    while (advanceLast(both, PIECE)) await job.pause();
    const [with_, without] = both.map(heldoutOf) as [number | null, number | null];
    const difference = with_ === null || without === null ? null : without - with_;
    pairs.push({ seed, whole: with_, without, difference });
    job.tell(() => summed([...pairs]));
    await job.pause();
  }
  return summed(pairs);
}
