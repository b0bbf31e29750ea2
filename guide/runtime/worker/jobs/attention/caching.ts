/* A name written, or a word read, by two machines with the same model: one keeps the keys
   and values of the tokens before, one computes them again for each token. */
import { generator } from "../../model/sampling.ts";
import type { Model } from "../../model/model.ts";
import { modelIn, type InState } from "../../model/states.ts";
import type { Job } from "../job.ts";

/** What a machine has after each token that it read. */
export interface Machine {
  tokens: number[];
  /** What it drew after each token, the last of all to end the name, or that the block is
      full; nothing where a word is read. */
  drawn: number[];
  /** Of all tokens so far, (tokens, size). */
  keys: Float64Array[];
  values: Float64Array[];
  probs: Float64Array[];
  /** All multiplications so far. */
  multiplications: number[];
}

export interface Caching {
  kept: Machine;
  again: Machine;
  /** The largest difference of the probabilities so far, after each token. */
  differences: number[];
  /** How many numbers a key has. */
  size: number;
  vocabulary: string[];
}

interface Asking extends InState {
  /** The word to be read; null where a name is written. */
  word: string | null;
  temperature: number;
  seed: number;
}

/** Two machines at work, each with random numbers of its own, from the same seed. */
export async function caching(input: Asking, job: Job): Promise<Caching> {
  const model = await modelIn(input, job);
  const { decode_step, decode_step_uncached } = model.kernel.call;
  const kept = machine(model, input, decode_step);
  const again = machine(model, input, decode_step_uncached);
  let most = 0;
  const differences = kept.probs.map((probs, i) => {
    probs.forEach((p, id) => (most = Math.max(most, Math.abs(p - (again.probs[i]?.[id] ?? 0)))));
    return most;
  });
  const { vocabulary } = model.corpus;
  return { kept, again, differences, size: model.run.model.n_embd, vocabulary };
}

function machine(
  model: Model,
  { word, temperature, seed }: Asking,
  read: (g: number, token: number) => number,
): Machine {
  const { kernel, g, corpus, run } = model;
  const { n_embd, block_size } = run.model;
  const given = word === null ? [] : model.cut(word).slice(0, -1);
  const most = word === null ? block_size : given.length;
  const made: Machine = {
    ...{ tokens: [], drawn: [], keys: [], values: [], probs: [], multiplications: [] },
  };
  return kernel.freed(() => {
    const random = generator(model, seed);
    kernel.call.decode_begin(g);
    let token = corpus.bos;
    for (let n = 1; n <= most; n++) {
      read(g, token);
      const probs = model.probabilities(word === null ? temperature : 1);
      made.tokens.push(token);
      made.probs.push(probs);
      made.keys.push(model.activation("k", n * n_embd));
      made.values.push(model.activation("v", n * n_embd));
      made.multiplications.push(kernel.call.operations(g));
      if (word === null) {
        token = draw(model, random, probs);
        made.drawn.push(token);
        if (token === corpus.bos) break;
      } else token = given[n] ?? token;
    }
    return made;
  });
}

function draw({ kernel }: Model, random: number, probs: Float64Array): number {
  return kernel.freed(() => {
    const sums = kernel.allocate(8 * probs.length);
    const drawn = kernel.allocate(8);
    return kernel.call.random_choice(random, kernel.putDoubles(probs), probs.length, sums, drawn);
  });
}
