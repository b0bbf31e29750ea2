/* The editor of a few lines of Python, in the page's own colours. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: [tags.comment, tags.docString], color: "var(--muted)" },
  { tag: [tags.keyword, tags.operatorKeyword], fontWeight: "600" },
  { tag: tags.string, color: "var(--muted)" },
]);

export interface Editing {
  parent: HTMLElement;
  text: string;
  /** The number of the first line. */
  first: number;
  label: string;
  described: string;
  changed(text: string): void;
  run(): void;
}

/** Tab indents; right after Escape it leaves, so that a keyboard is never caught. */
export function edit(given: Editing): EditorView {
  return new EditorView({
    parent: given.parent,
    state: EditorState.create({
      doc: given.text,
      extensions: [
        lineNumbers({ formatNumber: (n) => String(n + given.first - 1) }),
        history(),
        highlightActiveLine(),
        python(),
        EditorView.lineWrapping,
        indentUnit.of("    "),
        syntaxHighlighting(colours),
        EditorView.contentAttributes.of({
          "aria-label": given.label,
          "aria-describedby": given.described,
          spellcheck: "false",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) given.changed(update.state.doc.toString());
        }),
        keymap.of([{ key: "Mod-Enter", run: () => (given.run(), true) }]),
        keymap.of([indentWithTab, ...defaultKeymap, ...historyKeymap]),
      ],
    }),
  });
}
