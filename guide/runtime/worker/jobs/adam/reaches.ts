/* How far each matrix moves: by SGD at one rate for all, and by Adam. */
import { runOf, type Asked, type Source } from "../../data/record.ts";
import { evaluate } from "../../model/evaluation.ts";
import type { Tensor } from "../../model/model.ts";
import type { Training } from "../../model/training.ts";
import { reach, type Job } from "../job.ts";

const SGD = 4; // the step that trains the same model without Adam
const ADAM = 5;

export interface Moved {
  /** Of each tensor, |w - w0| / |w0| at the end; what is reached where it diverged. */
  far: number[];
  heldout: number | null;
  /** The step, from 1, whose loss was not a number. */
  diverged: number | null;
}

export interface Reaches {
  tensors: Tensor[];
  /** Of each tensor's gradient at the first document, the root of the mean square. */
  slopes: number[];
  sgd: Moved;
  adam: Moved;
}

/** The same weights at first, both ways, to the end of the lesson's training. */
export async function reaches(input: { source: Source; rate: number }, job: Job): Promise<Reaches> {
  const { source, rate } = input;
  const sgd = await reach({ step: SGD, source, learningRate: rate }, 0, job);
  const slopes = sgd.withGradients(0, (found) => spreads(sgd, found));
  return {
    tensors: sgd.model.tensors(),
    slopes,
    sgd: await moved({ step: SGD, source, learningRate: rate }, job),
    adam: await moved({ step: ADAM, source }, job),
  };
}

function spreads(training: Training, numbers: Float64Array): number[] {
  return training.model.tensors().map(({ offset, rows, columns }) => {
    const part = numbers.subarray(offset, offset + rows * columns);
    return Math.sqrt(part.reduce((sum, each) => sum + each * each, 0) / part.length);
  });
}

async function moved(asked: Asked, job: Job): Promise<Moved> {
  const training = await reach(asked, runOf(asked).train.num_steps, job);
  const { model } = training;
  const { kernel, g } = model;
  const begun = training.inSnapshot(0, () => model.weights());
  const far = kernel.freed(() => {
    const before = kernel.putReals(begun);
    return model.tensors().map((_, i) => kernel.call.relative_change(g, i, before));
  });
  const whole = training.diverged === null;
  return {
    far,
    heldout: whole ? (evaluate(model)?.loss ?? null) : null,
    diverged: whole ? null : training.diverged! + 1,
  };
}
