// The language server in a browser's worker: messages of the protocol come and go; those with `file` give Python its files.
import {start} from "../../pyodide/start.js";

let python; // a promise, once the folder is known

const take = async (asked) => {
  try {
    for (const message of JSON.parse((await python)(JSON.stringify(asked)))) postMessage({jsonrpc: "2.0", ...message});
  } catch (error) {
    if (asked.id !== undefined) postMessage({jsonrpc: "2.0", id: asked.id, error: {code: -32603, message: String(error)}});
    else console.error(error);
  }
};

onmessage = ({data}) => {
  if (data.base) python = start(data.base, "web_server");
  else take(data);
};
