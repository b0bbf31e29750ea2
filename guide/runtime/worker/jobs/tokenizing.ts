/* Characters and tokens: what the tokenizer of a text makes of words. */
import { corpusOf } from "../data/corpus.ts";
import { charactersOf, clean, knownAs } from "../data/documents.ts";
import type { Source } from "../data/record.ts";

/** The different characters of some words, as the lessons find those of a file. */
export async function characters(input: { words: string }): Promise<{
  documents: string[];
  /** Every character in the order written, and whether it is the first of its kind. */
  joined: { character: string; first: boolean }[];
  vocabulary: string[];
  /** How often each of the vocabulary occurs. */
  times: number[];
}> {
  const documents = input.words
    .split(/[\s,]+/)
    .map(clean)
    .filter(Boolean);
  const all = [...documents.join("")];
  const vocabulary = charactersOf(documents);
  return {
    documents,
    joined: all.map((character, i) => ({ character, first: all.indexOf(character) === i })),
    vocabulary,
    times: vocabulary.map((one) => all.filter((character) => character === one).length),
  };
}

/** A word as token ids; what the vocabulary lacks is marked, and left out. */
export async function tokens(input: { source: Source; word: string }): Promise<{
  tokens: number[];
  characters: { character: string; known: boolean }[];
  vocabulary: string[];
}> {
  const corpus = await corpusOf(input.source);
  const known = new Set(corpus.vocabulary);
  return {
    tokens: corpus.encode(input.word),
    characters: [...input.word].map((character) => ({
      character,
      known: knownAs(character, known) !== undefined,
    })),
    vocabulary: corpus.vocabulary,
  };
}
