/* A run's record, as config.py has it: the presets are written by it and tested equal. */
import states from "../../../states/manifest.json";
import presets from "./presets.json";
import type { Precision } from "../kernel/kernel.ts";

export type Step = 0 | 1 | 2 | 3 | 4 | 5;

/** Where documents come from: the built-in names, or texts the reader gave. */
export type Source = string;

/** How far a model of Steps 3 to 5 is trained, and by what: the settings are states.py's. */
export const STATES = ["untrained", "sgd-1000", "adam-1000", "adam-20000"] as const;
export type State = (typeof STATES)[number];

/** A part of a model that can be left out. */
export type Part = "positions" | "attention" | "residuals" | "norms" | "mlp" | "scale" | "mask";

/** What a figure says of a run; the rest is the lesson's. */
export interface Asked {
  step: Step;
  source: Source;
  seed?: number;
  numSteps?: number;
  learningRate?: number;
  optimizer?: "sgd" | "adam";
  /** Parts that the model does without, from its first step on. */
  without?: Part[];
  /** Step 0: what is added to every count. */
  smoothing?: number;
  /** Steps 4 and 5: how many layers there are. */
  nLayer?: number;
  /** From a step on, the schedule falls from another rate: pairs in their order. */
  changes?: Change[];
  /** A mistake on purpose: gradients are not set to 0 after an update. */
  keepGrads?: boolean;
  /** Another one: Adam's eps stands under the root. */
  epsInside?: boolean;
  dtype?: Precision;
}

/** The step, counted from 0, and the rate. */
export type Change = [step: number, rate: number];

export interface Run {
  step: Step;
  source: Source;
  changes: Change[];
  keepGrads: boolean;
  epsInside: boolean;
  without: Part[];
  model: (typeof presets)["5"]["model"];
  train: (typeof presets)["5"]["train"];
}

/** The lesson's temperature. */
export const lessonTemperature = (step: Step): number => (step === 0 ? 1 : 0.5);

/** The preset of a step with what was asked for in place. */
export function runOf(asked: Asked): Run {
  const preset = presets[String(asked.step) as keyof typeof presets] as Omit<
    Run,
    "step" | "source" | "changes" | "keepGrads" | "epsInside" | "without"
  >;
  const train = { ...preset.train };
  if (asked.seed !== undefined) train.seed = asked.seed;
  if (asked.numSteps !== undefined) train.num_steps = asked.numSteps;
  if (asked.learningRate !== undefined) train.learning_rate = asked.learningRate;
  if (asked.optimizer !== undefined) train.optimizer = asked.optimizer;
  if (asked.dtype !== undefined) train.dtype = asked.dtype;
  const model = { ...preset.model };
  if (asked.smoothing !== undefined) model.smoothing = asked.smoothing;
  if (asked.nLayer !== undefined) model.n_layer = asked.nLayer;
  const { step, source, changes = [], without = [] } = asked;
  const { keepGrads = false, epsInside = false } = asked;
  return { step, source, changes, keepGrads, epsInside, without, model, train };
}

/** The lesson's learning rate of a step. */
export const lessonRate = (step: Step): number =>
  presets[String(step) as keyof typeof presets].train.learning_rate;

/** Where the weights of a trained state are kept: Step 5 has the model of Step 4. */
export const fileOf = (step: Step, state: State): string => `step${Math.min(step, 4)}-${state}.bin`;

/** What trains a step's model to a state; the untrained one is there before any step. */
export function askedFor(step: Step, source: Source, state: State): Asked {
  if (state === "untrained") return { step, source };
  const trained = states[fileOf(step, state) as keyof typeof states].record;
  const optimizer = trained.optimizer as "sgd" | "adam";
  const { learning_rate: learningRate, num_steps: numSteps } = trained;
  return { step, source, optimizer, learningRate, numSteps };
}
