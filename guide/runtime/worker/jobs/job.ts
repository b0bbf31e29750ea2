/* What every job has: its way to tell and to rest, and a model at a step of training. */
import type { Session } from "../model/session.ts";
import { sessionOf } from "../model/cache.ts";
import type { Asked } from "../data/record.ts";

/** How a job tells of what it has so far, and lets others cancel it. */
export interface Job {
  /** What it has is formed only where somebody listens. */
  tell(piece: () => unknown): void;
  /** Lets messages in, unless it just has; throws when the job was cancelled. */
  pause(): Promise<void>;
}

/** How many steps, or nudges, are made before messages are let in. */
export const PIECE = 100;

/** A session at a step; long ways are gone in pieces. */
export async function reach(asked: Asked, at: number, job: Job): Promise<Session> {
  const session = await sessionOf(asked);
  session.rewind(at);
  while (session.at < at && session.diverged === null) {
    session.advance(Math.min(PIECE, at - session.at));
    if (session.at < at) await job.pause();
  }
  return session;
}

export interface Sample {
  text: string;
  known: boolean;
}

export const sampled = (session: Session, texts: string[]): Sample[] =>
  texts.map((text) => ({ text, known: session.corpus.known.has(text) }));
