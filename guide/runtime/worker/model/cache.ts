/* The sessions that the worker keeps, and several that train beside each other. */
import { corpusOf } from "../data/corpus.ts";
import { Kernel, type Precision } from "../kernel/kernel.ts";
import { runOf, type Asked } from "../data/record.ts";
import { Session } from "./session.ts";
import { trainTogether } from "./together.ts";

// a training, what it is compared with, and the six rates tried where it breaks, of two
const CACHED = 16;

const sessions = new Map<string, Session>();

/** The session of a record: the one that is there already, or a new one, in the kernel
    of the one it is to be trained with, if there is such. */
export async function sessionOf(asked: Asked, beside?: Session): Promise<Session> {
  const run = runOf(asked);
  const key = JSON.stringify(run);
  const corpus = await corpusOf(run.source);
  const known = sessions.get(key);
  if (known && known.corpus === corpus) {
    sessions.delete(key);
    sessions.set(key, known);
    return known;
  }
  const precision = run.train.dtype as Precision;
  const shared = beside?.kernel.precision === precision ? beside.kernel : null;
  const kernel = shared ?? (await Kernel.open(precision));
  const made = new Session(run, corpus, kernel);
  const branched = run.changes.at(-1);
  if (branched) {
    const before = { ...run, changes: run.changes.slice(0, -1) };
    const parent = sessions.get(JSON.stringify(before));
    if (parent?.corpus === corpus) made.follow(parent, branched[0]);
  }
  sessions.set(key, made);
  if (sessions.size > CACHED) drop(sessions.keys().next().value!);
  return made;
}

/** The session is forgotten, and its kernel free for others, unless some still share it. */
function drop(key: string): void {
  const { kernel } = sessions.get(key)!;
  sessions.delete(key);
  if (![...sessions.values()].some((each) => each.kernel === kernel)) kernel.giveBack();
}

/** The sessions of several records that differ in their rates, in one kernel where they
    are new. */
export async function sessionsOf(asked: Asked[]): Promise<Session[]> {
  if (asked.length > CACHED) throw new Error(`more than ${CACHED} sessions are not kept`);
  const found: Session[] = [];
  for (const each of asked) found.push(await sessionOf(each, found[0]));
  return found;
}

/** Those that are furthest behind go on for some steps, at most `most`, in one call where
    they share a kernel; false when all are at their end. */
export function advanceBeside(all: Session[], most: number): boolean {
  const going = all.filter(
    ({ at, run, diverged }) => diverged === null && at < run.train.num_steps,
  );
  const first = Math.min(...going.map(({ at }) => at));
  const lead = going.find(({ at }) => at === first);
  if (!lead) return false;
  const beside = going.filter(({ at, kernel }) => at === first && kernel === lead.kernel);
  const room = beside.map(({ run, stretch }) => Math.min(run.train.num_steps - first, stretch));
  trainTogether(beside, Math.min(most, ...room));
  return true;
}
