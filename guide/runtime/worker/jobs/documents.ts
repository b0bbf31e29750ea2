/* The data: browsed, measured, and the reader's own. */
import { plain } from "../data/documents.ts";
import { corpusOf, give } from "../data/corpus.ts";
import type { Source } from "../data/record.ts";
import { trainingOf } from "../model/cache.ts";

/** A page of documents: in the file's order or as training takes them. */
export async function browse(input: {
  source: Source;
  seed: number;
  shuffled: boolean;
  query: string;
  from: number;
  count: number;
}): Promise<{
  rows: { place: number; text: string }[];
  found: number;
  documents: number;
  distinct: number;
  blank: number;
  vocabulary: string[];
  /** What was searched for: the query without case and accents. */
  searched: string;
}> {
  const corpus = await corpusOf(input.source);
  const training = await trainingOf({ step: 0, source: input.source, seed: input.seed });
  const { documents } = corpus;
  const order = input.shuffled ? training.order : documents.keys();
  const found: { place: number; text: string }[] = [];
  const query = plain(input.query);
  let place = 0;
  for (const i of order) {
    if (!query || corpus.plain[i]!.includes(query)) found.push({ place, text: documents[i]! });
    place++;
  }
  return {
    rows: found.slice(input.from, input.from + input.count),
    found: found.length,
    documents: corpus.documents.length,
    distinct: corpus.known.size,
    blank: corpus.blank,
    vocabulary: corpus.vocabulary,
    searched: query,
  };
}

/** How many documents have each length, in characters. */
export async function lengths(input: { source: Source }): Promise<{
  counts: Float64Array;
  examples: string[];
  documents: number;
}> {
  const corpus = await corpusOf(input.source);
  const counts: number[] = [];
  const examples: string[] = [];
  for (const text of corpus.documents) {
    const length = [...text].length;
    while (counts.length <= length) {
      counts.push(0);
      examples.push("");
    }
    counts[length]!++;
    examples[length] ||= text;
  }
  return {
    counts: Float64Array.from(counts),
    examples,
    documents: corpus.documents.length,
  };
}

/** Reads a reader's own documents; they stay in this page. */
export async function documents(input: { source: Source; bytes: Uint8Array }): Promise<{
  documents: number;
  vocabulary: string[];
  blank: number;
}> {
  const corpus = give(input.source, input.bytes);
  return {
    documents: corpus.documents.length,
    vocabulary: corpus.vocabulary,
    blank: corpus.blank,
  };
}

/** The vocabulary of a source. */
export async function vocabulary(input: { source: Source }): Promise<string[]> {
  return (await corpusOf(input.source)).vocabulary;
}
