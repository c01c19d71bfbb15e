"use strict";
// Specs of networks in Visual Studio Code: starts `nnspec lsp` from the workspace's environment, and what goes beside it.

const fs = require("fs");
const path = require("path");
const vscode = require("vscode");
const {LanguageClient} = require("vscode-languageclient/node");
const {ENVIRONMENTS, find, installation} = require("./find");
const {Diagram} = require("./diagram");
const {explorer} = require("./explorer");
const tasks = require("./tasks");

const COMMANDS = ["check", "show", "data", "train", "evaluate", "export"];
const windows = process.platform === "win32";

/** @type {LanguageClient | undefined} */
let client;

function isProgram(file) {
  try {
    fs.accessSync(file, windows ? fs.constants.F_OK : fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch { return false; }
}

/** The command that starts nnspec, looked for each time: an environment may have been made meanwhile. */
function server() {
  const folders = (vscode.workspace.workspaceFolders ?? []).map((one) => one.uri.fsPath);
  const configured = vscode.workspace.getConfiguration("nnspec").get("command") ?? [];
  const python = vscode.extensions.getExtension("ms-python.python");
  const active = python?.isActive ? python.exports?.environments?.getActiveEnvironmentPath?.()?.path : undefined;
  const said = vscode.workspace.getConfiguration("python").get("defaultInterpreterPath");
  const interpreters = [active, said].filter((one) => typeof one === "string")
    .map((one) => (folders.length ? one.replace("${workspaceFolder}", folders[0]) : one));
  return find(configured, {folders, interpreters, environment: process.env, windows}, isProgram);
}

/** Says what to install, and types it into a terminal if asked; whoever reads it presses the key. */
async function missing() {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const has = folders.some((one) => ENVIRONMENTS.slice(0, 1).some((name) => fs.existsSync(path.join(one.uri.fsPath, name))));
  const line = installation(windows, has);
  const chosen = await vscode.window.showWarningMessage(
    `nnspec is not in this workspace's environment. To install it: ${line}`, "Open a terminal", "Choose the command",
  );
  if (chosen === "Open a terminal") {
    const terminal = vscode.window.createTerminal({name: "nnspec", cwd: folders[0]?.uri});
    terminal.show();
    terminal.sendText(line, false);
  } else if (chosen) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "nnspec.command");
  }
}

async function start(output) {
  const found = server();
  if (!found) { await missing(); return; }
  const [command, ...words] = found.command;
  output.appendLine(`starting ${found.command.join(" ")} lsp, of ${found.of}`);
  client = new LanguageClient("nnspec", "nnspec", {command, args: [...words, "lsp"]}, {
    documentSelector: [{scheme: "file", language: "yaml"}, {scheme: "untitled", language: "yaml"}],
    initializationOptions: {hints: vscode.workspace.getConfiguration("nnspec").get("hints")},
    synchronize: {configurationSection: "nnspec", fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{yaml,yml}")},
    outputChannel: output,
  });
  try {
    await client.start();
    await vscode.commands.executeCommand("setContext", "nnspec.active", true);
  } catch (error) {
    client = undefined;
    vscode.window.showErrorMessage(`nnspec lsp did not start: ${error?.message ?? error}`);
  }
}

async function stop() {
  const before = client;
  client = undefined;
  await before?.stop();
}

function currentFile() {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.uri.scheme === "file" && document.languageId === "yaml") return document;
  vscode.window.showInformationMessage("Open a spec first: a YAML file.");
  return undefined;
}

async function run(command, file) {
  if (!server()) { await missing(); return; }
  await vscode.workspace.textDocuments.find((one) => one.uri.fsPath === file)?.save();
  await tasks.run(command, file, server);
}

exports.activate = async (context) => {
  const output = vscode.window.createOutputChannel("nnspec");
  const diagram = new Diagram(() => client);
  const command = (name, action) => context.subscriptions.push(vscode.commands.registerCommand(name, action));
  for (const name of COMMANDS) command(`nnspec.${name}`, async () => { const one = currentFile(); if (one) await run(name, one.uri.fsPath); });
  const beside = async () => { const editor = vscode.window.activeTextEditor; if (editor && currentFile()) await diagram.show(editor); };
  command("nnspec.diagram", beside);
  command("nnspec.run", (name, file) => (name === "draw" ? beside() : run(name, file))); // of the lenses
  command("nnspec.restart", async () => { await stop(); await start(output); });
  context.subscriptions.push(
    output,
    explorer(server),
    vscode.tasks.registerTaskProvider("nnspec", tasks.provider(server)),
    vscode.workspace.onDidChangeTextDocument((event) => diagram.changed(event.document)),
    vscode.window.onDidChangeTextEditorSelection((event) => diagram.follow(event.textEditor)),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("nnspec.command")) { await stop(); await start(output); }
    }),
  );
  await start(output);
};

exports.deactivate = stop;
