/* What counting alone costs on held-out documents, as evaluation.py has it: nothing
   counted, letters, pairs, triples. Only sums are formed here; -ln p is the kernel's. */

/** How many observations of a pair its triple must have to count as much as the pair. */
const TRUST = 5;

class Row {
  total = 0;
  private readonly counts = new Map<number, number>();

  add(token: number): void {
    this.total++;
    this.counts.set(token, (this.counts.get(token) ?? 0) + 1);
  }

  of(token: number): number {
    return this.counts.get(token) ?? 0;
  }
}

type Triple = [before: number, token: number, after: number];

/** Of each token but the first: the two before it, and itself. */
function* triples(documents: number[][]): Generator<Triple> {
  for (const tokens of documents)
    for (let i = 1; i < tokens.length; i++)
      yield [tokens[Math.max(0, i - 2)]!, tokens[i - 1]!, tokens[i]!];
}

/** The mean losses of uniform, letter, bigram and trigram on `heldout`. */
export function baselines(
  trained: number[][],
  heldout: number[][],
  vocabSize: number,
  surprise: (p: number) => number,
): number[] {
  const ones = new Row();
  const twos = new Map<number, Row>();
  const threes = new Map<number, Row>();
  const row = (rows: Map<number, Row>, key: number): Row => {
    let found = rows.get(key);
    if (!found) rows.set(key, (found = new Row()));
    return found;
  };
  for (const [before, token, after] of triples(trained)) {
    ones.add(after);
    row(twos, token).add(after);
    row(threes, before * vocabSize + token).add(after);
  }
  const smoothed = (from: Row, after: number): number =>
    (from.of(after) + 1) / (from.total + vocabSize);
  const sums = [0, 0, 0, 0];
  let count = 0;
  for (const [before, token, after] of triples(heldout)) {
    const two = smoothed(row(twos, token), after);
    const three = row(threes, before * vocabSize + token);
    const all = [
      1 / vocabSize,
      smoothed(ones, after),
      two,
      (three.of(after) + TRUST * two) / (three.total + TRUST),
    ];
    all.forEach((p, i) => (sums[i]! += surprise(p)));
    count++;
  }
  return sums.map((sum) => sum / count);
}
