/* The graph of a word's loss, number by number, and what one character does to it. */
import { CONSTANTS } from "../../kernel/calls.ts";
import { code } from "../../kernel/kernel.ts";
import type { Asked } from "../../data/record.ts";
import type { Model, Tensor } from "../../model/model.ts";
import { gradients } from "../gradients.ts";
import { reach, type Job } from "../job.ts";

const ROUNDING = 1e-12; // what two ways of adding the same may differ by

export interface Graphed {
  tokens: number[];
  vocabulary: string[];
  tensors: Tensor[];
  /** Of every node what made it, its part, its pair, its place and its two children. */
  about: Int32Array;
  /** Its value, its gradient, and how it moves with each child. */
  numbers: Float64Array;
  /** Of every weight, its gradient: as it is, and with = in place of +=. */
  grads: Float64Array;
  overwritten: Float64Array;
  /** How many of them are then wrong, and how many have the wrong sign. */
  wrong: number;
  turned: number;
}

/** Every Value that the loss of a word is made of. */
export async function graph(
  input: { asked: Asked; at: number; word: string },
  job: Job,
): Promise<Graphed> {
  const { model } = await reach(input.asked, input.at, job);
  const tokens = model.cut(input.word);
  const { analytic: grads } = gradients(model, input.word);
  const { analytic: overwritten } = gradients(model, input.word, code("mistake_overwrite"));
  let [wrong, turned] = [0, 0];
  grads.forEach((right, i) => {
    const found = overwritten[i]!;
    if (Math.abs(right - found) > ROUNDING * Math.abs(right)) wrong++;
    if (right * found < 0) turned++;
  });
  return {
    tokens,
    vocabulary: model.corpus.vocabulary,
    tensors: model.tensors(),
    ...nodes(model, tokens),
    grads,
    overwritten,
    wrong,
    turned,
  };
}

function nodes(model: Model, tokens: number[]): Pick<Graphed, "about" | "numbers"> {
  const { kernel, g } = model;
  const n = tokens.length - 1;
  return kernel.freed(() => {
    const given = kernel.putInts(tokens);
    const size = kernel.call.loss_graph_size(g, given, n);
    const about = kernel.allocate(4 * CONSTANTS.GRAPH_ABOUT * size);
    const numbers = kernel.allocate(8 * CONSTANTS.GRAPH_NUMBERS * size);
    kernel.call.loss_graph(g, given, n, about, numbers);
    return {
      about: kernel.ints(about, CONSTANTS.GRAPH_ABOUT * size),
      numbers: kernel.doubles(numbers, CONSTANTS.GRAPH_NUMBERS * size),
    };
  });
}

/** After some steps, how many hidden units relu lets through for one token at least. */
export async function alive(
  input: { asked: Asked; at: number },
  job: Job,
): Promise<{ alive: number; units: number }> {
  const { model } = await reach(input.asked, input.at, job);
  const { kernel, g, corpus } = model;
  const units = model.tensors().find(({ name }) => name === "mlp_fc1")!.rows;
  const found = new Set<number>();
  for (let token = 0; token < corpus.vocabSize; token++) {
    kernel.freed(() => kernel.call.loss(g, kernel.putInts([token, corpus.bos]), 1));
    model.activation("hidden", units).forEach((value, unit) => {
      if (value > 0) found.add(unit);
    });
  }
  return { alive: found.size, units };
}
