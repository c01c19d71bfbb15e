"use strict";
// Which files are specs, and what a check said of them. Nothing here asks the editor.

/** Whether the beginning of a YAML file is that of a spec, as the language server takes it. */
function isSpec(text) {
  if (/^#.*\$schema=.*nnspec/m.test(text.split("\n", 3).join("\n"))) return true;
  return /^nnspec\s*:/m.test(text);
}

/**
 * What `nnspec check --json` found, by file.
 *
 * @returns {{ok: boolean, messages: {text: string, file: string | null, line: number, column: number, isError: boolean}[]} | null}
 *   null where the text is no answer of nnspec's
 */
function checked(text) {
  let found;
  try { found = JSON.parse(text); } catch { return null; }
  if (typeof found?.ok !== "boolean") return null;
  const specs = Array.isArray(found.specs) ? found.specs : [found];
  const diagnostics = specs.flatMap((one) => one.diagnostics ?? []);
  return {
    ok: found.ok,
    messages: diagnostics.map((one) => ({
      text: [`${one.code}: ${one.message}`, ...(one.hint ? [`hint: ${one.hint}`] : [])].join("\n"),
      file: one.file,
      line: Math.max((one.line ?? 1) - 1, 0),
      column: Math.max((one.column ?? 1) - 1, 0),
      isError: one.severity === "error",
    })),
  };
}

/**
 * The boxes of a diagram that belong to a line: those that the line makes, or else those of the nearest line above it.
 *
 * @param {{id: string, line: number}[]} places
 * @param {number} line from 0
 */
function boxesAt(places, line) {
  const above = places.filter((place) => place.line <= line);
  const nearest = Math.max(...above.map((place) => place.line), -1);
  return above.filter((place) => place.line === nearest).map((place) => place.id);
}

module.exports = {boxesAt, checked, isSpec};
