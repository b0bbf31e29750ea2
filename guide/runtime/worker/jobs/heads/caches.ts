/* How much room keys and values take in a model of any size. */

/** Of a model: its layers, how many numbers a key has before heads share it, how many
    heads share one, and how many bytes a number takes. */
export interface CacheShape {
  layers: number;
  width: number;
  share: number;
  tokens: number;
  bytes: number;
}

export interface CacheSize {
  /** How many numbers a key has. */
  part: number;
  /** Numbers that are kept of each token. */
  each: number;
  /** Bytes of all tokens. */
  total: number;
  /** The same of the lesson's model, its block full, in numbers of the same size. */
  own: number;
}

const OWN = { layers: 1, width: 16, share: 1, tokens: 16 };

export function cacheSize(input: CacheShape): CacheSize {
  const { part, each, total } = sized(input);
  return { part, each, total, own: sized({ ...OWN, bytes: input.bytes }).total };
}

function sized({ layers, width, share, tokens, bytes }: CacheShape): Omit<CacheSize, "own"> {
  const part = width / share;
  const each = 2 * layers * part;
  return { part, each, total: each * tokens * bytes };
}
