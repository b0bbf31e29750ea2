/* The heads of a layer, one after another, and the matrix that combines what they made. */
import { modelIn, type InState } from "../../model/states.ts";
import { withMatrix } from "../attention/mixing.ts";
import { passOf, type Pass } from "../attention/passes.ts";
import type { Job } from "../job.ts";

export interface Looped extends Pass {
  /** The loss of the whole model. */
  whole: number;
}

const IDENTITY = (cell: number, columns: number): number => Number(cell % (columns + 1) === 0);

/** A word through the model of Step 4, or through one whose heads stay apart: then the
    identity stands for attn_wo. */
export async function headLoop(
  input: Omit<InState, "step"> & { word: string; apart: boolean },
  job: Job,
): Promise<Looped> {
  const { word, apart } = input;
  const model = await modelIn({ ...input, step: 4 }, job);
  const look = (): Pass => passOf(model, word);
  const whole = look();
  const pass = apart ? withMatrix(model, "attn_wo", IDENTITY, look) : whole;
  return { ...pass, whole: whole.loss };
}
