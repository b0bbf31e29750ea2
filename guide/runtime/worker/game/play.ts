/* A game: the reader guesses documents that no model has read, letter by letter, and is
   measured as the models are. What has not been guessed yet stays in here. */
import { fingerprint } from "../data/heldout.ts";
import type { Source, Step } from "../data/record.ts";
import { reach, type Job } from "../jobs/job.ts";
import { through } from "../jobs/walking.ts";
import { trainingOf } from "../model/cache.ts";
import type { Model } from "../model/model.ts";
import { chosen, frequencies, RULE, spread, type Chosen, type Guess } from "./rule.ts";

/** Who is measured: the reader now and the first time, whoever sent a link, a step. */
export type Who = "you" | "first" | "sender" | Step;

export interface Player {
  who: Who;
  /** Of each place guessed so far: what the token that came was given, and its cost. */
  p: number[];
  losses: number[];
  mean: number;
  perplexity: number;
  /** The cost of each document, as far as it was guessed. */
  documents: number[];
}

/** Where a token stands: in which document, and after what. */
interface Place {
  document: number;
  token: number;
}

export interface Game {
  /** Tells these documents from others. */
  id: string;
  why: Chosen["why"];
  rule: typeof RULE & { kept: boolean; steps: number };
  documents: number;
  vocabulary: string[];
  uniform: number;
  /** The places that have been guessed. */
  places: Place[];
  players: Player[];
  done: boolean;
  round: number;
  /** How often the reader's likeliest token came, and what such were given on the mean. */
  right: number;
  sure: number;
  /** The place that was asked for: what the reader gives each token there, and the last
      step, where the place has been guessed. */
  shown: { given: Float64Array; model: Float64Array | null };
}

interface Asking {
  source: Source;
  steps: Step[];
  /** Of each game its rounds, of each round its guesses. */
  games: Record<string, Guess[][]>;
  /** The guess that is being made. */
  now: Guess;
  /** What whoever sent a link gave each token that came. */
  sender: number[];
  /** The place to show, of those guessed; any other is the next. */
  at: number;
}

/** A game as far as it has been played. */
export async function play(input: Asking, job: Job): Promise<Game> {
  const table = await trained(0, input.source, job);
  const models: Model[] = [];
  for (const step of input.steps) models.push(await trained(step, input.source, job));
  const { documents, kept, why } = chosen(table);
  const { kernel, corpus, run } = table;
  const id = fingerprint(kernel, documents.join("\n"));
  const rounds = input.games[id] ?? [[]];
  const all = documents.flatMap((text, document) =>
    corpus
      .encode(text)
      .slice(1)
      .map((token): Place => ({ document, token })),
  );
  const often = frequencies(table);
  const [first, given] = [rounds[0]!, rounds.at(-1)!].map((guesses) =>
    guesses.slice(0, all.length).map((guess) => spread(often, guess)),
  ) as [Float64Array[], Float64Array[]];
  const places = all.slice(0, given.length);
  const rows = models.map((model) => rowsOf(model, documents));
  const of = (row: Float64Array[]): number[] => places.map(({ token }, i) => row[i]![token]!);
  const ps: [Who, number[]][] = [["you", of(given)]];
  if (rounds.length > 1 && first.length === all.length) ps.push(["first", of(first)]);
  if (all.length && input.sender.length === all.length) ps.push(["sender", input.sender]);
  rows.forEach((row, i) => ps.push([input.steps[i]!, of(row)]));
  return {
    ...{ id, why, documents: documents.length, vocabulary: corpus.vocabulary, places },
    rule: { ...RULE, kept, steps: run.train.num_steps },
    uniform: kernel.call.surprisal(1 / corpus.vocabSize),
    players: ps.map(([who, p]) => measured(table, who, p, places)),
    done: all.length > 0 && places.length === all.length,
    round: rounds.length,
    right: places.filter(({ token }, i) => largest(given[i]!).token === token).length,
    sure: given.reduce((sum, each) => sum + largest(each).p, 0) / given.length,
    shown: {
      given: given[input.at] ?? spread(often, input.now),
      model: given[input.at] ? (rows.at(-1)?.[input.at] ?? null) : null,
    },
  };
}

/** A step's model after its lesson's training. */
async function trained(step: Step, source: Source, job: Job): Promise<Model> {
  const { run } = await trainingOf({ step, source });
  return (await reach({ step, source }, run.train.num_steps, job)).model;
}

/** What a model gives each token at every place of some documents. */
function rowsOf(model: Model, documents: string[]): Float64Array[] {
  const size = model.corpus.vocabSize;
  return documents.flatMap((text) => {
    const { probs, losses } = through(model, text);
    return Array.from(losses, (_, i) => probs.slice(i * size, (i + 1) * size));
  });
}

/** A player's costs, from what each token that came was given. */
function measured({ kernel }: Model, who: Who, all: number[], places: Place[]): Player {
  const p = all.slice(0, places.length);
  const losses = p.map((each) => kernel.call.surprisal(each));
  const documents: number[] = [];
  losses.forEach((loss, i) => {
    const { document } = places[i]!;
    documents[document] = (documents[document] ?? 0) + loss;
  });
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  return { who, p, losses, mean, perplexity: Math.exp(mean), documents };
}

function largest(given: Float64Array): { token: number; p: number } {
  const p = Math.max(...given);
  return { token: given.indexOf(p), p };
}
