/* Two ways of moving weights, each at several rates and from several seeds: what a rate is
   worth, and what is left of the difference when both may choose theirs. */
import type { Source, Step } from "../../data/record.ts";
import { trainingsOf } from "../../model/cache.ts";
import { evaluate } from "../../model/evaluation.ts";
import { advanceLast } from "../../model/training.ts";
import { PIECE, type Job } from "../job.ts";

/** A rate of one of them, and the held-out loss from each seed; null where it broke. */
export interface Entry {
  step: Step;
  rate: number;
  losses: (number | null)[];
}

export interface Race {
  entries: Entry[];
  /** How many trainings are done, of how many. */
  done: number;
  all: number;
}

/** Trains each entry from each seed, those of one seed side by side, and tells of the losses
    as they come. */
export async function race(
  input: { source: Source; entries: { step: Step; rate: number }[]; seeds: number[] },
  job: Job,
): Promise<Race> {
  const { source, seeds } = input;
  const entries: Entry[] = input.entries.map((each) => ({ ...each, losses: [] }));
  const all = entries.length * seeds.length;
  const now = (done: number): Race => ({
    entries: entries.map((each) => ({ ...each, losses: [...each.losses] })),
    done,
    all,
  });
  let done = 0;
  for (const seed of seeds) {
    for (const entry of entries) {
      const { step, rate } = entry;
      const [training] = await trainingsOf([{ step, source, seed, learningRate: rate }]);
      while (advanceLast([training!], PIECE)) await job.pause();
      const whole = training!.diverged === null;
      entry.losses.push(whole ? (evaluate(training!.model)?.loss ?? null) : null);
      done++;
      job.tell(() => now(done));
      await job.pause();
    }
  }
  return now(done);
}
