/* Names beside the lines of a chart, where none covers another: as comparison/labels.py. */

/** A line across a chart, named in its margin. */
export interface Level {
  value: number;
  label: string;
  strong?: boolean;
}

const LINE = 15; // px that a name takes

/** Places at least `gap` apart, from `low` to `high`, as near as can be to `wanted`, which
    rise. Where there is no room they go on past `high`. */
export function spread(wanted: number[], gap: number, low: number, high: number): number[] {
  const blocks: { mean: number; count: number }[] = []; // what each wants, and how many
  wanted.forEach((place, i) => {
    const block = { mean: place - i * gap, count: 1 };
    for (let last = blocks.at(-1); last && last.mean > block.mean; last = blocks.at(-1)) {
      const count = last.count + block.count;
      block.mean = (last.mean * last.count + block.mean * block.count) / count;
      block.count = count;
      blocks.pop();
    }
    blocks.push(block);
  });
  const top = Math.max(low, high - (wanted.length - 1) * gap);
  const bases = blocks.flatMap(({ mean, count }) =>
    Array<number>(count).fill(Math.min(Math.max(mean, low), top)),
  );
  return bases.map((base, i) => base + i * gap);
}

/** Names at the height of their lines, moved as little as keeps them apart and inside. */
export function apart<Named extends Level>(
  levels: Named[],
  y: (value: number) => number,
  [top, bottom]: [number, number],
): (Named & { at: number })[] {
  const names = levels
    .map((level) => ({ ...level, at: y(level.value) }))
    .sort((a, b) => a.at - b.at);
  const places = spread(
    names.map(({ at }) => at),
    LINE,
    top,
    bottom,
  );
  return names.map((name, i) => ({ ...name, at: places[i]! }));
}
