// The network in the browser: LiteRT.js on the CPU, no server, nothing leaves the page.
import {loadAndCompile, loadLiteRt, Tensor} from "@litertjs/core";
import {largest} from "./decode.js";
import {Subwords} from "./subwords.js";

const TYPES = {float32: Float32Array, int32: Int32Array, uint8: Uint8Array};

export class Network {
  static async load(base = ".") {
    const card = await (await found(`${base}/model.json`)).json();
    await loadLiteRt(`${base}/litert/wasm/`);
    const model = await loadAndCompile(`${base}/model.tflite`, {accelerator: "wasm"});
    return new Network(card, model);
  }

  constructor(card, model) {
    this.card = card;
    this.model = model;
    this.vocabulary = new Map((card.vocabulary ?? []).map((word, number) => [word, number]));
    this.subwords = card.tokenizer ? new Subwords(card.tokenizer) : null;
    if (card.vocabulary) this.vocabulary.set(card.vocabulary[0], 1); // the name of the padding, met in a text
  }

  // Inputs and outputs are arrays by name, flat and in row-major order; the outputs are typed arrays.
  async run(inputs) {
    const given = {};
    for (const [name, port] of Object.entries(this.card.inputs)) {
      const size = port.shape.reduce((a, b) => a * b), values = inputs[name];
      if (values?.length !== size) throw new RangeError(`the input ${name} takes ${size} values, not ${values?.length ?? 0}`);
      given[name] = new Tensor(TYPES[port.dtype].from(values), port.shape);
    }
    const answer = await this.model.run(given), outputs = {};
    for (const [name, tensor] of Object.entries(answer)) outputs[name] = tensor.toTypedArray().slice();
    for (const tensor of [...Object.values(given), ...Object.values(answer)]) tensor.delete();
    return outputs;
  }

  // Milliseconds of a run, the mean of as many as fit into the time: a browser's clock has steps of 0.1 ms or more.
  async latency(inputs, time = 20) {
    const start = performance.now();
    let runs = 0, passed = 0;
    do {
      await this.run(inputs);
      runs += 1;
      passed = performance.now() - start;
    } while (passed < time && runs < 200);
    return passed / runs;
  }

  // The examples run here, against what Keras gave for them when the page was made: the largest difference of an output,
  // and in how many the largest values stand in the same places.
  async check() {
    let difference = 0, same = 0;
    for (const example of this.card.examples) {
      const outputs = await this.run(example.inputs);
      const alike = Object.entries(example.outputs).map(([name, expected]) => {
        const values = outputs[name], size = this.card.outputs[name].shape.at(-1);
        expected.forEach((value, place) => { difference = Math.max(difference, Math.abs(value - values[place])); });
        return rows(expected, size).every((row, place) => largest(row) === largest(rows(values, size)[place]));
      });
      same += alike.every(Boolean);
    }
    return {examples: this.card.examples.length, same, difference};
  }
}

async function found(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} is not there (${response.status})`);
  return response;
}

function rows(values, size) {
  return Array.from({length: values.length / size}, (_, row) => values.slice(row * size, (row + 1) * size));
}
