/* The chain rule with one line of it wrong, as lesson 1.8 has them: what the kernel makes of
   each pair, put together in the wrong way. */
import type { Model, Tensor } from "./model.ts";

export type Mistake = "none" | "gate" | "sign" | "wte" | "fc1";

/** A pair's own gradients, and what it had on its way. */
interface Pair {
  token: number;
  grads: Float64Array;
  x: Float64Array;
  hidden: Float64Array;
  dhidden: Float64Array;
}

const within = (all: Float64Array, { offset, rows, columns }: Tensor): Float64Array =>
  all.subarray(offset, offset + rows * columns);

/** A word's gradient as the mistake makes it, from the right one. */
export function mistaken(
  model: Model,
  word: string,
  mistake: Mistake,
  right: Float64Array,
): Float64Array {
  const made = right.slice();
  const [wte, fc1] = ["wte", "mlp_fc1"].map((name) =>
    model.tensors().find((tensor) => tensor.name === name)!,
  ) as [Tensor, Tensor];
  const [rows, matrix] = [within(made, wte), within(made, fc1)];
  if (mistake === "sign") rows.forEach((slope, i) => (rows[i] = -slope));
  if (mistake === "wte" || mistake === "gate") rows.fill(0);
  if (mistake === "fc1" || mistake === "gate") matrix.fill(0);
  if (mistake === "none" || mistake === "sign") return made;
  const width = wte.columns;
  for (const pair of pairs(model, word, fc1.rows, width)) {
    const rowOf = (all: Float64Array): Float64Array =>
      all.subarray(pair.token * width, (pair.token + 1) * width);
    if (mistake === "wte") rowOf(rows).set(rowOf(within(pair.grads, wte)));
    if (mistake === "fc1") overwrite(matrix, within(pair.grads, fc1), pair);
    if (mistake === "gate") ungated(matrix, rowOf(rows), within(model.weights(), fc1), pair);
  }
  return made;
}

/** `=` for `+=`: of each unit that is on, the last pair's row is left. */
function overwrite(matrix: Float64Array, found: Float64Array, { x, hidden }: Pair): void {
  hidden.forEach((value, j) => {
    const [from, to] = [j * x.length, (j + 1) * x.length];
    if (value > 0) matrix.set(found.subarray(from, to), from);
  });
}

/** Units that relu switched off get their share too. */
function ungated(matrix: Float64Array, row: Float64Array, fc1: Float64Array, pair: Pair): void {
  const { x, dhidden } = pair;
  dhidden.forEach((slope, j) => {
    for (let k = 0; k < x.length; k++) {
      matrix[j * x.length + k]! += slope * x[k]!;
      row[k]! += slope * fc1[j * x.length + k]!;
    }
  });
}

/** Every pair of a word, forward and back. */
function pairs(model: Model, word: string, units: number, width: number): Pair[] {
  const { kernel, g } = model;
  const tokens = model.cut(word);
  const n = tokens.length - 1;
  return kernel.freed(() => {
    const found = Array.from({ length: n }, (_, i) => {
      kernel.call.zero_grads(g);
      kernel.call.gradient(g, kernel.putInts(tokens.slice(i, i + 2)), 1, 1 / n, 0);
      return {
        token: tokens[i]!,
        grads: model.grads(),
        x: model.activation("embedding", width),
        hidden: model.activation("hidden", units),
        dhidden: model.activationGrad("hidden", units),
      };
    });
    kernel.call.zero_grads(g);
    return found;
  });
}
