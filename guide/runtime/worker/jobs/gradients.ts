/* Gradients of a word: by the chain rule, and by nudging. */
import type { Asked } from "../data/record.ts";
import { mistaken, type Mistake } from "../model/mistakes.ts";
import type { Model, Tensor } from "../model/model.ts";
import { PIECE, reach, type Job } from "./job.ts";

/** Where two lists of gradients differ most. */
interface Worst {
  weight: number;
  difference: number;
}

/** Every gradient twice: by the chain rule, with a mistake in it or none, and by nudging. */
export async function check(
  input: {
    asked: Asked;
    at: number;
    word: string;
    eps: number;
    central: boolean;
    mistake: Mistake;
  },
  job: Job,
): Promise<{
  analytic: Float64Array;
  numerical: Float64Array;
  tensors: Tensor[];
  loss: number;
  worst: Worst;
  /** Without the mistake. */
  usual: Worst;
}> {
  const { model } = await reach(input.asked, input.at, job);
  const numerical = new Float64Array(model.weights().length);
  const { loss, analytic } = gradients(model, input.word);
  const made = mistaken(model, input.word, input.mistake, analytic);
  for (let first = 0; first < analytic.length; first += PIECE) {
    const count = Math.min(PIECE, analytic.length - first);
    numerical.set(slopes(model, input.word, first, count, input.eps, input.central), first);
    await job.pause();
  }
  return {
    analytic: made,
    numerical,
    tensors: model.tensors(),
    loss,
    worst: worstOf(made, numerical),
    usual: worstOf(analytic, numerical),
  };
}

function worstOf(analytic: Float64Array, numerical: Float64Array): Worst {
  const worst = { weight: 0, difference: 0 };
  analytic.forEach((slope, weight) => {
    const difference = Math.abs(slope - numerical[weight]!);
    if (!(difference <= worst.difference)) Object.assign(worst, { weight, difference });
  });
  return worst;
}

/** One gradient measured with many nudges. Without a weight: the steepest. */
export async function epsilons(
  input: { asked: Asked; at: number; word: string; weight: number; eps: number[] },
  job: Job,
): Promise<{
  weight: number;
  analytic: number;
  forward: Float64Array;
  central: Float64Array;
  tensors: Tensor[];
  corner: Record<"forward" | "central", { at: number; units: number }>;
}> {
  const { model } = await reach(input.asked, input.at, job);
  const { analytic } = gradients(model, input.word);
  let weight = input.weight;
  if (weight < 0 || weight >= analytic.length) {
    weight = 0;
    analytic.forEach((slope, i) => {
      if (Math.abs(slope) > Math.abs(analytic[weight]!)) weight = i;
    });
  }
  const at = (eps: number, central: boolean): number =>
    slopes(model, input.word, weight, 1, eps, central)[0]!;
  return {
    weight,
    analytic: analytic[weight]!,
    forward: Float64Array.from(input.eps, (eps) => at(eps, false)),
    central: Float64Array.from(input.eps, (eps) => at(eps, true)),
    tensors: model.tensors(),
    corner: {
      forward: corner(model, input.word, weight, input.eps, [1]),
      central: corner(model, input.word, weight, input.eps, [1, -1]),
    },
  };
}

/** The smallest of these nudges that carries a hidden number across relu's corner, by its
    place, and how many cross there; -1 where none does. */
function corner(
  model: Model,
  word: string,
  weight: number,
  eps: number[],
  signs: number[],
): { at: number; units: number } {
  const { kernel, g } = model;
  const address = kernel.call.weights(g) + kernel.realSize * weight;
  const [kept] = kernel.reals(address, 1) as unknown as [number];
  const before = signsOf(model, word);
  const crossed = (nudge: number): number => {
    kernel.viewReals(address, 1)[0] = kept + nudge;
    const after = signsOf(model, word);
    kernel.viewReals(address, 1)[0] = kept;
    return after.filter((on, i) => on !== before[i]).length;
  };
  const order = eps.map((size, at) => ({ size, at })).sort((a, b) => a.size - b.size);
  for (const { size, at } of order) {
    let units = 0;
    for (const sign of signs) units = Math.max(units, crossed(sign * size));
    if (units) return { at, units };
  }
  return { at: -1, units: 0 };
}

/** Of each hidden number of a word, whether relu lets it through. */
function signsOf(model: Model, word: string): boolean[] {
  const { kernel, g } = model;
  const tokens = model.cut(word);
  // pair by pair where the model sees one token, as when a word is walked
  const single = model.run.step < 3;
  const pieces = single ? tokens.slice(1).map((token, i) => [tokens[i]!, token]) : [tokens];
  const found: boolean[] = [];
  for (const piece of pieces) {
    kernel.freed(() => kernel.call.loss(g, kernel.putInts(piece), piece.length - 1));
    for (const value of model.hidden(piece.length - 1)) found.push(value > 0);
  }
  return found;
}

/** A word's loss and its gradient by the chain rule, or with a mistake on purpose. */
export function gradients(
  model: Model,
  word: string,
  mistakes = 0,
): { loss: number; analytic: Float64Array } {
  const { kernel, g } = model;
  const tokens = model.cut(word);
  return kernel.freed(() => {
    kernel.call.zero_grads(g);
    const loss = kernel.call.gradient(g, kernel.putInts(tokens), tokens.length - 1, 1, mistakes);
    const analytic = model.grads();
    kernel.call.zero_grads(g);
    return { loss, analytic };
  });
}

function slopes(
  model: Model,
  word: string,
  first: number,
  count: number,
  eps: number,
  central: boolean,
): Float64Array {
  const { kernel, g } = model;
  const tokens = model.cut(word);
  return kernel.freed(() => {
    const found = kernel.allocate(8 * count);
    kernel.call.numerical_gradients(
      g,
      kernel.putInts(tokens),
      tokens.length - 1,
      first,
      count,
      eps,
      central ? 1 : 0,
      found,
    );
    return kernel.doubles(found, count);
  });
}
