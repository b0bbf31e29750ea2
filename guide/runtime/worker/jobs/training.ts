/* Training, and where it stands after some steps. */
import { lessonTemperature, type Asked } from "../data/record.ts";
import { trainingOf } from "../model/cache.ts";
import { baselineLosses, evaluate, type Heldout } from "../model/evaluation.ts";
import { write } from "../model/sampling.ts";
import { advance, type Training } from "../model/training.ts";
import { PIECE, reach, sampled, type Job, type Sample } from "./job.ts";

const SMOOTHING = 0.95;

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
}

function lossesOf(training: Training): Losses {
  const { losses } = training;
  const { kernel, corpus } = training.model;
  const smooth = kernel.freed(() => {
    const averages = kernel.allocate(8 * losses.length);
    const numbers = kernel.putDoubles(losses);
    kernel.call.moving_average(averages, numbers, losses.length, SMOOTHING, 1);
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

/** Trains from the start, and tells of the losses as they come. */
export async function train(
  input: { asked: Asked; samples?: number; temperature?: number; heldout?: boolean },
  job: Job,
): Promise<Trained> {
  const training = await trainingOf(input.asked);
  training.rewind(0);
  let milliseconds = 0;
  const { num_steps } = training.run.train;
  while (training.at < num_steps && training.diverged === null) {
    const start = performance.now();
    advance([training], Math.min(PIECE, num_steps - training.at));
    milliseconds += performance.now() - start;
    job.tell(() => lossesOf(training));
    await job.pause();
  }
  const temperature = input.temperature ?? lessonTemperature(training.run.step);
  const whole = training.diverged === null;
  const heldout = input.heldout !== false && whole ? evaluate(training.model) : null;
  return {
    ...lossesOf(training),
    numParams: training.run.step ? training.model.weights().length : 0,
    heldout,
    perplexity: heldout && Math.exp(heldout.loss),
    samples: whole
      ? sampled(training.model, write(training.model, input.samples ?? 20, temperature))
      : [],
    milliseconds,
  };
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

/** What uniform, letter, bigram and trigram guesses cost on a run's held-out documents;
    with too few of those only the first is known. */
export async function levels(input: { asked: Asked }): Promise<number[]> {
  const { model } = await trainingOf(input.asked);
  const uniform = model.kernel.call.surprisal(1 / model.corpus.vocabSize);
  return baselineLosses(model) ?? [uniform];
}
