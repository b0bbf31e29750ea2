/* What figures ask of the worker: a room a kind of question. Each job is a plain function
   of its input: the same question has the same answer, whatever was asked before. */
import { at, levels, prepare, train } from "./training.ts";
import { counts } from "./counting.ts";
import { surprise, walk } from "./walking.ts";
import { next, names, generate, tally } from "./writing.ts";
import { linear, rmsnorm, softmax } from "./operations.ts";
import { check, epsilons } from "./gradients.ts";
import { alive, graph } from "./autograd/graphs.ts";
import { verify } from "./verifying.ts";
import { growth, heldouts, lasting, schedule } from "./branching.ts";
import { backwards, layers, sides, weights } from "./layers.ts";
import { inside } from "./attention/inside.ts";
import { along } from "./slopes.ts";
import { browse, lengths, documents, vocabulary } from "./documents.ts";
import { characters, tokens } from "./tokenizing.ts";
import { play } from "../game/play.ts";
import { row, smoothed } from "./smoothing.ts";
import { descent, dials, dot, nudged } from "./ideas.ts";
import { expression } from "./autograd/expressions.ts";
import { tangents } from "./autograd/tangents.ts";
import { caching } from "./attention/caching.ts";
import { mixes, projections, stream } from "./attention/mixing.ts";
import { habits } from "./heads/habits.ts";
import { ablate } from "./attention/ablations.ts";
import { pass } from "./attention/passes.ts";
import { cacheSize } from "./heads/caches.ts";
import { depths, lists, stack } from "./heads/depths.ts";
import { endings, sums } from "./attention/places.ts";
import { scores } from "./attention/scores.ts";
import { averages, traced } from "./adam/averages.ts";
import { race } from "./adam/race.ts";
import { landscape, ways } from "./adam/landscape.ts";
import { reaches } from "./adam/reaches.ts";
import { updates } from "./adam/updates.ts";
import { sizes } from "./scale/sizes.ts";
import { headLoop } from "./heads/loop.ts";
import { mixtures } from "./heads/mixtures.ts";

export type { Job, Sample } from "./job.ts";
export type { Losses, Stage, Trained } from "./training.ts";
export type { Game, Player, Who } from "../game/play.ts";
export type { Guess } from "../game/rule.ts";
export type { Depth, KeptLists, Stack } from "./heads/depths.ts";
export type { Habit, Habits } from "./heads/habits.ts";
export type { Paired } from "./attention/ablations.ts";
export type { Pass } from "./attention/passes.ts";
export type { Scored } from "./attention/scores.ts";
export type { Machine } from "./attention/caching.ts";
export type { Generated } from "./writing.ts";

export const jobs = {
  train,
  prepare,
  at,
  levels,
  counts,
  walk,
  surprise,
  next,
  names,
  generate,
  tally,
  linear,
  softmax,
  rmsnorm,
  verify,
  check,
  epsilons,
  along,
  weights,
  layers,
  sides,
  inside,
  backwards,
  graph,
  alive,
  schedule,
  heldouts,
  growth,
  lasting,
  browse,
  lengths,
  documents,
  vocabulary,
  characters,
  tokens,
  row,
  smoothed,
  play,
  dials,
  dot,
  nudged,
  descent,
  expression,
  tangents,
  ablate,
  habits,
  pass,
  scores,
  caching,
  endings,
  sums,
  mixes,
  projections,
  stream,
  traced,
  averages,
  updates,
  race,
  reaches,
  sizes,
  cacheSize,
  depths,
  lists,
  stack,
  mixtures,
  headLoop,
  landscape,
  ways,
};

export type Jobs = typeof jobs;
