/* Adam's five lines with the numbers of one weight, at any step of training. */
import type { Asked } from "../../data/record.ts";
import { steepestOf, flattestOf } from "../../model/gradients.ts";
import type { Tensor } from "../../model/model.ts";
import type { Training } from "../../model/training.ts";
import { reach, type Job } from "../job.ts";

/** An update of one weight, in the order of its computation. */
export interface Update {
  weight: number;
  grad: number;
  mBefore: number;
  vBefore: number;
  m: number;
  v: number;
  mHat: number;
  vHat: number;
  rate: number;
  before: number;
  after: number;
  change: number;
}

/** Which weight: the one of this number, or that of the largest or smallest gradient, of
    those that have any. */
export type Which = "number" | "largest" | "smallest";

export interface Updates {
  chosen: Update;
  largest: Update;
  smallest: Update;
  /** How many weights have no gradient at this document. */
  zero: number;
  count: number;
  document: string;
  /** The step, counted from 0. */
  step: number;
  tensors: Tensor[];
  beta1: number;
  beta2: number;
  eps: number;
  numSteps: number;
}

function updateOf(training: Training, step: number, weight: number): Update {
  const { kernel, g } = training.model;
  const at = (from: number): number =>
    kernel.viewReals(from + kernel.realSize * weight, 1)[0] as number;
  const terms = kernel.freed(() => {
    const found = kernel.allocate(8 * 10);
    kernel.call.update_terms(g, training.how, step, weight, found);
    return kernel.doubles(found, 10);
  });
  const [grad, m, v, mHat, vHat, rate, before, after, change] = terms as unknown as number[];
  return {
    weight,
    grad: grad!,
    mBefore: at(kernel.call.m(g)),
    vBefore: at(kernel.call.v(g)),
    ...{ m: m!, v: v!, mHat: mHat!, vHat: vHat! },
    ...{ rate: rate!, before: before!, after: after!, change: change! },
  };
}

/** The update of a step, counted from 0, shown and not made. */
export async function updates(
  input: { asked: Asked; step: number; which: Which; weight: number },
  job: Job,
): Promise<Updates> {
  const training = await reach(input.asked, input.step, job);
  const { model, run } = training;
  const step = Math.min(training.at, run.train.num_steps - 1);
  return training.withGradients(step, (slopes) => {
    const [largest, smallest] = [steepestOf(slopes), flattestOf(slopes)];
    const given = Math.min(Math.max(0, input.weight), slopes.length - 1);
    const weight = { largest, smallest, number: given }[input.which];
    return {
      chosen: updateOf(training, step, weight),
      largest: updateOf(training, step, largest),
      smallest: updateOf(training, step, smallest),
      zero: slopes.filter((slope) => slope === 0).length,
      count: slopes.length,
      document: training.document(step),
      step,
      tensors: model.tensors(),
      beta1: run.train.beta1,
      beta2: run.train.beta2,
      eps: run.train.eps_adam,
      numSteps: run.train.num_steps,
    };
  });
}
