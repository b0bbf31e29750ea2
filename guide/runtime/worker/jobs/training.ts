/* Training, and where it stands after some steps. */
import { lessonTemperature, type Asked } from "../data/record.ts";
import type { Heldout, Session } from "../model/session.ts";
import { sessionOf } from "../model/cache.ts";
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

function lossesOf(session: Session): Losses {
  const { kernel, losses } = session;
  const smooth = kernel.freed(() => {
    const averages = kernel.allocate(8 * losses.length);
    const numbers = kernel.putDoubles(losses);
    kernel.call.moving_average(averages, numbers, losses.length, SMOOTHING, 1);
    return kernel.doubles(averages, losses.length);
  });
  return {
    at: session.at,
    numSteps: session.run.train.num_steps,
    losses: Float64Array.from(losses),
    smooth,
    uniform: kernel.call.surprise(1 / session.corpus.vocabSize),
    diverged: session.diverged,
  };
}

/** Trains from the start, and tells of the losses as they come. */
export async function train(
  input: { asked: Asked; samples?: number; temperature?: number; heldout?: boolean },
  job: Job,
): Promise<Trained> {
  const session = await sessionOf(input.asked);
  session.rewind(0);
  let milliseconds = 0;
  const { num_steps } = session.run.train;
  while (session.at < num_steps && session.diverged === null) {
    const start = performance.now();
    session.advance(Math.min(PIECE, num_steps - session.at));
    milliseconds += performance.now() - start;
    job.tell(() => lossesOf(session));
    await job.pause();
  }
  const temperature = input.temperature ?? lessonTemperature(session.run.step);
  const whole = session.diverged === null;
  const heldout = input.heldout !== false && whole ? session.evaluate() : null;
  return {
    ...lossesOf(session),
    numParams: session.run.step ? session.weights().length : 0,
    heldout,
    perplexity: heldout && Math.exp(heldout.loss),
    samples: whole ? sampled(session, session.write(input.samples ?? 20, temperature)) : [],
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
  const session = await reach(input.asked, input.at, job);
  const last = session.document(Math.max(session.at - 1, 0));
  return {
    ...lossesOf(session),
    document: session.at ? last : "",
    tokens: session.at ? session.cut(last) : [],
    next: session.document(session.at),
    rate: session.learningRate(Math.max(session.at - 1, 0)),
    heldout: input.heldout && session.diverged === null ? session.evaluate() : null,
    vocabulary: session.corpus.vocabulary,
  };
}

/** What uniform, letter, bigram and trigram guesses cost on a run's held-out documents;
    with too few of those only the first is known. */
export async function levels(input: { asked: Asked }): Promise<number[]> {
  const session = await sessionOf(input.asked);
  const uniform = session.kernel.call.surprise(1 / session.corpus.vocabSize);
  return session.baselines() ?? [uniform];
}
