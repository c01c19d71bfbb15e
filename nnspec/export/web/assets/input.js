// What a person gives: a drawing or an image, a sentence, a row of a table, or one of the examples.
import {columns, pieces, sentence} from "./encode.js";
import {element, find} from "./element.js";
import {pixels} from "./images.js";
import {draw} from "./listening.js";

const PAD = 280, LARGEST = 4096; // pixels: of the pad to draw on, and of the side of an image

// An image: drawn by hand, or a file. The pad is as dark or light at its edge as the examples are. Nobody draws a photo:
// one in colour is chosen, and the page begins with an example.
export function drawing(page) {
  const [name, rule] = Object.entries(page.network.card.preprocessing.inputs)[0], [height, width] = rule.size;
  const draws = rule.color === "grey", first = page.network.card.examples[0];
  const scale = Math.max(1, Math.floor(PAD / Math.max(height, width)));
  const pad = element("canvas", {className: draws ? "pad" : "pad photo", width: width * scale, height: height * scale});
  pad.setAttribute("aria-label", draws ? "draw here" : "the image");
  const ink = pad.getContext("2d", {willReadFrequently: true});
  const dark = edge(first?.inputs[name] ?? [255], rule) < 128, [back, line] = dark ? ["#000", "#fff"] : ["#fff", "#000"];
  const clear = () => { ink.fillStyle = back; ink.fillRect(0, 0, pad.width, pad.height); };
  const run = image => page.ask({[name]: pixels(image, rule)});
  const at = event => [event.offsetX * pad.width / pad.clientWidth, event.offsetY * pad.height / pad.clientHeight];
  let last = null;
  function stroke(event) {
    const next = at(event);
    Object.assign(ink, {strokeStyle: line, lineWidth: pad.width / 11, lineCap: "round"});
    ink.beginPath();
    ink.moveTo(...last);
    ink.lineTo(...next);
    ink.stroke();
    last = next;
  }
  const end = () => { if (last) run(ink.getImageData(0, 0, pad.width, pad.height)); last = null; };
  if (draws) {
    pad.addEventListener("pointerdown", event => { pad.setPointerCapture(event.pointerId); last = at(event); stroke(event); });
    pad.addEventListener("pointermove", event => { if (last) stroke(event); });
    pad.addEventListener("pointerup", end);
    pad.addEventListener("pointercancel", end);
  }
  const choose = async chosen => {
    try {
      const image = await decoded(chosen);
      ink.drawImage(image, 0, 0, pad.width, pad.height);
      run(image.getContext("2d").getImageData(0, 0, image.width, image.height));
    } catch {
      page.say(`${chosen.name} is no image that this browser reads.`, true);
    }
  };
  const file = element("input", {type: "file", accept: "image/*", onchange: () => { if (file.files[0]) choose(file.files[0]); file.value = ""; }});
  pad.addEventListener("dragover", event => event.preventDefault());
  pad.addEventListener("drop", event => { event.preventDefault(); if (event.dataTransfer.files[0]) choose(event.dataTransfer.files[0]); });
  const clean = element("button", {textContent: "Clear", onclick: () => { clear(); find("answer").replaceChildren(); page.say(""); }});
  clear();
  find("work").className = "beside";
  find("input").append(
    element("p", {textContent: draws ? "Draw, or choose an image." : "Choose or take a photo, or tap an example."}), pad,
    element("div", {className: "row"}, ...(draws ? [clean] : []), element("label", {className: "file"}, draws ? "Choose an image" : "Choose a photo", file)),
  );
  page.show = example => {
    ink.imageSmoothingEnabled = false;
    ink.drawImage(picture(example.inputs[name], rule), 0, 0, pad.width, pad.height);
    ink.imageSmoothingEnabled = true;
  };
  if (!draws && first) {
    page.show(first);
    page.ask(first.inputs);
  }
}

// The mean of the first row of pixels.
function edge(values, rule) {
  const row = values.slice(0, rule.size[1] * (rule.color === "grey" ? 1 : 3));
  return row.reduce((a, b) => a + b, 0) / row.length;
}

