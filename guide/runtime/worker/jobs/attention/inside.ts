/* All that the drawing of a model shows: every weight, and every number of a word's pass. */
import { runOf } from "../../data/record.ts";
import type { Model, Tensor } from "../../model/model.ts";
import type { InState } from "../../model/states.ts";
import { modelIn } from "../../model/states.ts";
import { reach, type Job } from "../job.ts";
import { passOf } from "./passes.ts";

const SINGLE = ["embedding", "before_relu", "hidden", "logits", "probs", "losses"] as const;

export interface Inside {
  step: number;
  tokens: number[];
  vocabulary: string[];
  positions: number;
  /** 0 in a model without attention. */
  headCount: number;
  tensors: Tensor[];
  weights: Float64Array;
  /** By the kernel's names, a row for each position; scores and weights are squares. */
  values: Record<string, Float64Array>;
}

/** A word pair by pair through a model that sees one token: the same names. */
function pairs(model: Model, tokens: number[]): Record<string, Float64Array> {
  const { kernel, g } = model;
  const found = new Map<string, Float64Array>();
  const n = tokens.length - 1;
  for (let i = 0; i < n; i++) {
    kernel.freed(() => kernel.call.loss(g, kernel.putInts(tokens.slice(i, i + 2)), 1));
    for (const name of SINGLE) {
      const shape = model.shapeOf(name);
      // of one position, whatever room there is for more
      const size = shape.length > 1 ? shape.at(-1)! : 1;
      const rows = found.get(name) ?? new Float64Array(n * size);
      rows.set(model.activation(name, size), i * size);
      found.set(name, rows);
    }
  }
  return Object.fromEntries(found);
}

/** The model of a step in a state, and a word in it. Steps 1 and 2 have their own training,
    or none. */
export async function inside(input: InState & { word: string }, job: Job): Promise<Inside> {
  const { step, source, state, word } = input;
  const asked = { step, source };
  const steps = state === "untrained" ? 0 : runOf(asked).train.num_steps;
  const model = step < 3 ? (await reach(asked, steps, job)).model : await modelIn(input, job);
  const tokens = model.cut(word);
  const of: Pick<Inside, "positions" | "headCount" | "values"> =
    step < 3
      ? { positions: tokens.length - 1, headCount: 0, values: pairs(model, tokens) }
      : valuesOf(model, word);
  const { vocabulary } = model.corpus;
  return { step, tokens, vocabulary, tensors: model.tensors(), weights: model.weights(), ...of };
}

function valuesOf(model: Model, word: string): Pick<Inside, "positions" | "headCount" | "values"> {
  const { positions, headCount, ...rest } = passOf(model, word);
  const values: Record<string, Float64Array> = {};
  for (const [name, each] of Object.entries(rest))
    if (each instanceof Float64Array) values[name] = each;
  return { positions, headCount, values };
}
