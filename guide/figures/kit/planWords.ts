import { whole } from "../../runtime/numbers.ts";
import { t } from "../../runtime/strings.ts";
import type { Plan } from "./plan.ts";

/** A plan in words: a rate of 1, 30 from step 301 on. */
export const planWords = ({ rate, changes }: Plan): string =>
  t("plan-rate", { rate: String(rate) }) +
  changes
    .map(([step, other]) => t("plan-then", { rate: String(other), step: whole(step + 1) }))
    .join("");
