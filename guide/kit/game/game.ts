/* A game in words and rows: what was guessed so far, and never what is still to come. */
import type { Table } from "../../runtime/figure/element.ts";
import { formatNumber, percent, whole } from "../../runtime/figure/formatting.ts";
import { t } from "../../runtime/figure/strings.ts";
import type { Game, Player, Who } from "../../runtime/worker/jobs/index.ts";

export interface Row {
  name: string;
  cells: { p?: number; loss: number }[];
  now?: boolean;
  /** A whole document, or all. */
  whole?: boolean;
}

const PEOPLE = { you: "play-you", first: "play-first", sender: "play-sender" };
export const called = (who: Who): string =>
  t(typeof who === "number" ? `play-step-${who}` : PEOPLE[who]);
const nats = (loss: number): string => formatNumber(loss, 2);
const sum = (losses: number[]): number => losses.reduce((all, loss) => all + loss, 0);
const others = (game: Game): Player[] => game.players.slice(1);

/** The characters of a document as far as they were guessed. */
const textOf = (game: Game, names: string[], document: number): string =>
  game.places
    .filter((place) => place.document === document && place.token < game.vocabulary.length)
    .map(({ token }) => names[token])
    .join("");

/** Whether the last guess ended a document. */
const ended = ({ places, vocabulary }: Game): boolean => places.at(-1)?.token === vocabulary.length;

/** The document that is looked at; none when the game is over. */
function documentAt(game: Game, at: number): number {
  const { places, done } = game;
  const seen = places[at];
  if (seen) return seen.document;
  if (done) return -1;
  return (places.at(-1)?.document ?? 0) + (ended(game) ? 1 : 0);
}

export function viewOf(game: Game, names: string[], at: number) {
  const document = documentAt(game, at);
  const count = whole(game.documents);
  const which =
    document < 0 ? t("play-all", { count }) : t("play-which", { n: whole(document + 1), count });
  return {
    which,
    letters: lettersOf(game, names, at, document),
    rows: rowsOf(game, names, at, document),
    players: game.players.map(({ who }) => called(who)),
    standings: game.players.map((player) => ({
      name: called(player.who),
      value: player.mean,
      more: t("play-among", { n: formatNumber(player.perplexity, 1) }),
      strong: player.who === "you",
    })),
  };
}

function lettersOf(game: Game, names: string[], at: number, document: number) {
  const { places } = game;
  if (document < 0)
    return Array.from({ length: game.documents }, (_, each) => ({
      name: textOf(game, names, each),
      now: false,
    }));
  const seen = places
    .slice(0, at + 1)
    .map((place, i) => ({ ...place, now: i === at }))
    .filter((place) => place.document === document)
    .map(({ token, now }) => ({ name: names[token] ?? "", now }));
  const next = at < places.length ? [] : [{ name: "?", now: true }];
  return [{ name: "BOS", now: false }, ...seen, ...next];
}

/** The latest first: all together, the letters looked at, then the documents before. */
function rowsOf(game: Game, names: string[], at: number, document: number): Row[] {
  const { places, players } = game;
  if (!places.length) return [];
  const all = {
    name: t("play-total"),
    cells: players.map(({ losses }) => ({ loss: sum(losses) })),
  };
  const letters = places.flatMap((place, i) =>
    place.document === document
      ? [
          {
            name: names[place.token] ?? "",
            cells: players.map(({ p, losses }) => ({ p: p[i]!, loss: losses[i]! })),
            now: i === at,
          },
        ]
      : [],
  );
  const last = places.at(-1)!.document - (ended(game) ? 0 : 1);
  const documents = Array.from({ length: last + 1 }, (_, each) => each)
    .filter((each) => each !== document)
    .map((each) => ({
      name: textOf(game, names, each),
      cells: players.map(({ documents: costs }) => ({ loss: costs[each] ?? 0 })),
      whole: true,
    }));
  return [{ ...all, whole: true }, ...letters.reverse(), ...documents.reverse()];
}

