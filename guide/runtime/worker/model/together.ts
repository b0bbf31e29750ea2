/* One call of the kernel that trains several models, or one. */
import { STRUCTS } from "../kernel/calls.ts";
import type { Session } from "./session.ts";

/** Sessions of one kernel and the same documents, all at the same step, go on for `count`
    steps in one call. No further than each one's stretch. */
export function trainTogether(sessions: Session[], count: number): void {
  const { kernel, at, run, order, tokens, offsets } = sessions[0]!;
  const { size } = STRUCTS.training;
  const documents = Math.min(run.train.num_steps, order.length);
  const made = kernel.freed(() => {
    const models = kernel.putInts(sessions.map(({ g }) => g));
    const how = kernel.allocate(size * sessions.length);
    const places = kernel.putInts(
      Int32Array.from({ length: count }, (_, i) => (at + i) % documents),
    );
    const losses = kernel.allocate(8 * count * sessions.length);
    const done = kernel.putInts(new Int32Array(sessions.length));
    for (const [i, each] of sessions.entries()) {
      kernel.setField("training", each.how, "learning_rate", each.rateAt(at));
      kernel.viewBytes(how + size * i, size).set(kernel.viewBytes(each.how, size));
    }
    kernel.call.train_models(
      models,
      how,
      sessions.length,
      tokens,
      offsets,
      places,
      at,
      count,
      losses,
      done,
    );
    return Array.from(kernel.ints(done, sessions.length), (steps, i) => {
      if (steps < 0) throw new Error("the kernel refused a document");
      return kernel.doubles(losses + 8 * count * i, steps);
    });
  });
  for (const [i, each] of sessions.entries()) each.took(made[i]!, count);
}
