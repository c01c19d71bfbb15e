// An answer of the network as a person reads it: classes as bars, words in the colours of their entities, numbers.
import {chances, entities, largest, marksEntities, painted, tags, units} from "./decode.js";
import {element} from "./element.js";

const BARS = 10, NUMBERS = 50, COLOURS = 8;

// One element an output. `text`, and the `places` of its words: what was given, where it was words.
export function answered(card, outputs, {text = "", places = []}) {
  return Object.entries(outputs).map(([name, values]) => {
    const rule = card.preprocessing.outputs?.[name] ?? {kind: "array"};
    if (rule.kind === "tags" && places.length) return tagged(text, places, tags(values, card.labels, places.length), card.labels);
    if (rule.kind === "map") return map(values, card.outputs[name].shape, rule.activation, card.labels);
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

// The class of each place in its colour, black for the first, with a legend that says how much each covers.
function map(values, shape, activation, labels) {
  const [height, width, units] = shape.slice(-3), {colours, counts, image} = painted(values, units, activation);
  const canvas = element("canvas", {className: "map", width, height});
  canvas.getContext("2d").putImageData(new ImageData(image, width, height), 0, 0);
  const legend = element("p", {className: "legend"});
  for (const place of [...counts.keys()].filter(one => counts[one]).sort((a, b) => counts[b] - counts[a]).slice(0, BARS)) {
    const tile = element("span", {className: "tile"});
    tile.style.background = `rgb(${colours[place].join(" ")})`;
    legend.append(tile, ` ${labels?.[place] ?? place} ${(counts[place] / (width * height) * 100).toFixed(1)} %  `);
  }
  return element("div", {}, canvas, legend);
}

// The text as it was written, its entities marked; where tags mark none, every word with its tag.
function tagged(text, places, found, labels) {
  const box = element("p", {className: "words"}), whole = marksEntities(labels);
  const spans = whole ? entities(found) : found.map((type, place) => ({type, start: place, end: place + 1}));
  const types = [...new Set(whole ? labels.flatMap(tag => entities([tag])).map(span => span.type) : labels)];
  let next = 0;
  for (const {type, start, end} of spans) {
    const [from] = places[start], [, to] = places[end - 1];
    const mark = element("span", {className: "entity"}, text.slice(from, to), element("small", {textContent: type}));
    mark.dataset.colour = types.indexOf(type) % COLOURS;
    box.append(text.slice(next, from), mark);
    next = to;
  }
  const [, end] = places.at(-1);
  box.append(text.slice(next, end), element("span", {className: "cut", textContent: text.slice(end)}));
  return box;
}

function numbers(values, rule) {
  const given = rule.kind === "numbers" && rule.columns ? units(values, rule.columns) : [...values].map(value => ["", value]);
  const text = given.slice(0, NUMBERS).map(([name, value]) => `${name && `${name}: `}${value.toPrecision(5)}`);
  return element("p", {textContent: text.join(given[0]?.[0] ? ", " : "  ") + (given.length > NUMBERS ? " …" : "")});
}
