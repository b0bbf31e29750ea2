import { formatNumber } from "../../runtime/figure/formatting.ts";
import { t } from "../../runtime/figure/strings.ts";

/** A dot product written out: the few products that weigh most, in their order. */
export function products(w: ArrayLike<number>, x: ArrayLike<number>, shown = 3): string {
  const size = (i: number): number => Math.abs((w[i] ?? 0) * (x[i] ?? 0));
  const all = Array.from({ length: x.length }, (_, i) => i);
  const first = [...all]
    .sort((a, b) => size(b) - size(a))
    .slice(0, shown)
    .sort((a, b) => a - b);
  const parts = first.map((i) => `${formatNumber(w[i] ?? 0, 3)} × ${formatNumber(x[i] ?? 0, 3)}`);
  const sum = parts.join(" + ");
  if (all.length <= shown) return sum;
  return `${sum} + … (${t("products-in-all", { n: String(x.length) })})`;
}
