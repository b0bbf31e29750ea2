/* Step 0's table, counted as far as was asked. */
import { corpusOf } from "../data/corpus.ts";
import type { Asked } from "../data/record.ts";
import { reach, type Job } from "./job.ts";

/** Step 0: the table of counts and the probabilities that it stands for. */
export async function counts(
  input: { asked: Asked; at: number },
  job: Job,
): Promise<{
  counts: Float64Array;
  probs: Float64Array;
  vocabulary: string[];
  documents: number;
  at: number;
  last: string;
}> {
  const corpus = await corpusOf(input.asked.source);
  const numSteps = corpus.documents.length;
  const at = Math.min(input.at, numSteps);
  const session = await reach({ ...input.asked, step: 0, numSteps }, at, job);
  const size = corpus.vocabSize;
  const probs = new Float64Array(size * size);
  for (let token = 0; token < size; token++) {
    session.kernel.call.begin(session.g);
    session.kernel.call.feed(session.g, token);
    probs.set(session.probabilities(1), token * size);
  }
  return {
    counts: session.weights(),
    probs,
    vocabulary: corpus.vocabulary,
    documents: numSteps,
    at: session.at,
    last: session.at ? session.document(session.at - 1) : "",
  };
}
