/* What figures ask of the worker: a room a kind of question. Each job is a plain function
   of its input: the same question has the same answer, whatever was asked before. */
import { at, levels, train } from "./jobs/training.ts";
import { counts } from "./jobs/counting.ts";
import { surprise, walk } from "./jobs/walking.ts";
import { next, names, generate, tally } from "./jobs/writing.ts";
import { linear, softmax } from "./jobs/operations.ts";
import { check, epsilons } from "./jobs/gradients.ts";
import { verify } from "./jobs/verifying.ts";
import { growth, heldouts, lasting, schedule } from "./jobs/branching.ts";
import { backwards, layers, weights } from "./jobs/layers.ts";
import { along } from "./jobs/slopes.ts";
import { browse, lengths, documents, vocabulary } from "./jobs/documents.ts";
import { characters, tokens } from "./jobs/tokenizing.ts";
import { row, smoothed } from "./jobs/smoothing.ts";
import { dials, dot, nudged } from "./jobs/ideas.ts";

export type { Job, Sample } from "./jobs/job.ts";
export type { Losses, Trained } from "./jobs/training.ts";
export type { Generated } from "./jobs/writing.ts";

export const jobs = {
  train, at, levels,
  counts,
  walk, surprise,
  next, names, generate, tally,
  linear, softmax,
  verify,
  check, epsilons, along,
  weights, layers, backwards,
  schedule, heldouts, growth, lasting,
  browse, lengths, documents, vocabulary,
  characters, tokens,
  row, smoothed,
  dials, dot, nudged,
};

export type Jobs = typeof jobs;
