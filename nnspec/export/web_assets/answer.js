// An answer of the network as a person reads it: classes as bars, words in the colours of their entities, numbers.
import {chances, entities, largest, marksEntities, tags, units} from "./decode.js";
import {element} from "./element.js";

const BARS = 10, NUMBERS = 50, COLOURS = 8;

// One element an output. `tokens`: the words that were given, where it was words.
export function answered(card, outputs, {tokens = []}) {
  return Object.entries(outputs).map(([name, values]) => {
    const rule = card.preprocessing.outputs?.[name] ?? {kind: "array"};
    if (rule.kind === "tags" && tokens.length) return tagged(tokens, tags(values, card.labels, tokens.length), card.labels);
    if (rule.kind === "classes") return bars(chances(values, rule.activation), card.labels);
    return numbers(values, rule);
  });
}

function bars(found, labels) {
  const name = place => labels?.[place] ?? String(place), percent = chance => `${(chance * 100).toFixed(1)} %`;
  const order = [...found.keys()].sort((a, b) => found[b] - found[a]).slice(0, BARS), box = element("div", {className: "bars"});
  for (const place of order) {
    const bar = element("div", {className: "bar"});
    bar.style.width = `${Math.max(0, found[place]) * 100}%`;
    box.append(element("span", {textContent: name(place), title: name(place)}), bar, element("span", {textContent: percent(found[place])}));
  }
  return element("div", {}, element("p", {className: "best", textContent: name(largest(found))}), box);
}

function tagged(tokens, found, labels) {
  const box = element("p", {className: "words"});
  const whole = marksEntities(labels);
  const spans = whole ? entities(found) : found.map((type, place) => ({type, start: place, end: place + 1}));
  const types = [...new Set((whole ? entities(labels) : labels.map(type => ({type}))).map(span => span.type))];
  let next = 0;
  for (const {type, start, end} of spans) {
    box.append(...tokens.slice(next, start).map(word));
    const mark = element("span", {className: "entity"}, tokens.slice(start, end).join(" "), element("small", {textContent: type}));
    mark.dataset.colour = types.indexOf(type) % COLOURS;
    box.append(mark, " ");
    next = end;
  }
  box.append(...tokens.slice(next).map(word));
  return box;
}

const word = token => element("span", {textContent: `${token} `});

function numbers(values, rule) {
  const given = rule.kind === "numbers" && rule.columns ? units(values, rule.columns) : [...values].map(value => ["", value]);
  const text = given.slice(0, NUMBERS).map(([name, value]) => `${name && `${name}: `}${value.toPrecision(5)}`);
  return element("p", {textContent: text.join(given[0]?.[0] ? ", " : "  ") + (given.length > NUMBERS ? " …" : "")});
}
