// The page: an editor on the left, the table and the diagram on the right. Texts of specs are never markup.
import {basicSetup} from "codemirror";
import {autocompletion} from "@codemirror/autocomplete";
import {yaml} from "@codemirror/lang-yaml";
import {HighlightStyle, syntaxHighlighting} from "@codemirror/language";
import {lintGutter, setDiagnostics} from "@codemirror/lint";
import {EditorState, StateEffect, StateField} from "@codemirror/state";
import {tags} from "@lezer/highlight";
import {Decoration, EditorView, hoverTooltip, WidgetType} from "@codemirror/view";

const byId = (id) => document.getElementById(id);
const worker = new Worker("worker.js", {type: "module"});
const waiting = new Map();
let last = 0;
const ask = (asked) => new Promise((resolve, reject) => {
  waiting.set(++last, {resolve, reject});
  worker.postMessage({id: last, asked});
});
worker.onmessage = ({data}) => {
  if (data.ready) return read();
  if (data.id === undefined) return say(data.failed);
  const {resolve, reject} = waiting.get(data.id);
  waiting.delete(data.id);
  data.failed ? reject(new Error(data.failed)) : resolve(data.answer);
};
worker.onerror = (event) => say(event.message);
const say = (text) => { byId("status").textContent = text; };

// Places: lines and UTF-16 units from 0, as the protocol has them.
const offset = (doc, {line, character}) => line >= doc.lines ? doc.length : Math.min(doc.line(line + 1).from + character, doc.line(line + 1).to);
const position = (doc, at) => { const line = doc.lineAt(at); return {line: line.number - 1, character: at - line.from}; };
const changes = (doc, edits) => edits.map(({range, newText}) => ({from: offset(doc, range.start), to: offset(doc, range.end), insert: newText}));

class Hint extends WidgetType {
  constructor(label, tip) { super(); this.label = label; this.tip = tip; }
  eq(other) { return other.label === this.label && other.tip === this.tip; }
  toDOM() { return Object.assign(document.createElement("span"), {className: "hint", textContent: this.label, title: this.tip}); }
}
const setHints = StateEffect.define();
const hints = StateField.define({
  create: () => Decoration.none,
  update: (found, change) => change.effects.reduce((now, effect) => effect.is(setHints) ? effect.value : now, found.map(change.changes)),
  provide: (field) => EditorView.decorations.from(field),
});

