/* Characters that cannot be seen. */
import { t } from "../../runtime/figure/strings.ts";

/** A character as it can be read: one that cannot be seen is named, or has its number. */
export function readable(character: string): string {
  if (character === " ") return t("space");
  return /[\p{C}\p{Z}\p{M}]/u.test(character)
    ? `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`
    : character;
}
