/* What Adam remembers of a gradient: a moving average of it and one of its square. */
import type { Asked } from "../../data/record.ts";
import type { Tensor } from "../../model/model.ts";
import { trace } from "../../model/tracing.ts";
import { steepestOf } from "../../model/gradients.ts";
import { reach, type Job } from "../job.ts";
import { tools } from "../operations.ts";

/** The gradient of one weight in every step of a training. Without a weight: the one that
    is steepest at the first document. */
export async function traced(
  input: { asked: Asked; weight: number },
  job: Job,
): Promise<{ weight: number; tensors: Tensor[]; grads: Float64Array; eps: number }> {
  const training = await reach(input.asked, 0, job);
  const slopes = training.withGradients(0, (found) => found);
  const weight = slopes[input.weight] === undefined ? steepestOf(slopes) : input.weight;
  return {
    weight,
    tensors: training.model.tensors(),
    grads: trace(training, weight).grad,
    eps: training.run.train.eps_adam,
  };
}

export interface Averages {
  m: Float64Array;
  v: Float64Array;
  mHat: Float64Array;
  vHat: Float64Array;
  /** The roots of v and of v_hat. */
  size: Float64Array;
  sizeHat: Float64Array;
  /** What the learning rate is multiplied by: m_hat / (sqrt(v_hat) + eps). */
  move: Float64Array;
  /** The same of m and v as they are. */
  uncorrected: Float64Array;
  /** By how many times the step is too large without correction. */
  tooLarge: Float64Array;
}

/** Both averages of a list of gradients, with other memories. */
export async function averages(input: {
  grads: Float64Array;
  beta1: number;
  beta2: number;
  eps: number;
}): Promise<Averages> {
  const { grads, beta1, beta2, eps } = input;
  const kernel = await tools();
  const count = grads.length;
  const average = (numbers: Float64Array, beta: number, corrected: number): Float64Array =>
    kernel.freed(() => {
      const found = kernel.allocate(8 * count);
      const given = kernel.putDoubles(numbers);
      kernel.call.moving_average(found, given, count, beta, corrected);
      return kernel.doubles(found, count);
    });
  const squares = grads.map((grad) => grad * grad);
  const ones = grads.map(() => 1); // of which nothing but the share is left
  const [m, v] = [average(grads, beta1, 0), average(squares, beta2, 0)];
  const [mHat, vHat] = [average(grads, beta1, 1), average(squares, beta2, 1)];
  const [size, sizeHat] = [v.map(Math.sqrt), vHat.map(Math.sqrt)];
  const over = (direction: Float64Array, length: Float64Array): Float64Array =>
    direction.map((each, i) => each / (length[i]! + eps));
  const [mShare, vShare] = [average(ones, beta1, 0), average(ones, beta2, 0)];
  return {
    ...{ m, v, mHat, vHat, size, sizeHat },
    move: over(mHat, sizeHat),
    uncorrected: over(m, size),
    tooLarge: mShare.map((share, i) => share / Math.sqrt(vShare[i]!)),
  };
}
