/* The parts of the model in the order in which a word goes through them, each with its
   numbers at one position. */
import type { Tensor } from "../../runtime/worker/model/model.ts";
import type { Inside } from "../../runtime/worker/jobs/attention/inside.ts";
import type { Shape } from "./layout.ts";

export interface Part extends Shape {
  /** What it is: chosen tokens, weights that are learned, numbers of this word. */
  kind: "tokens" | "weights" | "values";
  values: ArrayLike<number> & Iterable<number>;
  /** Whether Step 2 has no such part, and Step 3 is shown as the step that brings it. */
  isNew: boolean;
  /** Which of its axes the heads of a step that brings them have cut, and in how many. */
  cut: { along: "rows" | "columns"; heads: number } | null;
  /** Whether it has one more for each token. */
  grows: boolean;
}

// weights under their own names, activations under the kernel's; residual0 to 2 are x
const ORDER = [
  "tokens", "wte", "wpe", "embedding", "residual0", "attn_norm", "attn_wq", "q", "attn_wk", "k",
  "attn_wv", "v", "scores", "weights", "heads", "attn_wo", "attn_out", "residual1", "mlp_norm",
  "mlp_fc1", "before_relu", "hidden", "mlp_fc2", "mlp_out", "residual2", "lm_head", "logits", "probs",
]; // prettier-ignore
/** What Step 2 has, too. */
const KNOWN = new Set([
  "tokens",
  "wte",
  "mlp_fc1",
  "before_relu",
  "hidden",
  "mlp_fc2",
  "logits",
  "probs",
]);
const OF_ALL = new Set(["k", "v"]); // they have a row for each token so far
const SQUARES = new Set(["scores", "weights"]);
const GROWING = new Set([...OF_ALL, ...SQUARES]);

const tensorNamed = (found: Inside, id: string): Tensor | undefined =>
  found.tensors.find(({ name }) => name === id);

/** What Step 4 cuts, along which axis: of a matrix the rows of a head make its numbers. */
const CUT: Record<string, "rows" | "columns" | undefined> = {
  ...{ attn_wq: "rows", attn_wk: "rows", attn_wv: "rows" },
  ...{ q: "columns", k: "columns", v: "columns", heads: "columns" },
  ...{ scores: "columns", weights: "columns" },
};

/** All parts that a model has, with the numbers of a position; what is different in it where
    it is the step that is told of. */
export function partsOf(found: Inside, position: number, told: number): Part[] {
  return ORDER.flatMap((id) => {
    const made =
      id === "tokens" ? tokens(found) : (weights(found, id) ?? numbers(found, id, position));
    return made
      ? [
          {
            ...made,
            isNew: found.step === 3 && told === 3 && !KNOWN.has(id),
            cut: found.step === 4 && told === 4 ? cutOf(found, id) : null,
            grows: GROWING.has(id),
          },
        ]
      : [];
  });
}

type Made = Omit<Part, "isNew" | "cut" | "grows">;

function cutOf({ headCount: heads }: Inside, id: string): Part["cut"] {
  const along = CUT[id];
  return along ? { along, heads } : null;
}

function tokens({ tokens: ids }: Inside): Made {
  return { id: "tokens", kind: "tokens", values: ids, rows: 1, columns: ids.length, turns: false };
}

function weights(found: Inside, id: string): Made | undefined {
  const tensor = tensorNamed(found, id);
  if (!tensor) return undefined;
  const { offset, rows, columns } = tensor;
  const values = found.weights.subarray(offset, offset + rows * columns);
  return { id, kind: "weights", values, rows, columns, turns: false };
}

function numbers(found: Inside, id: string, position: number): Made | undefined {
  const [, name, block] = /^(residual)(\d)$/.exec(id) ?? [id, id, "0"];
  const all = found.values[name!];
  const n = found.positions;
  if (!all || (id === "weights" && found.step < 3)) return undefined;
  if (SQUARES.has(id)) {
    const heads = found.headCount;
    const values = Float64Array.from(
      { length: (position + 1) * heads },
      (_, i) => all[((i % heads) * n + position) * n + Math.floor(i / heads)]!,
    );
    return { id, kind: "values", values, rows: position + 1, columns: heads, turns: true };
  }
  const size = all.length / n / (name === "residual" ? RESIDUALS : 1);
  const from = (Number(block) * n + (OF_ALL.has(id) ? 0 : position)) * size;
  const rows = OF_ALL.has(id) ? position + 1 : 1;
  const values = all.subarray(from, from + rows * size);
  return { id, kind: "values", values, rows, columns: size, turns: id !== "probs" };
}

const RESIDUALS = 3; // x at first, after attention, after the mlp
