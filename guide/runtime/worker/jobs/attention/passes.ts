/* One pass of a word through a model of Steps 3 to 5: every number that it leaves. */
import type { Part } from "../../data/record.ts";
import type { Model } from "../../model/model.ts";
import { modelIn, type InState } from "../../model/states.ts";
import type { Job } from "../job.ts";

/** What the kernel keeps of a pass, by its own names, a row for each position. */
const ONCE = ["embedding", "emb_scale", "logits", "probs", "losses"] as const;

/** The same, layer after layer; of residual it is x at first, after attention, after the
    mlp, and so on. */
// prettier-ignore
const EACH_LAYER = [
  "residual", "attn_scale", "attn_norm", "q", "k", "v", "heads", "attn_out",
  "mlp_scale", "mlp_norm", "before_relu", "hidden", "mlp_out",
] as const;

/** Of each layer and head a square, query by key; 0 where a query does not look. */
const SQUARES = ["scores", "weights"] as const;

type Kept = (typeof ONCE)[number] | (typeof EACH_LAYER)[number] | (typeof SQUARES)[number];

export interface Pass extends Record<Kept, Float64Array> {
  tokens: number[];
  vocabulary: string[];
  /** How many positions have a row. */
  positions: number;
  layers: number;
  headCount: number;
  /** The mean of the losses. */
  loss: number;
}

/** Of each of `blocks` the first n rows of those that the block has room for. */
function firstRows(model: Model, name: Kept, blocks: number, n: number): Float64Array {
  const shape = model.shapeOf(name);
  const all = model.activation(
    name,
    shape.reduce((product, size) => product * size, 1),
  );
  const block = all.length / blocks;
  const row = block / model.run.model.block_size;
  const found = new Float64Array(blocks * n * row);
  for (let b = 0; b < blocks; b++)
    found.set(all.subarray(b * block, b * block + n * row), b * n * row);
  return found;
}

/** The squares of a word, of those that the block has room for. */
function squares(model: Model, name: Kept, n: number, masked: boolean): Float64Array {
  const { n_head, n_layer, block_size } = model.run.model;
  const rows = firstRows(model, name, n_layer * n_head, n);
  const found = new Float64Array(n_layer * n_head * n * n);
  for (let row = 0; row < n_layer * n_head * n; row++) {
    const seen = masked ? (row % n) + 1 : n;
    found.set(rows.subarray(row * block_size, row * block_size + seen), row * n);
  }
  return found;
}

/** A word through a model, with some parts left out of this one pass. */
export function passOf(model: Model, word: string, without: Part[] = []): Pass {
  const { kernel, corpus, run } = model;
  const tokens = model.cut(word);
  const n = tokens.length - 1;
  const masked = ![...run.without, ...without].includes("mask");
  return model.leavingOut(without, () => {
    const loss = kernel.freed(() => kernel.call.loss(model.g, kernel.putInts(tokens), n));
    const { n_layer, n_head } = run.model;
    const blocksOf = (name: Kept): number => (name === "residual" ? 2 * n_layer + 1 : n_layer);
    const found = Object.fromEntries([
      ...ONCE.map((name) => [name, firstRows(model, name, 1, n)]),
      ...EACH_LAYER.map((name) => [name, firstRows(model, name, blocksOf(name), n)]),
      ...SQUARES.map((name) => [name, squares(model, name, n, masked)]),
    ]) as Record<Kept, Float64Array>;
    const { vocabulary } = corpus;
    return { ...found, tokens, vocabulary, positions: n, layers: n_layer, headCount: n_head, loss };
  });
}

/** A word through the model of a step in a state. */
export async function pass(
  input: InState & { word: string; without?: Part[] },
  job: Job,
): Promise<Pass> {
  return passOf(await modelIn(input, job), input.word, input.without);
}
