// Python in a worker. Everything comes from one folder; what is large is packed, and unpacked here, so that any static server will do.
const address = (content, type) => URL.createObjectURL(new Blob([content], {type}));

/**
 * Starts Python with nnspec and imports a module of the bundle.
 *
 * @param {string} base the folder's address, with a slash behind
 * @param {string} module the module whose function `call` takes and gives JSON
 */
export async function start(base, module) {
  const unpacked = async (name) => {
    const answer = await fetch(new URL(`${name}.gz`, base));
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  };
  const [code, wasm, bundle, {loadPyodide}] = await Promise.all([
    unpacked("pyodide.asm.mjs"), unpacked("pyodide.asm.wasm"), fetch(`${base}bundle.zip`).then((answer) => answer.arrayBuffer()), import(`${base}pyodide.mjs`)]);
  const script = address(code, "text/javascript"), binary = address(wasm, "application/wasm"), plain = self.fetch;
  self.fetch = (asked, ...more) => plain(String(asked.url ?? asked).endsWith("pyodide.asm.wasm") ? binary : asked, ...more);
  const python = await loadPyodide({indexURL: base, createPyodideModule: (await import(script)).default});
  self.fetch = plain;
  python.unpackArchive(bundle, "zip", {extractDir: "/"});
  python.runPython(`import sys; sys.path.insert(0, '/site'); import ${module}`);
  return python.runPython(`${module}.call`);
}
