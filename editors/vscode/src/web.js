"use strict";
// The extension in a browser (vscode.dev, github.dev): the server runs in Python within the page, in a worker of its own.

const vscode = require("vscode");
const {LanguageClient} = require("vscode-languageclient/browser");
const {Diagram} = require("./diagram");

const SPECS = "**/*.{yaml,yml}", MOST = 2000; // files, as the server looks through on a disk
const ROOT = "/workspace"; // where Python has the workspace's files
const NEEDS_DISK = ["check", "show", "data", "train", "evaluate", "export"];

/** @type {LanguageClient | undefined} */
let client;
/** @type {Worker | undefined} */
let worker;

/** How the server knows a file, and back: it has only files, whatever the workspace's scheme is. */
function converters() {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const isOurs = (uri) => folder && uri.scheme === folder.scheme && uri.authority === folder.authority;
  return {
    code2Protocol: (uri) => (isOurs(uri) ? vscode.Uri.from({scheme: "file", path: ROOT + uri.path}) : uri).toString(),
    protocol2Code: (text) => {
      const uri = vscode.Uri.parse(text);
      return folder && uri.scheme === "file" && uri.path.startsWith(`${ROOT}/`) ? folder.with({path: uri.path.slice(ROOT.length)}) : uri;
    },
  };
}

/** Gives Python the text of a file, or says that it is gone. */
async function share(uri) {
  let text = null;
  try { text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)); } catch { /* it is gone */ }
  worker?.postMessage({file: ROOT + uri.path, text});
}

/** A file that has changed: Python gets it before the server is told. */
async function changed(uri) {
  await share(uri);
  const told = client?.code2ProtocolConverter.asUri(uri);
  await client?.sendNotification("workspace/didChangeWatchedFiles", {changes: [{uri: told, type: 2}]});
}

/** The specs below a folder, first those that are nearest. There is a search in some browsers' workspaces only: this walks. */
async function specs(folder) {
  const found = [], waiting = [folder];
  while (waiting.length && found.length < MOST) {
    const one = waiting.shift();
    for (const [name, type] of await vscode.workspace.fs.readDirectory(one)) {
      const inside = vscode.Uri.joinPath(one, name);
      if (type & vscode.FileType.Directory) { if (!/^(\..*|node_modules|runs)$/.test(name)) waiting.push(inside); }
      else if (/\.ya?ml$/.test(name)) found.push(inside);
    }
  }
  return found;
}

async function start(context, output) {
  const base = vscode.Uri.joinPath(context.extensionUri, "dist", "web").toString(true);
  const found = (await Promise.all((vscode.workspace.workspaceFolders ?? []).map((one) => specs(one.uri)))).flat();
  worker = new Worker(`${base}/server.js`);
  worker.postMessage({base: `${base}/`});
  await Promise.all(found.map(share));
  const watcher = vscode.workspace.createFileSystemWatcher(SPECS);
  context.subscriptions.push(watcher, watcher.onDidCreate(changed), watcher.onDidChange(changed), watcher.onDidDelete(changed));
  client = new LanguageClient("nnspec", "nnspec", {
    documentSelector: [{language: "yaml"}],
    initializationOptions: JSON.parse(JSON.stringify({hints: vscode.workspace.getConfiguration("nnspec").get("hints")})), // a worker takes no proxies
    synchronize: {configurationSection: "nnspec"},
    uriConverters: converters(),
    outputChannel: output,
  }, worker);
  try {
    await client.start();
    await vscode.commands.executeCommand("setContext", "nnspec.active", true);
  } catch (error) {
    client = undefined;
    vscode.window.showErrorMessage(`nnspec did not start in this browser: ${error?.message ?? error}`);
  }
}

async function stop() {
  const before = client;
  client = undefined;
  await before?.stop();
  worker?.terminate();
  worker = undefined;
}

exports.activate = async (context) => {
  const output = vscode.window.createOutputChannel("nnspec");
  const diagram = new Diagram(() => client);
  const command = (name, action) => context.subscriptions.push(vscode.commands.registerCommand(name, action));
  const beside = async () => { const editor = vscode.window.activeTextEditor; if (editor?.document.languageId === "yaml") await diagram.show(editor); };
  const elsewhere = (name) => vscode.window.showInformationMessage(
    `A browser has no Python to run \`nnspec ${name}\` with: open the folder in Visual Studio Code on a computer.`);
  for (const name of NEEDS_DISK) command(`nnspec.${name}`, () => elsewhere(name));
  command("nnspec.diagram", beside);
  command("nnspec.run", (name) => (name === "draw" ? beside() : elsewhere(name))); // of the lenses
  command("nnspec.restart", async () => { await stop(); await start(context, output); });
  context.subscriptions.push(
    output,
    vscode.workspace.onDidChangeTextDocument((event) => diagram.changed(event.document)),
    vscode.window.onDidChangeTextEditorSelection((event) => diagram.follow(event.textEditor)),
  );
  await start(context, output);
};

exports.deactivate = stop;
