// The page: something to give to the network, what it says, how long it took. Built from what model.json says of inputs.
// `?selftest` compares the examples with Keras at once; window.nnspec.run(inputs) runs the network from the console.
import {answered} from "./answer.js";
import {element, find} from "./element.js";
import {drawing, examples, filling, writing} from "./input.js";
import {listening} from "./listening.js";
import {Network} from "./network.js";

// What a text alone gives, what a picture does, what a row of a table does; anything else has its examples.
const TEXT = ["words", "characters", "casing"], CUT = ["words", "subwords"];

// Whether one sentence is all that the network reads: of two texts, or of one with marks around it, there are examples.
const one = texts => texts.length === 1 && !texts[0].before;

async function main() {
  const network = await Network.load(), {card} = network;
  find("description").textContent = card.description;
  find("about").textContent = card.about;
  find("state").textContent = "";
  const page = {network, say, ask: asking(network)}, rules = Object.values(card.preprocessing.inputs ?? {});
  if (one(rules.filter(rule => CUT.includes(rule.kind))) && rules.every(rule => [...TEXT, ...CUT].includes(rule.kind))) writing(page);
  else if (rules.length === 1 && rules[0].kind === "image") drawing(page);
  else if (rules.length === 1 && rules[0].kind === "sound") listening(page);
  else if (rules.length === 1 && rules[0].kind === "numbers" && !("steps" in rules[0])) filling(page);
  examples(page);
  const compare = () => checked(network).catch(failed);
  find("check").append(element("button", {textContent: "Compare with Keras", onclick: compare}));
  if (new URLSearchParams(location.search).has("selftest")) await compare();
  window.nnspec = {network, hear: page.hear, run: inputs => network.run(inputs)};
}

// Runs the network on inputs and shows its answer. Only the last one asked for is shown.
function asking(network) {
  let last = 0;
  return async (inputs, context = {}) => {
    const mine = (last += 1);
    try {
      const outputs = await network.run(inputs), milliseconds = await network.latency(inputs);
      if (mine !== last) return;
      say("");
      find("answer").replaceChildren(...answered(network.card, outputs, context), latency(milliseconds, context));
    } catch (error) {
      failed(error);
    }
  };
}

function latency(milliseconds, {read, cut = 0}) {
  const left = cut ? ` The network reads ${read}; ${cut} more were left out.` : "";
  const digits = milliseconds < 0.1 ? 3 : milliseconds < 10 ? 2 : 0;
  return element("p", {id: "latency", textContent: `${milliseconds.toFixed(digits)} ms in this browser.${left}`});
}

async function checked(network) {
  const {examples: count, same, difference} = await network.check();
  find("check").textContent =
    `${same} of ${count} examples have the same answer here as in Keras; the outputs differ by ${difference.toPrecision(2)} at most.`;
}

function say(text, wrong = false) {
  find("state").className = wrong ? "failed" : "";
  find("state").textContent = text;
}

function failed(error) {
  say(`That did not work: ${error.message ?? error}`, true);
}

main().catch(error => {
  say(`The network could not be loaded: ${error.message ?? error}`, true);
  throw error;
});
