/* Names written by a model, and the generator that draws them. */
import { seeded } from "../data/setup.ts";
import { STRUCTS, type Address } from "../kernel/calls.ts";
import type { Model } from "./model.ts";

/** A copy of the generator that goes on after the weights, or one with its own seed. */
export function generator({ kernel, random }: Model, seed: number): Address {
  if (seed > 0) return seeded(kernel, seed);
  const { size } = STRUCTS.random;
  const copy = kernel.allocate(size);
  kernel.viewBytes(copy, size).set(kernel.viewBytes(random, size));
  return copy;
}

/** Names as `train` prints them: the generator goes on from the weights; another seed
    begins afresh. */
export function write(
  model: Model,
  count: number,
  temperature: number,
  seed = 0,
  prefix = "",
): string[] {
  const { kernel, corpus, run, g } = model;
  return kernel.freed(() => {
    const random = generator(model, seed);
    const prompt = model.prompt(prefix);
    const address = kernel.putInts(prompt);
    const limit = run.model.block_size - (prompt.length - 1);
    const written = kernel.allocate(4 * limit);
    const begun = corpus.decode(prompt);
    return Array.from({ length: count }, () => {
      const size = kernel.call.generate(
        g,
        random,
        address,
        prompt.length,
        limit,
        temperature,
        0,
        1,
        written,
      );
      return begun + corpus.decode(kernel.ints(written, Math.max(size, 0)));
    });
  });
}
