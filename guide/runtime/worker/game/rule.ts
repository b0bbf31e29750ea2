/* The rule of the game: which documents are guessed, and what a guess is worth. */
import type { Model } from "../model/model.ts";

/** Which held-out documents are guessed: the first of these lengths; where they are fewer,
    the first that are no longer than a model reads. */
export const RULE = { documents: 5, shortest: 4, longest: 8, readable: 15 };

/** Bars that the reader set: of a token, a probability in thousandths. */
export type Guess = [token: number, thousandths: number][];

export interface Chosen {
  documents: string[];
  /** Whether all have the lengths that are looked for. */
  kept: boolean;
  /** Why there is nothing to guess. */
  why: "" | "none" | "long";
}

/** The documents that are guessed, the same for every step. */
export function chosen(model: Model): Chosen {
  const { setup, kernel, run } = model;
  const unseen = setup.heldout(kernel, run.train.num_steps, run.train.eval_docs).documents;
  const between = (least: number, most: number): string[] =>
    unseen.filter((text) => [...text].length >= least && [...text].length <= most);
  const fitting = between(RULE.shortest, RULE.longest);
  const kept = fitting.length >= RULE.documents;
  const documents = (kept ? fitting : between(1, RULE.readable)).slice(0, RULE.documents);
  return { documents, kept, why: documents.length ? "" : unseen.length ? "long" : "none" };
}

/** What tokens that were not set get: as often as each comes in what Step 0 counted, each
    once more, as Step 0 does. */
export function frequencies(table: Model): Float64Array {
  const size = table.corpus.vocabSize;
  const often = new Float64Array(size).fill(1);
  table.weights().forEach((count, i) => (often[i % size]! += count));
  const all = often.reduce((sum, count) => sum + count, 0);
  return often.map((count) => count / all);
}

/** What a guess gives each token: what was set stays, the others share what is left. */
export function spread(often: Float64Array, guess: Guess): Float64Array {
  const set = new Map(guess.filter(([token]) => token < often.length));
  let [left, others] = [1000, 1];
  for (const [token, thousandths] of set) {
    left -= thousandths;
    others -= often[token]!;
  }
  const share = set.size < often.length ? Math.max(left, 1) / others : 0;
  const given = often.map((p, token) => set.get(token) ?? p * share);
  const all = given.reduce((sum, p) => sum + p, 0);
  return given.map((p) => p / all);
}
