/* Step 0 with another smoothing: a row of the table, and what words then cost. */
import type { Asked } from "../data/record.ts";
import { evaluate, type Heldout } from "../model/evaluation.ts";
import type { Model } from "../model/model.ts";
import { trainingOf } from "../model/cache.ts";
import { reach, type Job } from "./job.ts";
import { through, type Walk } from "./walking.ts";

/** The table as it was counted, in a model with that smoothing: where nothing is added
    some losses are infinite, and the kernel does not train on. */
async function counted(asked: Asked, at: number, job: Job): Promise<Model> {
  const { smoothing: _, ...plain } = asked;
  const { model } = await reach(plain, at, job);
  const { model: other } = await trainingOf(asked);
  if (other !== model) other.setWeights(model.weights());
  return other;
}

/** A row of the table: what was counted after a token, and the probabilities. */
export async function row(
  input: { asked: Asked; at: number; token: string },
  job: Job,
): Promise<{
  token: number;
  counts: Float64Array;
  probs: Float64Array;
  /** The same where nothing is added; not numbers where nothing was counted. */
  shares: Float64Array;
  total: number;
  vocabulary: string[];
}> {
  const model = await counted(input.asked, input.at, job);
  const { kernel, corpus } = model;
  const token = corpus.idOf(input.token);
  const size = corpus.vocabSize;
  const counts = model.weights().slice(token * size, (token + 1) * size);
  let total = 0;
  for (const count of counts) total += count;
  kernel.call.decode_begin(model.g);
  kernel.call.decode_step(model.g, token);
  return {
    token,
    counts,
    probs: model.probabilities(1),
    shares: counts.map((count) => count / total),
    total,
    vocabulary: corpus.vocabulary,
  };
}

/** What a word costs with that smoothing, and what the held-out documents do. */
export async function smoothed(
  input: { asked: Asked; at: number; word: string },
  job: Job,
): Promise<
  Walk & {
    /** How often each pair of the word was counted. */
    counts: number[];
    /** How many pairs begin as it does. */
    totals: number[];
    heldout: Heldout | null;
  }
> {
  const model = await counted(input.asked, input.at, job);
  const walked = through(model, input.word);
  const size = model.corpus.vocabSize;
  const table = model.weights();
  const rowOf = (token: number): Float64Array => table.subarray(token * size, (token + 1) * size);
  const pairs = walked.tokens.slice(1).map((next, i) => [walked.tokens[i]!, next] as const);
  return {
    ...walked,
    counts: pairs.map(([token, next]) => rowOf(token)[next]!),
    totals: pairs.map(([token]) => rowOf(token).reduce((sum, count) => sum + count, 0)),
    heldout: evaluate(model),
  };
}
