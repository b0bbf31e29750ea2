/* Training, and where it stands after some steps. */
import { lessonTemperature, type Asked } from "../data/record.ts";
import { trainingOf } from "../model/cache.ts";
import { baselineLosses, evaluate, type Heldout } from "../model/evaluation.ts";
import { write } from "../model/sampling.ts";
import { advance, type Training } from "../model/training.ts";
import { PIECE, reach, sampled, type Job, type Sample } from "./job.ts";

const OVER = 20; // steps that a smoothed loss looks back
const BETWEEN_WORDS = 30; // ms: drawing takes time from the training, too
const WARMING = 3; // pieces

export interface Losses {
  /** Steps made. */
  at: number;
  numSteps: number;
  losses: Float64Array;
  /** Their exponential average. */
  smooth: Float64Array;
  /** Of guessing blindly: ln V. */
  uniform: number;
  diverged: number | null;
}

export interface Trained extends Losses {
  numParams: number;
  heldout: Heldout | null;
  perplexity: number | null;
  samples: Sample[];
  milliseconds: number;
  /** The names that it would have written after some of its steps. */
  stages: Stage[];
}

export interface Stage {
  at: number;
  samples: Sample[];
}

function lossesOf(training: Training, over = OVER): Losses {
  const { losses } = training;
  const { kernel, corpus } = training.model;
  const smooth = kernel.freed(() => {
    const averages = kernel.allocate(8 * losses.length);
    const numbers = kernel.putDoubles(losses);
    kernel.call.moving_average(averages, numbers, losses.length, 1 - 1 / over, 1);
    return kernel.doubles(averages, losses.length);
  });
  return {
    at: training.at,
    numSteps: training.run.train.num_steps,
    losses: Float64Array.from(losses),
    smooth,
    uniform: kernel.call.surprisal(1 / corpus.vocabSize),
    diverged: training.diverged,
  };
}

/** Trains from the start. It tells of the losses as they come, then of all that came of it;
    names that it would have written on the way take a moment more. */
export async function train(
  input: {
    asked: Asked;
    samples?: number;
    temperature?: number;
    heldout?: boolean;
    stages?: number[];
    /** About how many steps a smoothed loss looks back; one for the losses themselves. */
    over?: number;
  },
  job: Job,
): Promise<Trained> {
  const training = await trainingOf(input.asked);
  training.rewind(0);
  const milliseconds = await trainThrough(training, job, input.over);
  const whole = training.diverged === null;
  const heldout = input.heldout !== false && whole ? evaluate(training.model) : null;
  const temperature = input.temperature ?? lessonTemperature(training.run.step);
  const names = (): Sample[] =>
    sampled(training.model, write(training.model, input.samples ?? 20, temperature));
  const trained = {
    ...lossesOf(training, input.over),
    numParams: training.run.step ? training.model.weights().length : 0,
    heldout,
    perplexity: heldout && Math.exp(heldout.loss),
    samples: whole ? names() : [],
    milliseconds,
    stages: [],
  };
  if (!input.stages) return trained;
  job.tell(() => trained);
  const reached = input.stages.filter((at) => at <= training.at);
  const stages = reached.map((at) => ({ at, samples: training.inSnapshot(at, names) }));
  return { ...trained, stages };
}

/** To the end, with a word now and then; how long the steps took. */
async function trainThrough(training: Training, job: Job, over?: number): Promise<number> {
  const { num_steps } = training.run.train;
  let [milliseconds, told] = [0, -Infinity];
  while (training.at < num_steps && training.diverged === null) {
    const start = performance.now();
    advance([training], Math.min(PIECE, num_steps - training.at));
    const end = performance.now();
    milliseconds += end - start;
    if (end - told > BETWEEN_WORDS) {
      job.tell(() => lossesOf(training, over));
      told = end;
    }
    await job.pause();
  }
  return milliseconds;
}

let warm = false;

/** Gets all ready that a training needs but its steps: documents, weights, what is held
    out, what counting costs there. The first time some steps are made, and undone: a
    browser compiles what is called often a second time, to run faster. */
export async function prepare(input: { asked: Asked }, job: Job): Promise<void> {
  const training = await trainingOf(input.asked);
  await job.pause();
  baselineLosses(training.model);
  if (warm) return;
  for (let piece = 0; piece < WARMING; piece++) {
    await job.pause();
    advance([training], PIECE);
  }
  evaluate(training.model);
  training.rewind(0);
  warm = true;
}

/** Where training stands after some steps, and the document it took last. */
export async function at(
  input: { asked: Asked; at: number; heldout?: boolean },
  job: Job,
): Promise<
  Losses & {
    document: string;
    tokens: number[];
    next: string;
    rate: number;
    heldout: Heldout | null;
    vocabulary: string[];
  }
> {
  const training = await reach(input.asked, input.at, job);
  const last = training.document(Math.max(training.at - 1, 0));
  return {
    ...lossesOf(training),
    document: training.at ? last : "",
    tokens: training.at ? training.model.cut(last) : [],
    next: training.document(training.at),
    rate: training.learningRate(Math.max(training.at - 1, 0)),
    heldout: input.heldout && training.diverged === null ? evaluate(training.model) : null,
    vocabulary: training.model.corpus.vocabulary,
  };
}

/** What uniform, letter, bigram, trigram and place guesses cost on a run's held-out
    documents; with too few of those only the first is known. */
export async function levels(input: { asked: Asked }): Promise<number[]> {
  const { model } = await trainingOf(input.asked);
  const uniform = model.kernel.call.surprisal(1 / model.corpus.vocabSize);
  return baselineLosses(model) ?? [uniform];
}
