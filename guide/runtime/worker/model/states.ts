/* A model of Steps 3 to 5 in a state. For the built-in names its weights are a file that
   src/glassgpt/guide/states.py made; for other documents it is trained here. */
import { corpusOf } from "../data/corpus.ts";
import { askedFor, fileOf, runOf, type Source, type State, type Step } from "../data/record.ts";
import { Kernel } from "../kernel/kernel.ts";
import { reach, type Job } from "../jobs/job.ts";
import { Model } from "./model.ts";

/** A model that a figure asks for: of which step, on which documents, how far trained. */
export interface InState {
  step: Step;
  source: Source;
  state: State;
}

const files = import.meta.glob<string>("../../../states/*.bin", {
  eager: true,
  query: "?url",
  import: "default",
});
/** How far the training to a state is. */
export interface Progress {
  at: number;
  numSteps: number;
}

let kernel: Promise<Kernel> | undefined;
const kept = new Map<string, Promise<Model>>();

/** The model in that state; how far its training is, is told. */
export async function modelIn({ step, source, state }: InState, job: Job): Promise<Model> {
  const asked = askedFor(step, source, state);
  if (source !== "names" || state === "untrained") {
    const numSteps = state === "untrained" ? 0 : runOf(asked).train.num_steps;
    const tell = (at: number): void => job.tell((): Progress => ({ at, numSteps }));
    return (await reach(asked, numSteps, job, tell)).model;
  }
  const key = `${step} ${state}`;
  const known = kept.get(key);
  if (known) return known;
  const loading = load({ step, source, state });
  kept.set(key, loading);
  loading.catch(() => kept.delete(key));
  return loading;
}

async function load({ step, source, state }: InState): Promise<Model> {
  const name = fileOf(step, state);
  const file = files[`../../../states/${name}`];
  if (!file) throw new Error(`unknown state: ${name}`);
  kernel ??= Kernel.open("float64");
  const [answer, corpus, room] = await Promise.all([fetch(file), corpusOf(source), kernel]);
  if (!answer.ok) throw new Error(`missing state: ${answer.status}`);
  const bytes = new DataView(await answer.arrayBuffer());
  const model = new Model(runOf(askedFor(step, source, state)), corpus, room);
  const count = bytes.byteLength / 4;
  model.setWeights(Float64Array.from({ length: count }, (_, i) => bytes.getFloat32(4 * i, true)));
  return model;
}
