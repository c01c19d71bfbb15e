"use strict";
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const {find, installation, places} = require("../src/find");
const {boxesAt, checked, isSpec} = require("../src/specs");

const posix = {folders: ["/project"], interpreters: ["/opt/py/bin/python3", "python"], environment: {VIRTUAL_ENV: "/v", PATH: "bin:/usr/bin"}, windows: false};

test("the workspace's environment comes first, then the interpreter's, the active one, the PATH", () => {
  assert.deepStrictEqual(places(posix).map((one) => one.file), [
    "/project/.venv/bin/nnspec", "/project/venv/bin/nnspec", "/project/env/bin/nnspec", "/opt/py/bin/nnspec", "/v/bin/nnspec", "/usr/bin/nnspec",
  ]);
  assert.deepStrictEqual(find([], posix, (file) => file.startsWith("/opt")), {command: ["/opt/py/bin/nnspec"], of: "the Python interpreter"});
  assert.deepStrictEqual(find(["a", "b"], posix, () => true).command, ["a", "b"]);
  assert.strictEqual(find([], posix, () => false), null);
});

test("on Windows programs lie elsewhere", () => {
  const given = {folders: ["C:\\work"], interpreters: ["C:\\py\\Scripts\\python.exe"], environment: {Path: "C:\\bin;D:\\x"}, windows: true};
  const files = places(given).map((one) => one.file);
  assert.strictEqual(files[0], "C:\\work\\.venv\\Scripts\\nnspec.exe");
  assert.ok(files.includes("C:\\py\\Scripts\\nnspec.exe") && files.includes("D:\\x\\nnspec.exe"));
  assert.match(installation(true, false), /^py -m venv \.venv ; \.venv\\Scripts\\python/);
  assert.strictEqual(installation(false, true), ".venv/bin/python -m pip install nnspec");
});

test("a spec is known by its beginning", () => {
  assert.ok(isSpec("nnspec: 1\nlayers: []"));
  assert.ok(isSpec("# yaml-language-server: $schema=../schemas/nnspec.schema.json\nextends: base.yaml"));
  assert.ok(!isSpec("services:\n  nnspec: 1\n") && !isSpec(""));
});

test("the answer of a check, of one spec and of several", () => {
  const one = {code: "E0203", severity: "error", message: "no", hint: "yes", file: "/a.yaml", line: 3, column: 5};
  const found = checked(JSON.stringify({ok: false, diagnostics: [one]}));
  assert.deepStrictEqual(found.messages, [{text: "E0203: no\nhint: yes", file: "/a.yaml", line: 2, column: 4, isError: true}]);
  assert.strictEqual(checked(JSON.stringify({ok: true, specs: [{diagnostics: []}, {diagnostics: [{...one, severity: "warning", line: null, column: null}]}]})).messages[0].line, 0);
  assert.strictEqual(checked("Traceback"), null);
  assert.strictEqual(checked("[]"), null);
});

test("the boxes of a line are those that it makes, or the nearest above", () => {
  const there = [{id: "in:x", line: 2}, {id: "layer:a", line: 5}, {id: "layer:b", line: 5}, {id: "layer:c", line: 9}];
  assert.deepStrictEqual(boxesAt(there, 5), ["layer:a", "layer:b"]);
  assert.deepStrictEqual(boxesAt(there, 8), ["layer:a", "layer:b"]);
  assert.deepStrictEqual(boxesAt(there, 0), []);
});

test("every command that package.json offers is registered, and the other way round", () => {
  const offered = require("../package.json").contributes.commands.map((one) => one.command.slice("nnspec.".length));
  const text = fs.readFileSync(path.join(__dirname, "../src/extension.js"), "utf8");
  const listed = JSON.parse(text.match(/const COMMANDS = (\[.*?\]);/)[1]);
  const others = [...text.matchAll(/command\("nnspec\.(\w+)"/g)].map((one) => one[1]).filter((name) => name !== "run");
  assert.deepStrictEqual([...listed, ...others].sort(), offered.sort());
});

test("expressions in YAML have colours of their own", async () => {
  const textmate = require("vscode-textmate"), oniguruma = require("vscode-oniguruma");
  await oniguruma.loadWASM(fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")).buffer);
  const yaml = {scopeName: "source.yaml", patterns: [{match: "#.*$", name: "comment.line"}, {match: "[^\\s#$]+", name: "string.unquoted"}]};
  const injected = JSON.parse(fs.readFileSync(path.join(__dirname, "../syntaxes/expression.json"), "utf8"));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({createOnigScanner: (all) => new oniguruma.OnigScanner(all), createOnigString: (one) => new oniguruma.OnigString(one)}),
    loadGrammar: async (name) => (name === "source.yaml" ? yaml : name === injected.scopeName ? injected : null),
    getInjections: (name) => (name === "source.yaml" ? [injected.scopeName] : []),
  });
  const grammar = await registry.loadGrammar("source.yaml");
  const scopes = (line, word) => {
    const at = line.indexOf(word);
    return grammar.tokenizeLine(line, textmate.INITIAL).tokens.find((one) => one.startIndex <= at && at < one.endIndex).scopes.join(" ");
  };
  assert.match(scopes("units: $data.classes", "data.classes"), /variable\.other\.nnspec/);
  assert.match(scopes("units: $(max(2, $n) * 2)", "max"), /meta\.embedded\.expression\.nnspec support\.function/);
  assert.match(scopes("units: $(a / 255)", "255"), /constant\.numeric/);
  assert.match(scopes("when: $(i == 0 and last)", "and"), /keyword\.operator\.word/);
  assert.doesNotMatch(scopes("a: $(b) c", "c"), /nnspec/);
  assert.doesNotMatch(scopes("# $(b)", "b"), /nnspec/);
});