// A file as a canvas of its own size, turned as the camera was held; its colours as they are stored, white behind what is
// transparent, as in training.
async function decoded(file) {
  const image = await createImageBitmap(file, {colorSpaceConversion: "none"}), scale = Math.min(1, LARGEST / Math.max(image.width, image.height));
  const canvas = element("canvas", {width: Math.round(image.width * scale), height: Math.round(image.height * scale)});
  const ink = canvas.getContext("2d", {willReadFrequently: true});
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, canvas.width, canvas.height);
  ink.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// A sentence. All inputs of words come from the same tokens.
export function writing(page) {
  const {card, vocabulary, subwords} = page.network;
  const area = element("textarea", {id: "text", rows: 2, placeholder: "A sentence", value: card.examples[0]?.text ?? ""});
  area.setAttribute("aria-label", "a sentence");
  const run = () => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
    const given = subwords ? pieces(area.value, card, vocabulary, subwords) : sentence(area.value, card, vocabulary);
    const {inputs, tokens, places, cut} = given;
    if (tokens.length) page.ask(inputs, {text: area.value, places, cut, read: `${tokens.length} ${subwords ? "pieces" : "words"}`});
    else find("answer").replaceChildren();
  };
  area.addEventListener("input", run);
  find("input").append(element("p", {textContent: "Type a sentence."}), area);
  page.show = example => { area.value = example.text; run(); };
  run();
}

// A row of a table, in the units of the data.
export function filling(page) {
  const [name, rule] = Object.entries(page.network.card.preprocessing.inputs)[0], given = Object.create(null);
  const run = () => page.ask({[name]: columns(given, rule)});
  const fields = rule.columns.map(column => {
    const field = column.one_hot
      ? element("select", {}, ...column.one_hot.map(value => element("option", {textContent: value})))
      : element("input", {type: "number", step: "any", value: Number(column.offset.toPrecision(4))});
    given[column.name] = field.value;
    field.addEventListener("input", () => { given[column.name] = field.value; run(); });
    return element("label", {}, column.name, field);
  });
  find("input").append(element("p", {textContent: "Fill in a row."}), element("div", {className: "fields"}, ...fields));
  run();
}

// Held-out examples, each with a click.
export function examples(page) {
  const {card} = page.network, box = element("div", {className: "thumbs"});
  card.examples.forEach((example, number) => {
    const picture = thumb(card, example), button = element("button", {title: `example ${number + 1}`}, picture ?? example.text ?? `example ${number + 1}`);
    button.onclick = () => {
      page.show?.(example);
      if (!find("text")) page.ask(example.inputs);
    };
    box.append(button);
  });
  if (card.examples.length) find("examples").append(element("h2", {textContent: "Examples"}), box);
}

// A small picture of an example's first input, where it is an image or a series.
function thumb(card, example) {
  const [name, port] = Object.entries(card.inputs)[0], rule = card.preprocessing.inputs?.[name] ?? {kind: "array"};
  if (rule.kind === "image") return picture(example.inputs[name], rule);
  if (rule.kind === "sound") return wave(example.inputs[name]);
  return port.shape.length === 3 && port.dtype === "float32" ? curves(example.inputs[name], port.shape) : null;
}

function wave(values) {
  const canvas = element("canvas", {className: "curves", width: 240, height: 120});
  draw(canvas, values);
  return canvas;
}

function picture(values, rule) {
  const [height, width] = rule.size, canvas = element("canvas", {width, height}), ink = canvas.getContext("2d"), image = ink.createImageData(width, height);
  const step = rule.color === "grey" ? 1 : 3, far = step === 1 ? [0, 0, 0] : [0, 1, 2];
  for (let place = 0; place < width * height; place += 1) image.data.set([...far.map(by => values[place * step + by]), 255], place * 4);
  ink.putImageData(image, 0, 0);
  return canvas;
}

// The features of a series over its steps, all in one frame.
function curves(values, [, steps, features]) {
  const canvas = element("canvas", {className: "curves", width: 240, height: 120}), ink = canvas.getContext("2d");
  const low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
  Object.assign(ink, {strokeStyle: "#6f8fb3", lineWidth: 2});
  for (let feature = 0; feature < features; feature += 1) {
    ink.beginPath();
    for (let step = 0; step < steps; step += 1) {
      const value = values[step * features + feature];
      ink.lineTo(4 + (step / Math.max(1, steps - 1)) * 232, 114 - ((value - low) / (high - low || 1)) * 108);
    }
    ink.stroke();
  }
  return canvas;
}
