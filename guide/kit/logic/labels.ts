/** A line across a chart, named in its margin. */
export interface Level {
  value: number;
  label: string;
  strong?: boolean;
}

const LINE = 15; // px that a name takes

/** Names at the height of their lines, moved as little as keeps them apart and inside. */
export function apart(
  levels: Level[],
  y: (value: number) => number,
  [top, bottom]: [number, number],
): (Level & { at: number })[] {
  const names = levels
    .map((level) => ({ ...level, at: y(level.value) }))
    .sort((a, b) => a.at - b.at);
  names.forEach((name, i) => {
    const before = names[i - 1];
    name.at = Math.max(name.at, before ? before.at + LINE : top);
  });
  for (let i = names.length - 1; i >= 0; i--) {
    const after = names[i + 1];
    names[i]!.at = Math.min(names[i]!.at, after ? after.at - LINE : bottom);
  }
  return names;
}
