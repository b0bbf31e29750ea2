/* The kernel of this browser, held to the numbers that the page was built with. */
import { lessonTemperature, type Step } from "../data/record.ts";
import { evaluate } from "../model/evaluation.ts";
import { write } from "../model/sampling.ts";
import { check, gradients } from "./gradients.ts";
import { reach, type Job } from "./job.ts";

/** What verifying.py wrote. */
export interface Expected {
  step: Step;
  word: string;
  losses: number[];
  gradient: number[];
  names: string[];
  heldout: number;
  tolerances: Record<"losses" | "gradient" | "slopes" | "heldout", number>;
}

export interface Verified {
  what: "losses" | "gradient" | "slopes" | "names" | "heldout";
  /** How many numbers, or names, were compared. */
  count: number;
  /** The largest difference; for names, how many differ. */
  largest: number;
  tolerance: number;
}

const NEAR_ZERO = 1e-12;

/** The largest difference, as a share of the wanted number, or absolute near zero. */
function apart(found: ArrayLike<number>, wanted: number[], tolerance: number): number {
  const floor = NEAR_ZERO / tolerance;
  let largest = found.length === wanted.length ? 0 : Infinity;
  wanted.forEach((value, i) => {
    const difference = Math.abs(found[i]! - value) / (Math.abs(value) + floor);
    if (!(difference <= largest)) largest = difference;
  });
  return largest;
}

/** The checks of a step's model, each told as it is done. `word` is the reader's. */
export async function verify(
  input: { expected: Expected; word: string },
  job: Job,
): Promise<Verified[]> {
  const { expected, word } = input;
  const { step, tolerances } = expected;
  const asked = { step, source: "names" };
  const done: Verified[] = [];
  const say = async (
    what: Verified["what"],
    count: number,
    largest: number,
    tolerance: number,
  ): Promise<void> => {
    const one = { what, count, largest, tolerance };
    done.push(one);
    job.tell(() => one);
    await job.pause();
  };
  if (step > 0) {
    const first = await reach(asked, 0, job);
    const { analytic } = gradients(first.model, expected.word);
    const { gradient } = expected;
    const largest = apart(analytic, gradient, tolerances.gradient);
    await say("gradient", gradient.length, largest, tolerances.gradient);
    const known = first.model.corpus.encode(word).length === word.length + 2 && word !== "";
    const nudged = await check(
      { asked, at: 0, word: known ? word : expected.word, eps: 1e-5, central: true },
      job,
    );
    const { difference } = nudged.worst;
    await say("slopes", nudged.numerical.length, difference, tolerances.slopes);
  }
  const training = await reach(asked, expected.losses.length, job);
  const losses = training.losses.slice(0, expected.losses.length);
  const far = apart(losses, expected.losses, tolerances.losses);
  await say("losses", losses.length, far, tolerances.losses);
  const trained = await reach(asked, training.run.train.num_steps, job);
  const wanted = expected.names;
  const written = write(trained.model, wanted.length, lessonTemperature(step));
  const wrong = wanted.filter((name, i) => written[i] !== name).length;
  await say("names", wanted.length, wrong, 0);
  const heldout = evaluate(trained.model);
  const off = apart([heldout?.loss ?? NaN], [expected.heldout], tolerances.heldout);
  await say("heldout", heldout?.documents ?? 0, off, tolerances.heldout);
  return done;
}
