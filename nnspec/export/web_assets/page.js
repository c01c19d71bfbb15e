// The page: something to give to the network, what it says, how long it took. Built from what model.json says of inputs.
import {Network} from "./network.js";
import {chances, columns, largest, pixels, sentence, words} from "./encode.js";

const COLOURS = ["#2f6fb3", "#c2570c", "#1c7a54", "#8a3ffc", "#b3261e", "#00727a", "#9c6f00", "#6b4e9b"];
const find = id => document.getElementById(id);

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

async function main() {
  try {
    const network = await Network.load();
    window.nnspec = {network}; // for the console
    document.title = network.card.name;
    find("description").textContent = network.card.description;
    find("state").textContent = "";
    find("about").textContent = network.card.about;
    build(network);
  } catch (error) {
    find("state").className = "failed";
    find("state").textContent = location.protocol === "file:"
      ? "A browser loads a network from a server alone. In this folder: python -m http.server --bind 127.0.0.1"
      : `The network could not be loaded: ${error.message ?? error}`;
    throw error;
  }
}

function build(network) {
  const kinds = Object.values(network.card.preprocessing.inputs ?? {}).map(rule => rule.kind);
  if (kinds.length === 1 && kinds[0] === "image") drawing(network);
  else if (kinds.includes("words")) writing(network);
  else if (kinds.length === 1 && kinds[0] === "numbers" && !("steps" in only(network))) filling(network);
  examples(network);
}

const only = network => Object.values(network.card.preprocessing.inputs)[0];

async function answer(network, inputs, tokens, cut = 0) {
  const {outputs, milliseconds} = await network.run(inputs);
  const shown = [];
  for (const [name, values] of Object.entries(outputs)) {
    const port = network.card.outputs[name], rule = network.card.preprocessing.outputs?.[name] ?? {kind: "array"};
    shown.push(rule.kind === "tags" ? tagged(network, values, port, tokens) : rule.kind === "classes" ? bars(network, values, rule) : numbers(values, rule));
  }
  const much = cut ? ` The network reads ${tokens.length} words; ${cut} more were left out.` : "";
  find("answer").replaceChildren(...shown, element("p", {id: "latency", textContent: `${milliseconds.toFixed(1)} ms.${much}`}));
}

function bars(network, values, rule) {
  const found = chances(values, rule.activation), best = largest(found), box = element("div", {className: "bars"});
  found.map((chance, place) => [chance, place]).sort((a, b) => b[0] - a[0]).slice(0, 10).forEach(([chance, place]) => {
    const bar = element("div", {className: "bar"});
    bar.style.width = `${Math.max(0, chance) * 100}%`;
    const label = element("span", {textContent: network.card.labels?.[place] ?? String(place), className: place === best ? "best" : ""});
    box.append(label, bar, element("span", {textContent: `${(chance * 100).toFixed(1)} %`}));
  });
  return box;
}

export function tags(network, values, port, count) {
  const labels = network.card.labels ?? [], size = port.shape.at(-1);
  return Array.from({length: count}, (_, place) => labels[largest(values.subarray(place * size, (place + 1) * size))]);
}

function tagged(network, values, port, tokens) {
  const types = [...new Set((network.card.labels ?? []).map(type).filter(Boolean))];
  const box = element("p");
  tags(network, values, port, tokens.length).forEach((tag, place) => {
    const word = element("span", {textContent: tokens[place]});
    if (type(tag)) word.style.background = `${COLOURS[types.indexOf(type(tag)) % COLOURS.length]}44`;
    box.append(element("span", {className: "word"}, word, element("small", {textContent: tag === "O" ? "" : tag})));
  });
  return box;
}

const type = tag => (tag?.includes("-") ? tag.slice(tag.indexOf("-") + 1) : tag === "O" ? "" : tag);

function numbers(values, rule) {
  const scales = rule.kind === "numbers" && rule.columns.length === values.length ? rule.columns : null;
  const text = [...values].slice(0, 50).map((value, place) => {
    const scale = scales?.[place];
    return scale ? `${scale.name}: ${(value * scale.factor + scale.offset).toPrecision(5)}` : value.toPrecision(4);
  });
  return element("p", {textContent: text.join(scales ? ", " : " ") + (values.length > 50 ? " …" : "")});
}

