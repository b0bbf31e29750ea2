/* The trainings that the worker keeps, for the next question about one of them. */
import { corpusOf } from "../data/corpus.ts";
import { Kernel, type Precision } from "../kernel/kernel.ts";
import { runOf, type Asked } from "../data/record.ts";
import { Model } from "./model.ts";
import { Training } from "./training.ts";

// a training, what it is compared with, and the six rates tried where it breaks, of two
const CACHED = 16;

const trainings = new Map<string, Training>();

/** The training of a record: the one that is there already, or a new one, in the kernel
    of the one it is to be trained with, if there is such. */
export async function trainingOf(asked: Asked, beside?: Training): Promise<Training> {
  const run = runOf(asked);
  const key = JSON.stringify(run);
  const corpus = await corpusOf(run.source);
  const known = trainings.get(key);
  if (known && known.model.corpus === corpus) {
    trainings.delete(key);
    trainings.set(key, known);
    return known;
  }
  const precision = run.train.dtype as Precision;
  const shared = beside?.model.kernel.precision === precision ? beside.model.kernel : null;
  const kernel = shared ?? (await Kernel.open(precision));
  const made = new Training(new Model(run, corpus, kernel));
  const branched = run.changes.at(-1);
  if (branched) {
    const before = { ...run, changes: run.changes.slice(0, -1) };
    const parent = trainings.get(JSON.stringify(before));
    if (parent?.model.corpus === corpus) made.follow(parent, branched[0]);
  }
  trainings.set(key, made);
  if (trainings.size > CACHED) drop(trainings.keys().next().value!);
  return made;
}

/** It is forgotten, and its kernel free for others, unless some still share it. */
function drop(key: string): void {
  const { kernel } = trainings.get(key)!.model;
  trainings.delete(key);
  if (![...trainings.values()].some((each) => each.model.kernel === kernel)) kernel.giveBack();
}

/** The trainings of several records that differ in their rates, in one kernel where they
    are new. */
export async function trainingsOf(asked: Asked[]): Promise<Training[]> {
  if (asked.length > CACHED) throw new Error(`more than ${CACHED} trainings are not kept`);
  const found: Training[] = [];
  for (const each of asked) found.push(await trainingOf(each, found[0]));
  return found;
}
