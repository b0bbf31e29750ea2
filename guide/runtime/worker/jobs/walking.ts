/* A word through a model, and what each of its letters costs. */
import type { Asked } from "../data/record.ts";
import type { Model } from "../model/model.ts";
import { reach, type Job } from "./job.ts";
import { tools } from "./operations.ts";

/** The numbers of each position of a word: what was likely, what came, its loss. */
export interface Walk {
  tokens: number[];
  losses: Float64Array;
  /** Of each next token, a row a position. */
  probs: Float64Array;
  mean: number;
  vocabulary: string[];
}

export function through(model: Model, word: string): Walk {
  const { kernel, corpus } = model;
  const tokens = model.cut(word);
  const n = tokens.length - 1;
  const size = corpus.vocabSize;
  const rows = new Float64Array(n * size);
  const losses = new Float64Array(n);
  // pair by pair where the model sees one token: a long word needs no long block
  const single = model.run.step < 3;
  kernel.freed(() => {
    if (!single) {
      kernel.call.loss(model.g, kernel.putInts(tokens), n);
      rows.set(model.activation("probs", n * size));
      losses.set(model.activation("losses", n));
      return;
    }
    for (let i = 0; i < n; i++) {
      kernel.call.loss(model.g, kernel.putInts(tokens.slice(i, i + 2)), 1);
      rows.set(model.activation("probs", size), i * size);
      losses.set(model.activation("losses", 1), i);
    }
  });
  let sum = 0;
  for (const loss of losses) sum += loss;
  return { tokens, losses, probs: rows, mean: sum / n, vocabulary: corpus.vocabulary };
}

/** A word through a model, position by position. */
export async function walk(
  input: { asked: Asked; at: number; word: string },
  job: Job,
): Promise<Walk> {
  const { model } = await reach(input.asked, input.at, job);
  return through(model, input.word);
}

/** The curve of -ln p at these p. */
export async function surprise(input: { p: number[] }): Promise<Float64Array> {
  const kernel = await tools();
  return Float64Array.from(input.p, (p) => kernel.call.surprisal(p));
}
