"use strict";
// As much of the editor's interface as the extension uses, for tests without one; `seen` is what the extension did.
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");

const seen = {files: [], results: [], commands: new Map(), warning: "", task: null, controller: null, profile: null};
const nothing = {dispose() {}};
const uri = (file) => ({fsPath: file, toString: () => `file://${file}`});
const on = () => nothing;

class Collection extends Map {
  add(item) { this.set(item.id, item); }
  replace(items) { this.clear(); items.forEach((one) => this.add(one)); }
}

const result = (what) => (item, messages) => seen.results.push({what, file: item.uri.fsPath, messages});
const vscode = {
  Uri: {file: uri},
  Position: class { constructor(line, character) { Object.assign(this, {line, character}); } },
  Location: class { constructor(file, place) { Object.assign(this, {file, place}); } },
  TestMessage: class { constructor(text) { this.text = text; } },
  Task: class { constructor(definition, scope, name, source, execution, matcher) { Object.assign(this, {definition, scope, name, source, execution, matcher}); } },
  ProcessExecution: class { constructor(program, words, options) { Object.assign(this, {program, words, options}); } },
  Disposable: {from: () => nothing},
  TaskScope: {Workspace: 2}, TaskRevealKind: {Always: 1}, TestRunProfileKind: {Run: 1}, ViewColumn: {Beside: -2},
  extensions: {getExtension: () => undefined},
  commands: {registerCommand: (name, action) => { seen.commands.set(name, action); return nothing; }, executeCommand: async () => {}},
  tasks: {registerTaskProvider: () => nothing, executeTask: async (task) => { seen.task = task; }},
  window: {
    createOutputChannel: () => ({appendLine() {}, dispose() {}}), onDidChangeTextEditorSelection: on,
    showWarningMessage: async (text) => { seen.warning = text; },
  },
  workspace: {
    textDocuments: [], workspaceFolders: undefined, getConfiguration: () => ({get: () => undefined}), getWorkspaceFolder: () => undefined,
    asRelativePath: (one) => path.basename(one.fsPath), findFiles: async () => seen.files.map(uri), fs: {readFile: async (one) => fs.readFileSync(one.fsPath)},
    createFileSystemWatcher: () => ({onDidCreate: on, onDidChange: on, onDidDelete: on, dispose() {}}),
    onDidChangeTextDocument: on, onDidChangeConfiguration: on,
  },
  tests: {
    createTestController: () => (seen.controller = {
      items: new Collection(), createTestItem: (id, label, place) => ({id, label, uri: place}),
      createRunProfile: (label, kind, run) => { seen.profile = run; },
      createTestRun: () => ({enqueued() {}, started() {}, end() {}, passed: result("passed"), failed: result("failed"), errored: result("errored")}),
    }),
  },
};

// Names that the client library asks for, and does not use before a server is started, are empty classes.
const editor = new Proxy(vscode, {get: (known, name) => (name in known ? known[name] : (known[name] = class {}))});
const load = Module._load;
Module._load = (name, ...rest) => (name === "vscode" ? editor : load(name, ...rest));

module.exports = {seen, vscode};
