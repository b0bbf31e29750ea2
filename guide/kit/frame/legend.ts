/** An entry of a figure's legend: a colour of the page's tokens, and what it stands for. */
export interface LegendEntry {
  colour:
    | "data"
    | "forward"
    | "loss"
    | "backward"
    | "update"
    | "now"
    | "plus"
    | "minus"
    | "muted"
    | "accent"
    | "ink";
  word: string;
  shape?: "box" | "line" | "dashes" | "dot" | "ring" | "above";
}
