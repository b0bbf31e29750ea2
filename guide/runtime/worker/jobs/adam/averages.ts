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
  /** What the learning rate is multiplied by: m_hat / (sqrt(v_hat) + eps). */
  move: Float64Array;
  /** The same of m and v as they are. */
  uncorrected: Float64Array;
  /** What correction divides m and v by. */
  mShare: Float64Array;
  vShare: Float64Array;
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
  const over = (direction: Float64Array, size: Float64Array): Float64Array =>
    direction.map((each, i) => each / (Math.sqrt(size[i]!) + eps));
  return {
    ...{ m, v, mHat, vHat },
    move: over(mHat, vHat),
    uncorrected: over(m, v),
    mShare: average(ones, beta1, 0),
    vShare: average(ones, beta2, 0),
  };
}
