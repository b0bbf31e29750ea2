/* Weights of heads from scores that the reader sets: each head has a softmax of its own. */
import { corpusOf } from "../../data/corpus.ts";
import { runOf, type Source } from "../../data/record.ts";
import { softmax } from "../operations.ts";

export interface Mixtures {
  /** BOS and the letters so far. */
  tokens: number[];
  vocabulary: string[];
  /** Of each head a score and a weight for each token. */
  scores: number[][];
  weights: Float64Array[];
}

/** The weights that these scores make, head by head; scores for another number of tokens
    are none, and then all are zero. */
export async function mixtures(input: {
  source: Source;
  word: string;
  rows: number[][];
}): Promise<Mixtures> {
  const { source, word, rows } = input;
  const corpus = await corpusOf(source);
  const block = runOf({ step: 4, source }).model.block_size;
  const tokens = corpus.encodePrefix(word).slice(0, block);
  const fits = (row: number[]): boolean =>
    row.length === tokens.length && row.every((each) => Number.isFinite(each));
  const scores = rows.map((row) => (fits(row) ? row : tokens.map(() => 0)));
  const weights = await Promise.all(scores.map((logits) => softmax({ logits, temperature: 1 })));
  return { tokens, vocabulary: corpus.vocabulary, scores, weights };
}
