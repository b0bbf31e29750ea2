/* What is said of a graph of Values: of one of them, of a place of the story, of the end. */
import { formatNumber, whole } from "../../runtime/figure/formatting.ts";
import { t } from "../../runtime/figure/strings.ts";
import type { Graph, Nudged, Walk } from "../../runtime/worker/jobs/autograd/expressions.ts";
import { gradsAt, nameOf, short, type Story, type Told } from "./story.ts";

const SHOWN = 6;

/** What is drawn, and the text that it was read from. */
export interface Drawn {
  graph: Graph;
  story: Story;
  text: string;
}

const called = ({ graph, text }: Drawn, i: number): string => nameOf(graph, i, text);
const valueOf = ({ graph }: Drawn, i: number): string => short(graph.nodes[i]!.data);

/** Each once, and of many the first few. */
function listed(all: string[]): string {
  const each = [...new Set(all)];
  const first = each.slice(0, SHOWN).join(", ");
  const more = each.length - SHOWN;
  return more > 0 ? `${first} ${t("and-more", { n: whole(more) })}` : first;
}

/** Who made a Value, whom it made, and what its gradient is so far. */
export function aboutNode(drawn: Drawn, at: number, i: number): string {
  const { graph, story } = drawn;
  const { op, whole: last, derived } = graph.nodes[i]!;
  const names = (nodes: number[]): string => listed(nodes.map((each) => called(drawn, each)));
  const children = story.lines.filter(({ to }) => to === i).map(({ from }) => from);
  const parents = story.lines.filter(({ from }) => from === i).map(({ to }) => to);
  const words = { name: called(drawn, i), data: valueOf(drawn, i), children: names(children) };
  const key = op === "letter" ? "expr-given" : op === "number" ? "expr-constant" : "expr-made";
  const grad = gradsAt(graph, story, at).get(i);
  const inside = graph.nodes.filter((each) => each.whole === last).length;
  const stands = story.shown.includes(last - 1) ? "expr-unfolded" : "expr-stands";
  return [
    t(key, words),
    derived ? t(stands, { n: whole(inside) }) : "",
    parents.length ? t("expr-parents", { parents: names(parents) }) : t("expr-no-parents"),
    grad === undefined ? "" : t("expr-gradient", { grad: short(grad) }),
  ]
    .filter(Boolean)
    .join(" ");
}

/** One line on the way back: the product, and the sum where something was there before. */
function telling(drawn: Drawn, told: Told, walk: Walk): string {
  const words = {
    child: called(drawn, told.child),
    grad: short(told.grad),
    slope: short(told.slope),
    share: short(told.share),
    before: short(told.before),
    after: short(told.after),
  };
  if (!told.before) return t("expr-told", words);
  return t(walk === "overwrite" ? "expr-told-over" : "expr-told-sum", words);
}

/** What happens at a place of the story. */
export function aboutPlace(drawn: Drawn, at: number, walk: Walk, twice: boolean): string {
  const { graph, story } = drawn;
  const { built, turns, letters, shown } = story;
  const top = { name: called(drawn, graph.top), data: valueOf(drawn, graph.top) };
  const all = whole(graph.nodes.length);
  if (at < built && at === 0) return t("expr-begin");
  if (at < built) {
    const i = shown[letters + at - 1]!;
    const words = { k: whole(letters + at), n: all };
    return t("expr-making", { ...words, name: called(drawn, i), data: valueOf(drawn, i) });
  }
  if (at === built) {
    const hidden = graph.nodes.length - shown.length;
    const more = hidden ? ` ${t("expr-hidden", { hidden: whole(hidden) })}` : "";
    return t("expr-built", { n: all, ...top }) + more;
  }
  if (at === built + 1) return t("expr-seed", top);
  const k = at - built - 1;
  const { node, told } = turns[k - 1]!;
  const again = twice && 2 * k > turns.length;
  const list = told.map((each) => telling(drawn, each, walk)).join("; ");
  const words = { k: whole(k), n: whole(turns.length), name: called(drawn, node), list };
  return t(again ? "expr-turn-again" : "expr-turn", words);
}

/** What the walk came to, and where that is wrong. */
export function aboutWalk(drawn: Drawn, walk: Walk, twice: boolean): string {
  const { graph, story } = drawn;
  const grads = gradsAt(graph, story, story.end);
  const letters = [...grads.keys()].filter((i) => graph.nodes[i]!.op === "letter");
  if (walk === "order" && !twice) {
    const list = listed(letters.map((i) => `${called(drawn, i)} ${short(grads.get(i)!)}`));
    return list ? t("expr-done", { list }) : "";
  }
  const isWrong = (i: number): boolean => {
    const [found, right] = [grads.get(i)!, graph.right[i]!];
    return Math.abs(found - right) > 1e-9 * Math.max(1, Math.abs(right));
  };
  const wrong = [...grads.keys()].filter(isWrong);
  if (!wrong.length) return t("expr-lucky");
  const said = wrong.map((i) => {
    const words = { name: called(drawn, i), found: short(grads.get(i)!) };
    return t("expr-should", { ...words, right: short(graph.right[i]!) });
  });
  const words = { wrong: whole(wrong.length), n: whole(grads.size), list: listed(said.reverse()) };
  return t("expr-wrong", words);
}

/** A nudge, how far the top moved, and how far the gradient said it would. */
export function aboutNudge({ graph }: Drawn, nudged: Nudged): string {
  const { letter, by, top, moved, said } = nudged;
  const node = graph.nodes.findIndex((each) => each.op === "letter" && each.letter === letter);
  return t("expr-nudged", {
    letter,
    by: short(by),
    before: short(graph.nodes[graph.top]!.data),
    after: short(top),
    moved: formatNumber(moved, 4),
    grad: short(graph.right[node]!),
    said: formatNumber(said, 4),
  });
}