// An image: drawn by hand, or a file. The pad is as dark or light at its edge as the examples are.
function drawing(network) {
  const [name, rule] = Object.entries(network.card.preprocessing.inputs)[0], [height, width] = rule.size;
  const dark = edge(network.card.examples[0]?.inputs[name] ?? [255], rule) < 128;
  const scale = Math.max(1, Math.floor(280 / Math.max(height, width)));
  const pad = element("canvas", {className: "pad", width: width * scale, height: height * scale});
  pad.setAttribute("aria-label", "draw here");
  const ink = pad.getContext("2d", {willReadFrequently: true});
  const clear = () => { ink.fillStyle = dark ? "#000" : "#fff"; ink.fillRect(0, 0, pad.width, pad.height); };
  const run = () => answer(network, {[name]: resized(pad, rule)});
  let last = null;
  const at = event => [event.offsetX * pad.width / pad.clientWidth, event.offsetY * pad.height / pad.clientHeight];
  pad.addEventListener("pointerdown", event => { pad.setPointerCapture(event.pointerId); last = at(event); stroke(event); });
  pad.addEventListener("pointermove", event => { if (last) stroke(event); });
  pad.addEventListener("pointerup", () => { last = null; run(); });
  function stroke(event) {
    const next = at(event);
    Object.assign(ink, {strokeStyle: dark ? "#fff" : "#000", lineWidth: pad.width / 11, lineCap: "round"});
    ink.beginPath();
    ink.moveTo(...last);
    ink.lineTo(...next);
    ink.stroke();
    last = next;
  }
  const file = element("input", {type: "file", accept: "image/*"});
  file.addEventListener("change", async () => {
    if (!file.files[0]) return;
    const image = await createImageBitmap(file.files[0]);
    clear();
    ink.drawImage(image, 0, 0, pad.width, pad.height);
    run();
  });
  const clean = element("button", {textContent: "Clear", onclick: () => { clear(); find("answer").replaceChildren(); }});
  find("input").append(
    element("p", {textContent: "Draw, or choose an image."}), pad,
    element("div", {className: "row"}, clean, element("label", {className: "file"}, "Choose an image", file)),
  );
  clear();
}

function edge(values, rule) {
  const channels = rule.color === "grey" ? 1 : 3, row = values.slice(0, rule.size[1] * channels);
  return row.reduce((a, b) => a + b, 0) / Math.max(1, row.length);
}

export function resized(source, rule) {
  const [height, width] = rule.size, small = element("canvas", {width, height});
  const ink = small.getContext("2d", {willReadFrequently: true});
  Object.assign(ink, {imageSmoothingEnabled: rule.interpolation !== "nearest", imageSmoothingQuality: "high"});
  ink.drawImage(source, 0, 0, width, height);
  return pixels(ink.getImageData(0, 0, width, height).data, rule);
}

// A sentence. All inputs of words come from the same tokens.
export function encoded(network, text) {
  const rules = network.card.preprocessing.inputs;
  const tokens = words(text, Object.values(rules).find(rule => rule.kind === "words")), inputs = {};
  for (const [name, port] of Object.entries(network.card.inputs)) inputs[name] = sentence(tokens, rules[name], port.shape, network.vocabulary);
  const length = Object.values(network.card.inputs)[0].shape[1];
  return {inputs, tokens: tokens.slice(0, length), cut: Math.max(0, tokens.length - length)};
}

function writing(network) {
  const area = element("textarea", {id: "text", placeholder: "A sentence", value: network.card.examples[0]?.text ?? ""});
  area.setAttribute("aria-label", "a sentence");
  const run = () => {
    const {inputs, tokens, cut} = encoded(network, area.value);
    if (tokens.length) answer(network, inputs, tokens, cut);
  };
  area.addEventListener("input", run);
  find("input").append(element("p", {textContent: "Type a sentence."}), area);
  run();
}

// A row of a table, in the units of the data.
function filling(network) {
  const [name, rule] = Object.entries(network.card.preprocessing.inputs)[0], given = {}, fields = element("div", {className: "fields"});
  const run = () => answer(network, {[name]: columns(given, rule)});
  for (const column of rule.columns) {
    const field = column.one_hot
      ? element("select", {}, ...column.one_hot.map(value => element("option", {textContent: value})))
      : element("input", {type: "number", step: "any", value: Number(column.offset.toPrecision(4))});
    given[column.name] = field.value;
    field.addEventListener("input", () => { given[column.name] = field.value; run(); });
    fields.append(element("label", {}, column.name, field));
  }
  find("input").append(fields);
  run();
}

// Held-out examples, each with a click.
function examples(network) {
  if (!network.card.examples.length) return;
  const box = element("div", {className: "thumbs"});
  network.card.examples.forEach((example, number) => {
    const button = element("button", {title: `example ${number + 1}`});
    button.append(thumb(network, example) ?? example.text ?? `example ${number + 1}`);
    button.onclick = () => {
      const area = find("text");
      if (area && example.text) { area.value = example.text; area.dispatchEvent(new Event("input")); }
      else answer(network, example.inputs, []);
    };
    box.append(button);
  });
  find("examples").append(element("h2", {textContent: "Examples"}), box);
}

function thumb(network, example) {
  const entry = Object.entries(network.card.preprocessing.inputs ?? {}).find(([, rule]) => rule.kind === "image");
  if (!entry) return null;
  const [name, rule] = entry, [height, width] = rule.size, channels = rule.color === "grey" ? 1 : 3;
  const canvas = element("canvas", {width, height}), ink = canvas.getContext("2d"), image = ink.createImageData(width, height);
  for (let place = 0; place < width * height; place += 1) {
    const at = place * channels, value = example.inputs[name];
    image.data.set([value[at], value[at + (channels > 1 ? 1 : 0)], value[at + (channels > 1 ? 2 : 0)], 255], place * 4);
  }
  ink.putImageData(image, 0, 0);
  return canvas;
}

if (find("state")) main();
