/* Signed numbers as cells: one path a shade, for thousands of elements would be slow. */

const LEVELS = 24;

export interface Shade {
  /** Above zero or below. */
  plus: boolean;
  opacity: number;
  path: string;
}

/** Cells of signed numbers, those of one shade together; zero has none. */
export function shades(
  values: ArrayLike<number>,
  most: number,
  cell: (place: number) => { x: number; y: number; width: number; height: number },
): Shade[] {
  const paths = new Map<number, string>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    const share = Math.min(1, Math.abs(value) / (most || 1));
    const shade = Math.sign(value) * Math.ceil(share * LEVELS);
    if (!shade) continue;
    const { x, y, width, height } = cell(i);
    const path = `M${x} ${y}h${width}v${height}h-${width}z`;
    paths.set(shade, (paths.get(shade) ?? "") + path);
  }
  return Array.from(paths, ([shade, path]) => ({
    plus: shade > 0,
    opacity: Math.abs(shade) / LEVELS,
    path,
  }));
}
