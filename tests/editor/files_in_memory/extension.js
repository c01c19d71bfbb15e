"use strict";
// A workspace for tests of an editor in a browser: its files are those of files.json, and are kept in memory.
const vscode = require("vscode");

const files = new Map(), changed = new vscode.EventEmitter();
const loaded = (uri) => fetch(vscode.Uri.joinPath(uri, "files.json").toString(true)).then((answer) => answer.json())
  .then((found) => { for (const [path, text] of Object.entries(found)) files.set(path, new TextEncoder().encode(text)); });
const tell = (type, uri) => changed.fire([{type, uri}]);
const missing = (uri) => vscode.FileSystemError.FileNotFound(uri);
const below = (path) => [...files.keys()].filter((one) => one.startsWith(path.replace(/\/*$/, "/")));

exports.activate = (context) => {
  const ready = loaded(context.extensionUri);
  const provider = {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => {}),
    async stat(uri) {
      await ready;
      const content = files.get(uri.path);
      if (content) return {type: vscode.FileType.File, ctime: 0, mtime: content.stamp ?? 0, size: content.length};
      if (uri.path === "/" || below(uri.path).length) return {type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0};
      throw missing(uri);
    },
    async readDirectory(uri) {
      await ready;
      const start = uri.path.replace(/\/*$/, "/"), found = new Map();
      for (const one of below(uri.path)) {
        const [name, ...more] = one.slice(start.length).split("/");
        found.set(name, more.length ? vscode.FileType.Directory : vscode.FileType.File);
      }
      return [...found];
    },
    async readFile(uri) { await ready; const found = files.get(uri.path); if (!found) throw missing(uri); return found; },
    async writeFile(uri, content) {
      const is = files.has(uri.path) ? vscode.FileChangeType.Changed : vscode.FileChangeType.Created;
      files.set(uri.path, Object.assign(content, {stamp: Date.now()}));
      tell(is, uri);
    },
    async delete(uri) { files.delete(uri.path); tell(vscode.FileChangeType.Deleted, uri); },
    async rename(from, to) { files.set(to.path, files.get(from.path)); files.delete(from.path); tell(vscode.FileChangeType.Created, to); },
    createDirectory() {},
  };
  context.subscriptions.push(vscode.workspace.registerFileSystemProvider("memory", provider, {isCaseSensitive: true}));
};
