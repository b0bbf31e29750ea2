/* What lies inside the network of Steps 1 and 2: its weights, the numbers between its
   layers, and the gradients that come back through them. */
import type { Asked, Source } from "../data/record.ts";
import type { Model, Tensor } from "../model/model.ts";
import { reach, type Job } from "./job.ts";
import { through } from "./walking.ts";

interface Weights {
  weights: Float64Array;
  tensors: Tensor[];
  /** Of each tensor, the root of the mean of the squares. */
  spread: number[];
  vocabulary: string[];
}

/** The numbers of one token on its way through. */
interface Layers {
  token: number;
  x: Float64Array;
  /** What mlp_fc1 gives, before relu. */
  before: Float64Array;
  hidden: Float64Array;
  logits: Float64Array;
  probs: Float64Array;
  fc1: Float64Array;
  fc2: Float64Array;
  vocabulary: string[];
}

export const tensorOf = (model: Model, name: string): Float64Array => {
  const tensor = model.tensors().find((each) => each.name === name)!;
  const from = tensor.offset;
  return model.weights().subarray(from, from + tensor.rows * tensor.columns);
};

/** w x, and how long x is says how w is cut into rows. */
function product(model: Model, w: ArrayLike<number>, x: Float64Array): Float64Array {
  const { kernel } = model;
  const rows = w.length / x.length;
  return kernel.freed(() => {
    const y = kernel.allocate(kernel.realSize * rows);
    kernel.call.linear(y, kernel.putReals(x), kernel.putReals(w), rows, x.length);
    return kernel.reals(y, rows);
  });
}

function softmax(model: Model, logits: Float64Array): Float64Array {
  const { kernel } = model;
  return kernel.freed(() => {
    const probs = kernel.allocate(kernel.realSize * logits.length);
    kernel.call.softmax(probs, kernel.putReals(logits), logits.length, 1);
    return kernel.reals(probs, logits.length);
  });
}

/** After a pass over one pair. */
function layersOf(model: Model, token: number): Layers {
  const size = model.corpus.vocabSize;
  const fc1 = tensorOf(model, "mlp_fc1");
  const fc2 = tensorOf(model, "mlp_fc2");
  const hidden = fc2.length / size;
  return {
    token,
    x: model.activation("embedding", fc1.length / hidden),
    before: model.activation("before_relu", hidden),
    hidden: model.activation("hidden", hidden),
    logits: model.activation("logits", size),
    probs: model.activation("probs", size),
    fc1,
    fc2,
    vocabulary: model.corpus.vocabulary,
  };
}

function rootMeanSquare(numbers: Float64Array): number {
  return Math.sqrt(numbers.reduce((sum, each) => sum + each * each, 0) / numbers.length);
}

/** All weights, one after the other as `params` has them. */
export async function weights(input: { asked: Asked; at: number }, job: Job): Promise<Weights> {
  const { model } = await reach(input.asked, input.at, job);
  const weights = model.weights();
  const tensors = model.tensors();
  const spread = tensors.map(({ offset, rows, columns }) =>
    rootMeanSquare(weights.subarray(offset, offset + rows * columns)),
  );
  return { weights, tensors, spread, vocabulary: model.corpus.vocabulary };
}

/** A token through every layer; without relu the two matrices are one, and `apart` is
    how far the one is from the two. */
export async function layers(
  input: { asked: Asked; at: number; token: string; relu: boolean },
  job: Job,
): Promise<Layers & { apart: number | null }> {
  const { model } = await reach(input.asked, input.at, job);
  const { kernel, corpus } = model;
  const token = corpus.idOf(input.token);
  kernel.freed(() => kernel.call.loss(model.g, kernel.putInts([token, corpus.bos]), 1));
  const found = layersOf(model, token);
  if (input.relu) return { ...found, apart: null };
  const { x, before, fc1, fc2 } = found;
  const logits = product(model, fc2, before);
  const single = new Float64Array(logits.length * x.length);
  for (let k = 0; k < x.length; k++) {
    const column = before.map((_, j) => fc1[j * x.length + k]!);
    product(model, fc2, column).forEach((each, i) => (single[i * x.length + k] = each));
  }
  let apart = 0;
  product(model, single, x).forEach((each, i) => {
    apart = Math.max(apart, Math.abs(each - logits[i]!));
  });
  const probs = softmax(model, logits);
  return { ...found, hidden: before, logits, probs, apart };
}

/** The first pair of a word in both machines, the table and the network. */
export interface Sides extends Layers {
  target: number;
  /** The table's row, and the probabilities that it stands for. */
  counts: Float64Array;
  shares: Float64Array;
  loss: { table: number; network: number };
}

/** What Step 0 and Step 1 make of a word's first token after as many names. */
export async function sides(
  input: { source: Source; at: number; word: string },
  job: Job,
): Promise<Sides> {
  const { source, at, word } = input;
  const table = (await reach({ step: 0, source }, at, job)).model;
  const network = (await reach({ step: 1, source }, at, job)).model;
  const counted = through(table, word);
  const passed = through(network, word);
  const [token, target] = counted.tokens as [number, number];
  const size = counted.vocabulary.length + 1;
  // the last pass was the word's last pair: once more the first
  const { kernel } = network;
  kernel.freed(() => kernel.call.loss(network.g, kernel.putInts([token, target]), 1));
  return {
    ...layersOf(network, token),
    target,
    counts: table.weights().slice(token * size, (token + 1) * size),
    shares: counted.probs.slice(0, size),
    loss: { table: counted.losses[0]!, network: passed.losses[0]! },
  };
}

export interface Backwards extends Layers {
  tokens: number[];
  position: number;
  target: number;
  loss: number;
  tensors: Tensor[];
  dlogits: Float64Array;
  dhidden: Float64Array;
  dbefore: Float64Array;
  dx: Float64Array;
  /** Of all weights, from this pair alone and from the whole word. */
  pair: Float64Array;
  whole: Float64Array;
}

/** One pair of a word forward and back, and what the whole word adds up to. */
export async function backwards(
  input: { asked: Asked; at: number; word: string; position: number },
  job: Job,
): Promise<Backwards> {
  const { model } = await reach(input.asked, input.at, job);
  const { kernel, g } = model;
  const tokens = model.cut(input.word);
  const n = tokens.length - 1;
  const position = Math.min(Math.max(0, input.position), n - 1);
  return kernel.freed(() => {
    kernel.call.zero_grads(g);
    kernel.call.gradient(g, kernel.putInts(tokens), n, 1, 0);
    const whole = model.grads();
    kernel.call.zero_grads(g);
    const ids = tokens.slice(position, position + 2);
    const loss = kernel.call.gradient(g, kernel.putInts(ids), 1, 1 / n, 0);
    const found = layersOf(model, ids[0]!);
    const back = (name: string, like: Float64Array): Float64Array =>
      model.activationGrad(name, like.length);
    const made = {
      ...found,
      tokens,
      position,
      target: ids[1]!,
      loss,
      tensors: model.tensors(),
      dlogits: back("logits", found.logits),
      dhidden: back("hidden", found.hidden),
      dbefore: back("before_relu", found.before),
      dx: back("embedding", found.x),
      pair: model.grads(),
      whole,
    };
    kernel.call.zero_grads(g);
    return made;
  });
}
