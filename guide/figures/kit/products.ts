import { formatNumber } from "../../runtime/numbers.ts";

/** A dot product written out: its first products, those that count for something. */
export function products(w: ArrayLike<number>, x: ArrayLike<number>, shown = 3): string {
  const parts: string[] = [];
  let left = 0;
  for (let i = 0; i < x.length; i++) {
    if (!x[i]) continue;
    if (parts.length < shown) {
      const times = `${formatNumber(w[i] ?? 0, 3)} × ${formatNumber(x[i] ?? 0, 3)}`;
      parts.push(times);
    } else left++;
  }
  return (parts.join(" + ") || "0") + (left ? ` + … (${left + parts.length})` : "");
}
