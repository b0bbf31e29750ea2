/* What the place of a letter says: where names end, counted and as a model has it, and
   whether the sum of a letter's row and a place's row still tells both. */
import { modelIn, type InState } from "../../model/states.ts";
import type { Part } from "../../data/record.ts";
import type { Model } from "../../model/model.ts";
import { PIECE, type Job } from "../job.ts";
import { tensorOf } from "../layers.ts";

const READ = 1000; // documents: those that the lesson's training reads
const TENTHS = 10;

/** Of each token at each place, row by row: how often it stood there, how often the document
    ended with it, and what a model gave to that on average. */
export interface Endings {
  seen: Int32Array;
  ended: Int32Array;
  given: Float64Array;
  documents: number;
  vocabulary: string[];
}

/** What BOS gets after each token of the documents that the lesson reads. */
export async function endings(input: InState & { without?: Part[] }, job: Job): Promise<Endings> {
  const model = await modelIn(input, job);
  const { corpus, run } = model;
  const across = run.model.block_size;
  const cells = corpus.vocabSize * across;
  const [seen, ended] = [new Int32Array(cells), new Int32Array(cells)];
  const given = new Float64Array(cells);
  const documents = model.setup.documents(READ);
  for (let from = 0; from < documents.length; from += PIECE) {
    if (from) await job.pause();
    model.leavingOut(input.without ?? [], () => {
      for (const text of documents.slice(from, from + PIECE)) {
        const tokens = model.cut(text);
        const probs = ofBos(model, tokens);
        probs.forEach((p, place) => {
          const cell = tokens[place]! * across + place;
          seen[cell]!++;
          given[cell]! += p;
          if (tokens[place + 1] === corpus.bos) ended[cell]!++;
        });
      }
    });
  }
  given.forEach((sum, cell) => (given[cell] = sum / (seen[cell] || 1)));
  return { seen, ended, given, documents: documents.length, vocabulary: corpus.vocabulary };
}

/** The probability of BOS after each token but the last. */
function ofBos(model: Model, tokens: number[]): number[] {
  const { kernel, corpus } = model;
  const n = tokens.length - 1;
  kernel.freed(() => kernel.call.loss(model.g, kernel.putInts(tokens), n));
  const probs = model.activation("probs", n * corpus.vocabSize);
  return Array.from({ length: n }, (_, i) => probs[i * corpus.vocabSize + corpus.bos]!);
}

/** Of each token at each place, row by row, the sum that is nearest to its own. */
export interface Sums {
  nearest: Int32Array;
  /** How far that one is. */
  apart: Float64Array;
  /** How many sums, with one decimal kept of each number, are still nearest to their own. */
  told: number;
  /** Of how many the nearest row of wte is that of their own token. */
  letters: number;
  /** The rows that were added, one after another, and how long one is. */
  wte: Float64Array;
  wpe: Float64Array;
  size: number;
}

/** All sums of a token's row and a place's row. */
export async function sums(input: InState, job: Job): Promise<Sums> {
  const model = await modelIn(input, job);
  const size = model.run.model.n_embd;
  const [wte, wpe] = [tensorOf(model, "wte"), tensorOf(model, "wpe")];
  const [tokens, places] = [rowsOf(wte, size), rowsOf(wpe, size)];
  const all = tokens.flatMap((row) => places.map((place) => row.map((x, k) => x + place[k]!)));
  const nearest = new Int32Array(all.length);
  const apart = new Float64Array(all.length);
  let [told, letters] = [0, 0];
  all.forEach((sum, i) => {
    const [other, square] = closest(sum, all, i);
    nearest[i] = other;
    apart[i] = Math.sqrt(square);
    const rounded = sum.map((x) => Math.round(x * TENTHS) / TENTHS);
    if (closest(rounded, all)[0] === i) told++;
    if (closest(sum, tokens)[0] === Math.floor(i / places.length)) letters++;
  });
  return { nearest, apart, told, letters, wte, wpe, size };
}

const rowsOf = (numbers: Float64Array, size: number): Float64Array[] =>
  Array.from({ length: numbers.length / size }, (_, i) =>
    numbers.subarray(i * size, (i + 1) * size),
  );

/** Which of some vectors is closest to one, itself aside, and the square of how far. */
function closest(x: Float64Array, among: Float64Array[], itself = -1): [number, number] {
  let [best, least] = [-1, Infinity];
  among.forEach((other, i) => {
    if (i === itself) return;
    let square = 0;
    for (let k = 0; k < x.length; k++) square += (x[k]! - other[k]!) ** 2;
    if (square < least) [best, least] = [i, square];
  });
  return [best, least];
}
