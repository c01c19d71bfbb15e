// The network in the browser: LiteRT.js on the CPU, no server, nothing leaves the page.
import {loadAndCompile, loadLiteRt, Tensor} from "@litertjs/core";

const TYPES = {float32: Float32Array, int32: Int32Array, uint8: Uint8Array};

export class Network {
  static async load(base = ".") {
    const card = await (await fetch(`${base}/model.json`)).json();
    await loadLiteRt(`${base}/litert/wasm/`);
    const model = await loadAndCompile(`${base}/model.tflite`, {accelerator: "wasm"});
    return new Network(card, model);
  }

  constructor(card, model) {
    this.card = card;
    this.model = model;
    this.vocabulary = new Map((card.vocabulary ?? []).map((word, number) => [word, number]));
    if (card.vocabulary) this.vocabulary.set(card.vocabulary[0], 1); // the name of the padding, met in a text
  }

  // Inputs and outputs are typed arrays by name; milliseconds are those of the network alone.
  async run(inputs) {
    const given = {};
    for (const [name, port] of Object.entries(this.card.inputs)) {
      given[name] = new Tensor(TYPES[port.dtype].from(inputs[name]), port.shape);
    }
    const start = performance.now();
    const found = await this.model.run(given);
    const outputs = {};
    for (const [name, tensor] of Object.entries(found)) {
      outputs[name] = tensor.toTypedArray().slice();
    }
    const milliseconds = performance.now() - start;
    for (const tensor of [...Object.values(given), ...Object.values(found)]) tensor.delete();
    return {outputs, milliseconds};
  }
}
