// Python in a thread of its own, so that typing never waits.
import {start} from "../../pyodide/start.js";

const ready = start(new URL("./", self.location.href).href, "playground");
ready.then(() => postMessage({ready: true}), (error) => postMessage({failed: String(error)}));

onmessage = async ({data: {id, asked}}) => {
  try {
    postMessage({id, answer: JSON.parse((await ready)(JSON.stringify(asked)))});
  } catch (error) {
    postMessage({id, failed: String(error)});
  }
};
