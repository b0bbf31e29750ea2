/* Weights through a whole training: their gradients and where they moved, step by step. */
import type { Training } from "./training.ts";

/** What the kernel tells of a traced weight at each step, in its order. */
const TERMS = ["before", "grad", "m", "v", "change"] as const;

export type Trace = Record<(typeof TERMS)[number], Float64Array>;

/** A training from its start, as far as its losses are numbers; it stands where it stood. */
export const trace = (training: Training, weight: number): Trace => traces(training, [weight])[0]!;

/** The same of several weights. */
export function traces(training: Training, weights: number[]): Trace[] {
  const { how, tokens, offsets, order, run } = training;
  const { kernel, g } = training.model;
  const steps = run.train.num_steps;
  const documents = Math.min(steps, order.length);
  return training.inSnapshot(0, () => {
    kernel.setField("training", how, "learning_rate", training.rateAt(0));
    const places = kernel.putInts(Int32Array.from({ length: steps }, (_, i) => i % documents));
    const losses = kernel.allocate(8 * steps);
    const width = weights.length * TERMS.length;
    const terms = kernel.allocate(8 * steps * width);
    const traced = kernel.putInts(weights);
    // prettier-ignore
    const done = kernel.call.train(
      g, how, tokens, offsets, places, 0, steps, losses, 0, traced, weights.length, terms,
    );
    if (done < 0) throw new Error("the kernel refused a document");
    const all = kernel.doubles(terms, done * width);
    const column = (at: number): Float64Array =>
      Float64Array.from({ length: done }, (_, step) => all[step * width + at]!);
    return weights.map((_, i) => {
      const columns = TERMS.map((name, term) => [name, column(i * TERMS.length + term)]);
      return Object.fromEntries(columns) as Trace;
    });
  });
}
