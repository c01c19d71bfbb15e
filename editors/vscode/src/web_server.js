"use strict";
// What the editor starts: it makes classic workers alone, and Python takes a module. So this starts one within, and hands messages on.

let python;

self.onmessage = ({data}) => {
  if (data.base) {
    const script = new Blob([`import ${JSON.stringify(`${data.base}python.js`)}`], {type: "text/javascript"}); // of any origin
    python = new Worker(URL.createObjectURL(script), {type: "module"});
    python.onmessage = (answer) => self.postMessage(answer.data);
    python.onerror = (event) => console.error(`nnspec: ${event.message ?? "its script was not loaded"}`);
  }
  python.postMessage(data);
};
