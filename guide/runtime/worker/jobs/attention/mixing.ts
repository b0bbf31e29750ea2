/* What attention mixes, by weights of one's own and by its own, and what it and the mlp add
   to x. */
import type { Part } from "../../data/record.ts";
import type { Model } from "../../model/model.ts";
import { modelIn, type InState } from "../../model/states.ts";
import type { Job } from "../job.ts";
import { passOf, type Pass } from "./passes.ts";

/** One position's prediction, where attention has these weights. */
interface Mix {
  weights: Float64Array;
  probs: Float64Array;
  /** -ln p of the token that came. */
  loss: number;
}

export interface Mixes {
  tokens: number[];
  vocabulary: string[];
  position: number;
  even: Mix;
  hand: Mix;
  own: Mix;
}

/** Shares as weights that add up to 1; the even ones where that is no share for each. */
function weightsOf(shares: number[], count: number): Float64Array {
  const sum = shares.reduce((total, each) => total + each, 0);
  const fits = shares.length === count && shares.every((each) => each >= 0) && sum > 0;
  return Float64Array.from({ length: count }, (_, i) =>
    fits && Number.isFinite(sum) ? shares[i]! / sum : 1 / count,
  );
}

function mixed(model: Model, tokens: number[], position: number, weights: Float64Array): Mix {
  const { kernel, g, corpus, run } = model;
  const heads = Array.from({ length: run.model.n_head }, () => [...weights]).flat();
  return kernel.freed(() => {
    const ids = kernel.putInts(tokens);
    const loss = kernel.call.loss_with_weights(g, ids, position, kernel.putReals(heads));
    const from = position * corpus.vocabSize;
    const probs = model.activation("probs", from + corpus.vocabSize).slice(from);
    return { weights, probs, loss };
  });
}

/** The prediction at one position of a word with even weights, with the reader's, and with
    those that attention has. */
export async function mixes(
  input: InState & { word: string; position: number; shares: number[] },
  job: Job,
): Promise<Mixes> {
  const model = await modelIn(input, job);
  const { tokens, vocabulary, positions, weights } = passOf(model, input.word);
  const position = Math.min(Math.max(0, input.position), positions - 1);
  const count = position + 1;
  const own = weights.slice(position * positions, position * positions + count);
  const [even, hand, found] = [weightsOf([], count), weightsOf(input.shares, count), own].map(
    (each) => mixed(model, tokens, position, each),
  ) as [Mix, Mix, Mix];
  return { tokens, vocabulary, position, even, hand, own: found };
}

/** What a matrix has in place of its weights: those of another one, or a number for each
    cell, counted row by row, by how many columns there are. */
type Other = string | ((cell: number, columns: number) => number);

/** What there is to see with other weights in a matrix; then the model is what it was. */
export function withMatrix<T>(model: Model, name: string, other: Other, look: () => T): T {
  const kept = model.weights();
  const changed = kept.slice();
  const [to, from] = [name, other].map((each) =>
    model.tensors().find((tensor) => tensor.name === each),
  );
  const size = to!.rows * to!.columns;
  if (from) changed.copyWithin(to!.offset, from.offset, from.offset + size);
  else if (typeof other !== "string")
    for (let cell = 0; cell < size; cell++) changed[to!.offset + cell] = other(cell, to!.columns);
  model.setWeights(changed);
  try {
    return look();
  } finally {
    model.setWeights(kept);
  }
}

export interface Projections extends Pass {
  wq: Float64Array;
  wk: Float64Array;
  wv: Float64Array;
  /** Of each token the one that its query fits best, of those that it sees. */
  best: number[];
  /** How far a score is at most from the one the other way round. */
  apart: number;
}

/** Queries, keys and values of a word, and the scores both ways: those of the future too.
    With `same` keys are made by the matrix of the queries. */
export async function projections(
  input: InState & { word: string; same: boolean },
  job: Job,
): Promise<Projections> {
  const model = await modelIn(input, job);
  const look = (): Projections => {
    const pass = passOf(model, input.word, ["mask"]);
    const { scores, positions: n } = pass;
    const [wq, wk, wv] = ["attn_wq", "attn_wk", "attn_wv"].map((name) => {
      const { offset, rows, columns } = model.tensors().find((each) => each.name === name)!;
      return model.weights().slice(offset, offset + rows * columns);
    }) as [Float64Array, Float64Array, Float64Array];
    const best = Array.from({ length: n }, (_, i) => {
      const row = scores.slice(i * n, i * n + i + 1);
      return row.indexOf(Math.max(...row));
    });
    const apart = Math.max(
      ...scores.map((each, i) => Math.abs(each - scores[(i % n) * n + Math.floor(i / n)]!)),
    );
    return { ...pass, wq, wk, wv, best, apart };
  };
  return input.same ? withMatrix(model, "attn_wk", "attn_wq", look) : look();
}

/** How long each of some vectors is: of x before, between and after, of what is added, and
    of the values. */
type Lengths = Record<"x" | "attn_out" | "between" | "mlp_out" | "after" | "v", Float64Array>;

export interface Stream extends Pass {
  lengths: Lengths;
  /** The loss of the whole model, and how many logits of the last position differ. */
  whole: number;
  changed: number;
}

function lengthsOf(model: Model, { residual, attn_out, mlp_out, v, positions }: Pass): Lengths {
  const { kernel } = model;
  const size = v.length / positions;
  const each = (rows: Float64Array): Float64Array =>
    Float64Array.from({ length: positions }, (_, i) =>
      kernel.freed(() => {
        const row = kernel.putReals(rows.subarray(i * size, (i + 1) * size));
        return kernel.call.norm(row, size);
      }),
    );
  const moment = (i: number): Float64Array =>
    each(residual.subarray(i * v.length, (i + 1) * v.length));
  return {
    x: moment(0),
    attn_out: each(attn_out),
    between: moment(1),
    mlp_out: each(mlp_out),
    after: moment(2),
    v: each(v),
  };
}

/** A word's residual stream, through a whole model or one that is broken for this pass:
    without the sums, or with zeros for the output matrix of attention. */
export async function stream(
  input: InState & { word: string; broken: "" | "residuals" | "wo" },
  job: Job,
): Promise<Stream> {
  const model = await modelIn(input, job);
  const { word, broken } = input;
  const whole = passOf(model, word);
  const without: Part[] = broken === "residuals" ? ["residuals"] : [];
  const look = (): Pass => passOf(model, word, without);
  const pass = broken === "wo" ? withMatrix(model, "attn_wo", () => 0, look) : look();
  const size = model.corpus.vocabSize;
  const last = (logits: Float64Array): Float64Array => logits.slice(-size);
  const before = last(whole.logits);
  const changed = last(pass.logits).filter((each, i) => each !== before[i]).length;
  return { ...pass, lengths: lengthsOf(model, pass), whole: whole.loss, changed };
}
