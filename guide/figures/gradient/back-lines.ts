/* The way back, line by line: its code, and the same with numbers. */
import { products } from "../../kit/logic/products.ts";
import { formatNumber } from "../../runtime/figure/formatting.ts";
import { t } from "../../runtime/figure/strings.ts";
import type { Jobs } from "../../runtime/worker/jobs/index.ts";

type Found = Awaited<ReturnType<Jobs["backwards"]>>;

interface Line {
  code: string;
  numbers: string;
}

/** What is followed: a logit, a hidden unit and a number of the embedding. */
interface Followed {
  i: number;
  j: number;
  k: number;
}

const f = (value: number | undefined): string => formatNumber(value ?? 0);

const column = (w: Float64Array, size: number, at: number): Float64Array =>
  w.filter((_, place) => place % size === at);

/** Where a row and column of a matrix stands among all weights. */
function weightAt(found: Found, name: string, row: number, column: number): number {
  const tensor = found.tensors.find((each) => each.name === name);
  return tensor ? tensor.offset + row * tensor.columns + column : -1;
}

function fromLoss(found: Found, { i, j }: Followed, names: string[]): Line[] {
  const { hidden, probs, dlogits, pair, target, tokens, loss } = found;
  const one = i === target;
  const letter = names[i] ?? "";
  const n = tokens.length - 1;
  const fc2 = weightAt(found, "mlp_fc2", i, j);
  return [
    { code: `loss = -ln p[${names[target]}]`, numbers: `−ln ${f(probs[target])} = ${f(loss)}` },
    {
      code: `dlogits[${letter}] = (p[${letter}]${one ? " - 1" : ""}) / n`,
      numbers: `(${f(probs[i])}${one ? " − 1" : ""}) / ${n} = ${f(dlogits[i])}`,
    },
    {
      code: `dfc2[${letter}][${j}] += dlogits[${letter}] * h[${j}]`,
      numbers: `${f(dlogits[i])} × ${f(hidden[j])} = ${f(pair[fc2])}`,
    },
  ];
}

function throughLayers(found: Found, { j, k }: Followed, names: string[]): Line[] {
  const { x, before, hidden, dlogits, dhidden, dbefore, dx, fc1, fc2, token } = found;
  const open = (before[j] ?? 0) > 0;
  const at = weightAt(found, "mlp_fc1", j, k);
  const wte = weightAt(found, "wte", token, k);
  return [
    {
      code: `dh[${j}] += dlogits[i] * fc2[i][${j}]`,
      numbers: `${products(dlogits, column(fc2, hidden.length, j), 2)} = ${f(dhidden[j])}`,
    },
    {
      code: `if h[${j}] > 0`,
      numbers: open
        ? `${f(before[j])} > 0: ${f(dhidden[j])} → ${f(dbefore[j])}`
        : `${f(before[j])} ≤ 0: ${f(dhidden[j])} → 0`,
    },
    {
      code: `dfc1[${j}][${k}] += dh[${j}] * x[${k}]`,
      numbers: `${f(dbefore[j])} × ${f(x[k])} = ${f(found.pair[at])}`,
    },
    {
      code: `dx[${k}] += dh[j] * fc1[j][${k}]`,
      numbers: `${products(dbefore, column(fc1, x.length, k), 2)} = ${f(dx[k])}`,
    },
    {
      code: `dwte[${names[token]}][${k}] += dx[${k}]`,
      numbers: `+ ${f(found.pair[wte])}; ${t("back-whole", { total: f(found.whole[wte]) })}`,
    },
  ];
}

export const backLines = (found: Found, followed: Followed, names: string[]): Line[] => [
  ...fromLoss(found, followed, names),
  ...throughLayers(found, followed, names),
];