/** All numbers of the places guessed. */
export function tableOf(game: Game | undefined, names: string[]): Table {
  const players = game?.players ?? [];
  return {
    columns: [
      t("play-document"),
      t("play-came"),
      ...players.flatMap(({ who }) => [`${called(who)}, p`, `${called(who)}, ${t("loss")}`]),
    ],
    rows: (game?.places ?? []).map(({ document, token }, i) => [
      document + 1,
      names[token] ?? "",
      ...players.flatMap(({ p, losses }) => [p[i]!, losses[i]!]),
    ]),
  };
}

/** What is to be said where the reader stands. */
export function story(game: Game, names: string[], at: number): string {
  const { places, rule, round, documents } = game;
  if (game.why)
    return t(game.why === "none" ? "play-none" : "play-long", {
      steps: whole(rule.steps),
      most: whole(rule.readable),
    });
  if (!places.length) {
    const words = {
      count: whole(documents),
      shortest: whole(rule.shortest),
      longest: whole(rule.longest),
      most: whole(rule.readable),
    };
    return t(round > 1 ? "play-begin-again" : rule.kept ? "play-begin" : "play-begin-any", words);
  }
  if (at < places.length) return guessedAt(game, names, at);
  if (game.done) return result(game, names);
  return `${guessedAt(game, names, places.length - 1)} ${onwards(game, names)}`;
}

function guessedAt(game: Game, names: string[], at: number): string {
  const { p, losses } = game.players[0]!;
  const models = others(game).map((player) =>
    t("play-gave", {
      name: called(player.who),
      p: percent(player.p[at] ?? 0),
      loss: nats(player.losses[at] ?? 0),
    }),
  );
  return t("play-guessed", {
    letter: names[game.places[at]!.token] ?? "",
    p: percent(p[at]!),
    loss: nats(losses[at]!),
    models: models.join("; "),
  });
}

/** How a document ended, or only that another letter is to come. */
function onwards(game: Game, names: string[]): string {
  if (!ended(game)) return t("play-next");
  const { document } = game.places.at(-1)!;
  const models = others(game).map(({ who, documents }) =>
    t("play-lost", { name: called(who), loss: nats(documents[document]!) }),
  );
  return t("play-ended", {
    text: textOf(game, names, document),
    loss: nats(game.players[0]!.documents[document]!),
    models: models.join(", "),
  });
}

/** The one of the steps that lost least. */
const bestOf = (game: Game): Player =>
  game.players
    .filter(({ who }) => typeof who === "number")
    .reduce((best, one) => (one.mean < best.mean ? one : best));

function result(game: Game, names: string[]): string {
  const you = game.players[0]!;
  const best = bestOf(game);
  const worst = you.losses.indexOf(Math.max(...you.losses));
  const won = you.mean < best.mean;
  const words = {
    tokens: whole(game.places.length),
    loss: nats(you.mean),
    n: formatNumber(you.perplexity, 1),
    best: called(best.who),
    gap: nats(Math.abs(you.mean - best.mean)),
    right: whole(game.right),
    sure: percent(game.sure),
    letter: names[game.places[worst]!.token] ?? "",
    text: textOf(game, names, game.places[worst]!.document),
    p: percent(you.p[worst]!),
    most: nats(you.losses[worst]!),
    theirs: nats(best.losses[worst]!),
  };
  const parts = ["play-done", won ? "play-won" : "play-behind", "play-right", "play-worst"];
  return parts.map((part) => t(part, words)).join(" ");
}

/** The result as one line, to be shown to others: no letter is in it. */
export function resultLine(game: Game, own: boolean): string {
  const models = others(game)
    .filter(({ who }) => typeof who === "number")
    .map((player) => t("play-lost", { name: called(player.who), loss: nats(player.mean) }));
  const line = t(own ? "play-line-own" : "play-line", {
    count: whole(game.documents),
    loss: nats(game.players[0]!.mean),
    models: models.join(", "),
    uniform: nats(game.uniform),
  });
  return game.round > 1 ? `${line} ${t("play-line-again")}` : line;
}
