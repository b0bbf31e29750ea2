/* One weight through a whole training: its gradient and where it moved, step by step. */
import type { Training } from "./training.ts";

/** What the kernel tells of a traced weight at each step, in its order. */
const TERMS = ["before", "grad", "m", "v", "change"] as const;

export type Trace = Record<(typeof TERMS)[number], Float64Array>;

/** A training from its start, as far as its losses are numbers; it stands where it stood. */
export function trace(training: Training, weight: number): Trace {
  const { how, tokens, offsets, order, run } = training;
  const { kernel, g } = training.model;
  const steps = run.train.num_steps;
  const documents = Math.min(steps, order.length);
  return training.inSnapshot(0, () => {
    kernel.setField("training", how, "learning_rate", training.rateAt(0));
    const places = kernel.putInts(Int32Array.from({ length: steps }, (_, i) => i % documents));
    const losses = kernel.allocate(8 * steps);
    const terms = kernel.allocate(8 * steps * TERMS.length);
    const traced = kernel.putInts([weight]);
    // prettier-ignore
    const done = kernel.call.train(
      g, how, tokens, offsets, places, 0, steps, losses, 0, traced, 1, terms,
    );
    if (done < 0) throw new Error("the kernel refused a document");
    const all = kernel.doubles(terms, done * TERMS.length);
    const column = (term: number): Float64Array =>
      Float64Array.from({ length: done }, (_, step) => all[step * TERMS.length + term]!);
    return Object.fromEntries(TERMS.map((name, term) => [name, column(term)])) as Trace;
  });
}
