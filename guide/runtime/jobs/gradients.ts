/* Gradients of a word: by the chain rule, and by nudging. */
import type { Asked } from "../record.ts";
import type { Session, Tensor } from "../session.ts";
import { PIECE, reach, type Job } from "./job.ts";

/** Every gradient twice: by the chain rule, and by nudging. */
export async function check(
  input: { asked: Asked; at: number; word: string; eps: number; central: boolean },
  job: Job,
): Promise<{
  analytic: Float64Array;
  numerical: Float64Array;
  tensors: Tensor[];
  loss: number;
  worst: { weight: number; difference: number };
}> {
  const session = await reach(input.asked, input.at, job);
  const numerical: number[] = [];
  const { loss, analytic } = gradients(session, input.word);
  for (let first = 0; first < analytic.length; first += PIECE) {
    const count = Math.min(PIECE, analytic.length - first);
    numerical.push(...slopes(session, input.word, first, count, input.eps, input.central));
    await job.pause();
  }
  const worst = { weight: 0, difference: 0 };
  analytic.forEach((slope, weight) => {
    const difference = Math.abs(slope - numerical[weight]!);
    if (!(difference <= worst.difference)) Object.assign(worst, { weight, difference });
  });
  return {
    analytic,
    numerical: Float64Array.from(numerical),
    tensors: session.tensors(),
    loss,
    worst,
  };
}

/** One gradient measured with many nudges. Without a weight: the steepest. */
export async function epsilons(
  input: { asked: Asked; at: number; word: string; weight: number; eps: number[] },
  job: Job,
): Promise<{
  weight: number;
  analytic: number;
  forward: Float64Array;
  central: Float64Array;
  tensors: Tensor[];
}> {
  const session = await reach(input.asked, input.at, job);
  const { analytic } = gradients(session, input.word);
  let weight = input.weight;
  if (weight < 0 || weight >= analytic.length) {
    weight = 0;
    analytic.forEach((slope, i) => {
      if (Math.abs(slope) > Math.abs(analytic[weight]!)) weight = i;
    });
  }
  const at = (eps: number, central: boolean): number =>
    slopes(session, input.word, weight, 1, eps, central)[0]!;
  return {
    weight,
    analytic: analytic[weight]!,
    forward: Float64Array.from(input.eps, (eps) => at(eps, false)),
    central: Float64Array.from(input.eps, (eps) => at(eps, true)),
    tensors: session.tensors(),
  };
}

function gradients(
  session: Session,
  word: string,
): { loss: number; analytic: Float64Array } {
  const { kernel, g } = session;
  const tokens = session.cut(word);
  return kernel.freed(() => {
    kernel.call.zero_grads(g);
    const loss = kernel.call.gradient(g, kernel.putInts(tokens), tokens.length - 1, 1, 0);
    const analytic = session.grads();
    kernel.call.zero_grads(g);
    return { loss, analytic };
  });
}

function slopes(
  session: Session,
  word: string,
  first: number,
  count: number,
  eps: number,
  central: boolean,
): Float64Array {
  const { kernel, g } = session;
  const tokens = session.cut(word);
  return kernel.freed(() => {
    const found = kernel.allocate(8 * count);
    kernel.call.numerical_gradients(
      g, kernel.putInts(tokens), tokens.length - 1, first, count, eps, central ? 1 : 0, found,
    );
    return kernel.doubles(found, count);
  });
}
