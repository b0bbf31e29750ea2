/* Numbers of any size in words that can be compared: 652 million, 2.6 GB. */
import { formatNumber, whole } from "../../runtime/figure/formatting.ts";
import { t } from "../../runtime/figure/strings.ts";

const STEP = 1000;
const COUNTS = ["", "thousand", "million", "billion", "trillion", "quadrillion"];
const BYTES = ["B", "kB", "MB", "GB", "TB", "PB"];
const EXACT = 100_000; // below that all digits are told
const ROUNDED = 999.5; // is written as 1,000

/** Three digits of it, and by which power of a thousand to read them. */
function scaled(value: number, most: number): [text: string, power: number] {
  let [left, power] = [value, 0];
  while (left >= ROUNDED && power < most) [left, power] = [left / STEP, power + 1];
  return [formatNumber(left, left >= 99.95 ? 0 : left >= 9.995 ? 1 : 2), power];
}

/** How many, in words. */
export function counted(value: number): string {
  if (value < EXACT) return whole(value);
  const [n, power] = scaled(value, COUNTS.length - 1);
  return t(`scale-${COUNTS[power]!}`, { n });
}

/** How many bytes: in kB, MB and so on, of which each is a thousand of the one before. */
export function bytes(value: number): string {
  const [n, power] = scaled(value, BYTES.length - 1);
  return power ? `${n} ${BYTES[power]!}` : `${whole(value)} ${BYTES[0]!}`;
}
