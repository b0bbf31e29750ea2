/* What every job has: its way to tell and to rest, and a model at a step of training. */
import { trainingOf } from "../model/cache.ts";
import type { Model } from "../model/model.ts";
import { advance, type Training } from "../model/training.ts";
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

/** A training at a step; long ways are gone in pieces, each of which may be told of. */
export async function reach(
  asked: Asked,
  at: number,
  job: Job,
  tell?: (at: number) => void,
): Promise<Training> {
  const training = await trainingOf(asked);
  training.rewind(at);
  while (training.at < at && training.diverged === null) {
    advance([training], Math.min(PIECE, at - training.at));
    tell?.(training.at);
    if (training.at < at) await job.pause();
  }
  return training;
}

export interface Sample {
  text: string;
  known: boolean;
}

export const sampled = ({ corpus }: Model, texts: string[]): Sample[] =>
  texts.map((text) => ({ text, known: corpus.known.has(text) }));
