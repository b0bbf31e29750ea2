/* One slope by nudging: the loss along a weight, and the line through two of its points. */
import type { Asked } from "../data/record.ts";
import { steepestOf } from "../model/gradients.ts";
import type { Tensor } from "../model/model.ts";
import { reach, type Job } from "./job.ts";

/** The loss along one weight, the slope there, and what a nudge makes of it. Without a
    weight: the steepest. */
export async function along(
  input: {
    asked: Asked;
    at: number;
    word: string;
    weight: number;
    eps: number;
    central: boolean;
    /** How far to both sides the curve goes. */
    reach: number;
    points: number;
  },
  job: Job,
): Promise<{
  weight: number;
  tensors: Tensor[];
  value: number;
  loss: number;
  slope: number;
  nudged: number;
  /** The two points that the slope is measured between. */
  ends: [number, number];
  endLosses: Float64Array;
  values: Float64Array;
  losses: Float64Array;
  passes: number;
  vocabulary: string[];
}> {
  const { model } = await reach(input.asked, input.at, job);
  const { kernel, g } = model;
  const { call } = kernel;
  const tokens = model.cut(input.word);
  const n = tokens.length - 1;
  return kernel.freed(() => {
    const address = kernel.putInts(tokens);
    call.zero_grads(g);
    const loss = call.gradient(g, address, n, 1, 0);
    const slopes = model.grads();
    call.zero_grads(g);
    const weight = slopes[input.weight] === undefined ? steepestOf(slopes) : input.weight;
    const value = model.weights()[weight]!;
    const lossesAt = (values: Float64Array): Float64Array => {
      const found = kernel.allocate(8 * values.length);
      const places = kernel.putDoubles(values);
      call.loss_along(g, address, n, weight, places, values.length, found);
      return kernel.doubles(found, values.length);
    };
    const nudge = kernel.allocate(8);
    const central = input.central ? 1 : 0;
    call.numerical_gradients(g, address, n, weight, 1, input.eps, central, nudge);
    const values = Float64Array.from(
      { length: input.points },
      (_, i) => value + input.reach * ((2 * i) / (input.points - 1) - 1),
    );
    const ends: [number, number] = [input.central ? value - input.eps : value, value + input.eps];
    return {
      weight,
      tensors: model.tensors(),
      value,
      loss,
      slope: slopes[weight]!,
      nudged: kernel.doubles(nudge, 1)[0]!,
      ends,
      endLosses: lossesAt(Float64Array.from(ends)),
      values,
      losses: lossesAt(values),
      passes: slopes.length + 1,
      vocabulary: model.corpus.vocabulary,
    };
  });
}
