/* A training looked at as it goes: its schedule, held-out losses on the way, and what grew
   when it diverged. */
import type { Asked } from "../data/record.ts";
import { trainingOf, trainingsOf } from "../model/cache.ts";
import { evaluateAt } from "../model/evaluation.ts";
import { advance, advanceLast } from "../model/training.ts";
import { PIECE, reach, type Job } from "./job.ts";

const GROWN = 2; // times

/** The learning rate of every step, decided before the first. */
export async function schedule(input: { asked: Asked }): Promise<Float64Array> {
  const training = await trainingOf(input.asked);
  const count = training.run.train.num_steps;
  return Float64Array.from({ length: count }, (_, step) => training.learningRate(step));
}

/** The held-out loss every hundred steps up to a step; none with too few documents left. */
export async function heldouts(
  input: { asked: Asked; at: number },
  job: Job,
): Promise<{ at: number; loss: number }[]> {
  const training = await reach(input.asked, input.at, job);
  const found: { at: number; loss: number }[] = [];
  for (const at of training.hundreds()) {
    const heldout = evaluateAt(training, at);
    if (!heldout) return [];
    found.push({ at, loss: heldout.loss });
    await job.pause();
  }
  return found;
}

/** Of a training that diverged: the norms of its matrices over the last steps before, and
    which was the first to double, at which step. */
export async function growth(
  input: { asked: Asked; at: number; back: number },
  job: Job,
): Promise<{
  from: number;
  diverged: number;
  rate: number;
  names: string[];
  /** A row a step, from `from` on. */
  norms: number[][];
  first: { name: string; step: number; times: number };
} | null> {
  const training = await reach(input.asked, input.at, job);
  const { diverged, model } = training;
  if (diverged === null) return null;
  const from = Math.max(0, diverged - input.back);
  training.rewind(from);
  advance([training], from - training.at);
  const norms = [model.norms()];
  while (training.at < diverged) {
    advance([training], 1);
    norms.push(model.norms());
  }
  advance([training], 1); // and it diverges once more
  const names = model
    .tensors()
    .map(({ name, layer }) => (layer < 0 ? name : `layer${layer}.${name}`));
  let first = { name: names[0]!, step: from, times: 0 };
  for (const [i, row] of norms.entries()) {
    const times = row.map((norm, tensor) => norm / norms[0]![tensor]!);
    times.forEach((each, tensor) => {
      if (each > first.times) first = { name: names[tensor]!, step: from + i, times: each };
    });
    if (first.times >= GROWN) break;
  }
  return { from, diverged, rate: training.rateAt(diverged), names, norms, first };
}

/** Of several trainings, in their order, after which step each is over: up to the first
    that lasts, which is null. */
export async function lasting(input: { asked: Asked[] }, job: Job): Promise<(number | null)[]> {
  const trainings = await trainingsOf(input.asked);
  while (advanceLast(trainings, PIECE)) await job.pause();
  const ends = trainings.map(({ diverged }) => diverged);
  return ends.includes(null) ? ends.slice(0, ends.indexOf(null) + 1) : ends;
}
