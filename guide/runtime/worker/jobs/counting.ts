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
  const training = await reach({ ...input.asked, step: 0, numSteps }, at, job);
  const { model } = training;
  const size = corpus.vocabSize;
  const probs = new Float64Array(size * size);
  for (let token = 0; token < size; token++) {
    model.kernel.call.decode_begin(model.g);
    model.kernel.call.decode_step(model.g, token);
    probs.set(model.probabilities(1), token * size);
  }
  return {
    counts: model.weights(),
    probs,
    vocabulary: corpus.vocabulary,
    documents: numSteps,
    at: training.at,
    last: training.at ? training.document(training.at - 1) : "",
  };
}