const hover = hoverTooltip(async (view, at) => {
  const found = await ask({method: "textDocument/hover", params: {position: position(view.state.doc, at)}});
  if (!found) return null;
  return {pos: at, create: () => ({dom: Object.assign(document.createElement("div"), {className: "told", textContent: found.contents.value.replace(/\*\*|`{3}\w*\n?/g, "")})})};
});
const complete = async (context) => {
  if (!context.explicit && !context.matchBefore(/[\w$./-]+$/)) return null;
  await read();
  const found = await ask({method: "textDocument/completion", params: {position: position(context.state.doc, context.pos)}});
  const items = found?.items ?? found ?? [];
  if (!items.length) return null;
  const edit = items[0].textEdit, from = edit ? offset(context.state.doc, (edit.range ?? edit.replace).start) : context.matchBefore(/[\w./-]*$/)?.from ?? context.pos;
  return {from, options: items.map((one) => ({label: one.filterText ?? one.label, displayLabel: one.label, detail: one.detail, apply: (one.textEdit?.newText ?? one.insertText ?? one.label).replace(/\$\{?\d+:?([^}]*)\}?/g, "$1"), type: "keyword"}))};
};

const colours = EditorView.theme({
  "&": {height: "100%", fontSize: "13px"}, ".cm-scroller": {fontFamily: "ui-monospace, monospace"}, ".cm-gutters": {background: "transparent", color: "var(--soft)", borderRight: "1px solid var(--line)"},
  ".cm-activeLine, .cm-activeLineGutter": {background: "var(--card)"}, ".cm-content": {caretColor: "var(--text)"}, ".cm-cursor": {borderLeftColor: "var(--text)"}, ".cm-tooltip": {background: "var(--back)", color: "var(--text)", border: "1px solid var(--line)", maxWidth: "min(42em, 92vw)"},
  ".cm-completionDetail": {opacity: .7, fontStyle: "normal"}, ".cm-tooltip-autocomplete ul li[aria-selected]": {background: "var(--pick)", color: "var(--text)"}, "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {background: "var(--pick) !important"},
});
const words = HighlightStyle.define([{tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--key)"}, {tag: tags.comment, color: "var(--soft)"}, {tag: [tags.string, tags.content], color: "var(--text)"}, {tag: [tags.separator, tags.punctuation], color: "var(--soft)"}]);
const view = new EditorView({parent: byId("editor"), state: EditorState.create({doc: "", extensions: [basicSetup, yaml(), lintGutter(), hints, hover, autocompletion({override: [complete], icons: false}), colours, syntaxHighlighting(words),
  EditorView.contentAttributes.of({"aria-label": "the spec"}), EditorView.updateListener.of((update) => update.docChanged && soon())]})});

const diagram = nnspecView;
let shown = null, reading = null, timer = 0;
const soon = () => { clearTimeout(timer); timer = setTimeout(read, 120); };

// Reads the text as it stands; one reading at a time, and a newer text is read after it.
function read() {
  reading ??= (async () => {
    try {
      for (let text = null; text !== view.state.doc.toString();) {
        text = view.state.doc.toString();
        const found = await ask({text});
        if (text === view.state.doc.toString()) show(found);
      }
    } catch (error) { say(error.message); } finally { reading = null; }
  })();
  return reading;
}

function show(found) {
  const {doc} = view.state;
  const set = found.hints.map((hint) => Decoration.widget({widget: new Hint(typeof hint.label === "string" ? hint.label : hint.label.map((part) => part.value).join(""), hint.tooltip ?? ""), side: 1}).range(offset(doc, hint.position)));
  view.dispatch({effects: setHints.of(Decoration.set(set, true))});
  view.dispatch(setDiagnostics(view.state, found.diagnostics.map((one) => ({
    from: offset(doc, one.range.start), to: Math.max(offset(doc, one.range.end), offset(doc, one.range.start)), severity: one.severity === 1 ? "error" : "warning", source: String(one.code ?? ""), message: one.message,
    actions: [{name: "fix", apply: () => fix(one)}],
  }))));
  const errors = found.diagnostics.filter((one) => one.severity === 1).length, more = found.diagnostics.length - errors;
  const many = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;
  say([found.totals ?? "", errors ? many(errors, "error") : "", more ? many(more, "warning") : ""].filter(Boolean).join(" · "));
  document.body.dataset.state = errors ? "wrong" : "right";
  if (!found.diagram) return;  // what was right last stays
  byId("table").textContent = found.table;
  if (shown) shown.replace(found.diagram); else shown = diagram(byId("diagram"), found.diagram);
}

async function fix(one) {
  const actions = await ask({method: "textDocument/codeAction", params: {range: one.range, context: {diagnostics: [one]}}}) ?? [];
  const found = actions.find((action) => action.kind === "quickfix" && action.edit);
  if (!found) return say("there is no fix that is certain");
  const edits = Object.values(found.edit.changes ?? {})[0] ?? found.edit.documentChanges[0].edits;
  view.dispatch({changes: changes(view.state.doc, edits)});
}

// The link: the spec itself, packed, behind the `#`, which no server sees.
const through = async (content, stream) => new Uint8Array(await new Response(new Blob([content]).stream().pipeThrough(stream)).arrayBuffer());
async function link(text) {
  const packed = await through(text, new CompressionStream("deflate-raw"));
  return `${location.href.split("#")[0]}#${btoa(String.fromCharCode(...packed)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}
async function linked() {
  if (location.hash.length < 2) return null;
  try {
    const packed = Uint8Array.from(atob(location.hash.slice(1).replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
    return new TextDecoder().decode(await through(packed, new DecompressionStream("deflate-raw")));
  } catch { say("this link holds no spec"); return null; }
}
byId("link").onclick = async () => {
  const found = await link(view.state.doc.toString());
  history.replaceState(null, "", found);
  await navigator.clipboard?.writeText(found).then(() => say("the link is in the clipboard, and in the address"), () => say("the link is in the address"));
};

const put = (text) => view.dispatch({changes: {from: 0, to: view.state.doc.length, insert: text}});
const zoo = byId("zoo"), examples = await (await fetch("specs.json")).json();
zoo.append(...Object.keys(examples).map((name) => new Option(name)));
zoo.onchange = () => { put(examples[zoo.value]); history.replaceState(null, "", location.pathname); };
const open = async () => put(await linked() ?? examples[zoo.value = "resnet18"]);
addEventListener("hashchange", open);
for (const name of ["table", "diagram"]) byId(`show-${name}`).onclick = () => { document.body.dataset.pane = name; };
globalThis.playground = {view, ask, link, put, read};
await open();
