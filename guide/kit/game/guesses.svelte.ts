/* What the reader guessed, kept in this browser, and the guess that is being made. */
import { storedJson, store } from "../../runtime/page/storage.ts";
import type { Guess } from "../../runtime/worker/jobs/index.ts";

export const LEAST = 1; // thousandths: what was called impossible would cost without end
const MOST = 970; // of all that is set, so that something is left for the others
const KEPT = 4; // games

type Games = Record<string, Guess[][]>;

const isGuess = (guess: unknown): guess is Guess =>
  Array.isArray(guess) &&
  guess.every(
    (bar: unknown) =>
      Array.isArray(bar) &&
      Number.isInteger(bar[0]) &&
      bar[0] >= 0 &&
      Number.isInteger(bar[1]) &&
      bar[1] >= LEAST &&
      bar[1] <= MOST,
  );

/** The games that this browser keeps; those that can't be read are left out. */
function kept(): Games {
  const found = Object.entries(storedJson<Record<string, unknown>>("guesses", {}));
  return Object.fromEntries(
    found.filter(
      (entry): entry is [string, Guess[][]] =>
        Array.isArray(entry[1]) &&
        entry[1].length > 0 &&
        entry[1].every((round: unknown) => Array.isArray(round) && round.every(isGuess)),
    ),
  );
}

export class Guesses {
  games: Games = $state.raw(kept());
  /** The bars that are set, the last one last. */
  now: Guess = $state.raw([]);

  /** The token that was set last. */
  get current(): number {
    return this.now.at(-1)?.[0] ?? -1;
  }

  /** A letter is picked: that one alone, or beside those that are set. */
  pick(token: number, thousandths: number, beside: boolean): void {
    if (!beside) this.now = [];
    this.set(token, thousandths);
  }

  set(token: number, thousandths: number): void {
    const others = this.now.filter(([other]) => other !== token);
    const taken = others.reduce((sum, [, each]) => sum + each, 0);
    const most = MOST - taken;
    if (most < LEAST) return;
    const value = Math.round(Math.min(most, Math.max(LEAST, thousandths)));
    this.now = [...others, [token, value]];
  }

  clear(): void {
    this.now = [];
  }

  /** The guess stands, and can't be taken back. */
  commit(game: string): void {
    const rounds = this.games[game] ?? [[]];
    this.keep(game, [...rounds.slice(0, -1), [...rounds.at(-1)!, this.now]]);
    this.now = [];
  }

  /** The same once more; the first time stays. */
  again(game: string): void {
    const [first = []] = this.games[game] ?? [];
    this.keep(game, [first, []]);
    this.now = [];
  }

  private keep(game: string, rounds: Guess[][]): void {
    const others = Object.entries(this.games).filter(([id]) => id !== game);
    this.games = Object.fromEntries([...others.slice(1 - KEPT), [game, rounds]]);
    store("guesses", JSON.stringify(this.games));
  }
}

const UNIT = 1e6; // of a probability in a link

/** What the tokens that came were given, for a link: no letter is in it. */
export const written = (p: number[]): string =>
  p.map((each) => Math.max(1, Math.round(each * UNIT)).toString(36)).join(".");

/** The same read again; nothing where it is none. */
export function readSender(text: string): number[] {
  const p = text ? text.split(".").map((each) => parseInt(each, 36) / UNIT) : [];
  return p.every((each) => each > 0 && each <= 1) ? p : [];
}
