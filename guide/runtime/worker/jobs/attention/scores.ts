/* From queries and keys to scores and weights, in the model of Step 3, whose one head has
   all the numbers: what each multiple of the scores would make of the weights. */
import type { Kernel } from "../../kernel/kernel.ts";
import { modelIn, type InState } from "../../model/states.ts";
import type { Model } from "../../model/model.ts";
import type { Job } from "../job.ts";
import { passOf } from "./passes.ts";

export interface Scored {
  tokens: number[];
  vocabulary: string[];
  positions: number;
  /** A row for each position. */
  q: Float64Array;
  k: Float64Array;
  /** Query by key: the sum of the products, the score times the multiple, the weight. */
  dots: Float64Array;
  scores: Float64Array;
  weights: Float64Array;
  /** The entropy of all weights as a share of what even ones have; null where no token
      has a choice. */
  even: number | null;
  /** The same at each of the multiples asked for. */
  evenAt: number[];
  /** The mean of -ln p with these weights; null without the mask. */
  loss: number | null;
}

interface Square {
  kernel: Kernel;
  scores: Float64Array;
  n: number;
  /** How many tokens a query looks at. */
  seen: (query: number) => number;
}

/** The weights that so many times the scores lead to. */
function weightsOf({ kernel, scores, n, seen }: Square, times: number): Float64Array {
  const found = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    kernel.freed(() => {
      const probs = kernel.allocate(kernel.realSize * n);
      const row = kernel.putReals(scores.subarray(i * n, i * n + seen(i)));
      kernel.call.softmax(probs, row, seen(i), 1 / times);
      found.set(kernel.reals(probs, seen(i)), i * n);
    });
  return found;
}

function evenness({ kernel, n, seen }: Square, weights: Float64Array): number | null {
  let [entropy, most] = [0, 0];
  for (const p of weights) if (p > 0) entropy += p * kernel.call.surprisal(p);
  for (let i = 0; i < n; i++) most += kernel.call.surprisal(1 / seen(i));
  return most > 0 ? entropy / most : null;
}

/** The mean of -ln p of the word where attention has these weights. */
function lossWith(model: Model, tokens: number[], weights: Float64Array): number {
  const { kernel, g } = model;
  const n = tokens.length - 1;
  let sum = 0;
  for (let i = 0; i < n; i++)
    kernel.freed(() => {
      const row = kernel.putReals(weights.subarray(i * n, i * n + i + 1));
      sum += kernel.call.loss_with_weights(g, kernel.putInts(tokens), i, row);
    });
  return sum / n;
}

/** A word's scores times `times`, with the scale or the mask left out or not. */
export async function scores(
  input: Omit<InState, "step"> & {
    word: string;
    times: number;
    without: "scale" | "mask" | "";
    multiples: number[];
  },
  job: Job,
): Promise<Scored> {
  const model = await modelIn({ ...input, step: 3 }, job);
  const without = input.without ? [input.without] : [];
  const pass = passOf(model, input.word, without);
  const { scores: dots } = passOf(model, input.word, [...without, "scale"]);
  const { tokens, vocabulary, positions: n, q, k } = pass;
  const masked = input.without !== "mask";
  const seen = (query: number): number => (masked ? query + 1 : n);
  const square = { kernel: model.kernel, scores: pass.scores, n, seen };
  const weights = weightsOf(square, input.times);
  return {
    ...{ tokens, vocabulary, positions: n, q, k, dots, weights },
    scores: pass.scores.map((each) => each * input.times),
    even: evenness(square, weights),
    evenAt: input.multiples.map((times) => evenness(square, weightsOf(square, times)) ?? 1),
    loss: masked ? lossWith(model, tokens, weights) : null,
  };
}
