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

type Say = (what: Verified["what"], count: number, far: number, most: number) => Promise<void>;

/** The checks of a step's model, each told as it is done. `word` is the reader's. */
export async function verify(
  input: { expected: Expected; word: string },
  job: Job,
): Promise<Verified[]> {
  const done: Verified[] = [];
  const say: Say = async (what, count, largest, tolerance) => {
    const one = { what, count, largest, tolerance };
    done.push(one);
    job.tell(() => one);
    await job.pause();
  };
  if (input.expected.step > 0) await verifyGradients(input.expected, input.word, say, job);
  await verifyTraining(input.expected, say, job);
  return done;
}

async function verifyGradients(
  { step, word: built, gradient, tolerances }: Expected,
  word: string,
  say: Say,
  job: Job,
): Promise<void> {
  const asked = { step, source: "names" };
  const { model } = await reach(asked, 0, job);
  const { analytic } = gradients(model, built);
  const far = apart(analytic, gradient, tolerances.gradient);
  await say("gradient", gradient.length, far, tolerances.gradient);
  const known = model.corpus.encode(word).length === word.length + 2 && word !== "";
  const nudged = await check(
    { asked, at: 0, word: known ? word : built, eps: 1e-5, central: true, mistake: "none" },
    job,
  );
  await say("slopes", nudged.numerical.length, nudged.worst.difference, tolerances.slopes);
}

async function verifyTraining(expected: Expected, say: Say, job: Job): Promise<void> {
  const { step, tolerances, names } = expected;
  const asked = { step, source: "names" };
  const training = await reach(asked, expected.losses.length, job);
  const losses = training.losses.slice(0, expected.losses.length);
  await say(
    "losses",
    losses.length,
    apart(losses, expected.losses, tolerances.losses),
    tolerances.losses,
  );
  const { model } = await reach(asked, training.run.train.num_steps, job);
  const written = write(model, names.length, lessonTemperature(step));
  await say("names", names.length, names.filter((name, i) => written[i] !== name).length, 0);
  const heldout = evaluate(model);
  const off = apart([heldout?.loss ?? NaN], [expected.heldout], tolerances.heldout);
  await say("heldout", heldout?.documents ?? 0, off, tolerances.heldout);
}
