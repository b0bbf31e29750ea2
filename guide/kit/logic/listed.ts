/* Words one after another, as they are said: a, b and c. */
import { t } from "../../runtime/figure/strings.ts";

export function listed(words: string[]): string {
  const last = words.at(-1) ?? "";
  const most = words.slice(0, -1).join(", ");
  return most ? t("list-and", { most, last }) : last;
}
