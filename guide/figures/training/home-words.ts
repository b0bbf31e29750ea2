/* What the figure on the first page says of a training. */
import { formatNumber, whole } from "../../runtime/figure/formatting.ts";
import { t } from "../../runtime/figure/strings.ts";
import type { Trained } from "../../runtime/worker/jobs/index.ts";
import { baselineWords } from "../../kit/logic/baselines.ts";

/** How long the steps took. */
export const inTime = ({ milliseconds }: Trained): string =>
  milliseconds < 1
    ? t("milliseconds-few")
    : t("milliseconds", { n: whole(Math.round(milliseconds)) });

/** Somewhere on the way. */
export function onTheWay(trained: Trained, at: number): string {
  if (!at) return t("home-first");
  return t("home-stage", {
    at: whole(at),
    n: whole(trained.numSteps),
    smooth: formatNumber(trained.smooth[at - 1] ?? 0),
    stage: whole(trained.stages.findLast((each) => each.at <= at)?.at ?? 0),
  });
}

/** When all steps are made. */
export function afterwards(trained: Trained, guesses: ArrayLike<number>, own: boolean): string {
  const { heldout, perplexity, samples, smooth } = trained;
  if (!heldout || !perplexity) return t("home-small", { loss: formatNumber(smooth.at(-1) ?? 0) });
  return t(own ? "home-after-own" : "home-after", {
    loss: formatNumber(heldout.loss),
    documents: whole(heldout.documents),
    choices: formatNumber(perplexity, 1),
    ...baselineWords(guesses, (each) => formatNumber(each, 3)),
    new: whole(samples.filter(({ known }) => !known).length),
    samples: whole(samples.length),
  });
}

/** When the loss was no longer a number. */
export const broken = (trained: Trained, rate: number): string =>
  t("home-diverged", {
    step: whole(trained.at + 1),
    rate: String(rate),
    first: formatNumber(trained.losses[0] ?? 0, 2),
    most: formatNumber(Math.max(...trained.losses), 2),
  });
