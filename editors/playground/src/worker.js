// Python in a thread of its own, so that typing never waits. Everything comes from the page's own folder; what is large is
// packed, and unpacked here, so that any static server will do.
const unpacked = async (name) => {
  const answer = await fetch(new URL(`${name}.gz`, self.location.href));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
};
const address = (content, type) => URL.createObjectURL(new Blob([content], {type}));

const ready = (async () => {
  const base = new URL("./", self.location.href).href;
  const [module, wasm, bundle, {loadPyodide}] = await Promise.all([
    unpacked("pyodide.asm.mjs"), unpacked("pyodide.asm.wasm"), fetch(`${base}bundle.zip`).then((answer) => answer.arrayBuffer()), import(`${base}pyodide.mjs`)]);
  const code = address(module, "text/javascript"), binary = address(wasm, "application/wasm"), plain = self.fetch;
  self.fetch = (asked, ...more) => plain(String(asked.url ?? asked).endsWith("pyodide.asm.wasm") ? binary : asked, ...more);
  const python = await loadPyodide({indexURL: base, createPyodideModule: (await import(code)).default});
  self.fetch = plain;
  python.unpackArchive(bundle, "zip", {extractDir: "/"});
  python.runPython("import sys; sys.path.insert(0, '/site'); import playground");
  return python.runPython("playground.call");
})();
ready.then(() => postMessage({ready: true}), (error) => postMessage({failed: String(error)}));

onmessage = async ({data: {id, asked}}) => {
  try {
    postMessage({id, answer: JSON.parse((await ready)(JSON.stringify(asked)))});
  } catch (error) {
    postMessage({id, failed: String(error)});
  }
};
