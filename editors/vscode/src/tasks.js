"use strict";
// Commands of nnspec as tasks: they run in a terminal, with their progress, and what they find wrong is listed.

const path = require("path");
const vscode = require("vscode");

/** @param {() => {command: string[]} | null} server */
function task(definition, server, scope) {
  const found = server();
  if (!found) return null;
  const [program, ...before] = found.command;
  const words = [...before, definition.command, definition.spec, ...(definition.arguments ?? [])];
  const options = scope?.uri ? {cwd: scope.uri.fsPath} : {cwd: path.dirname(definition.spec)};
  const name = `${definition.command} ${path.basename(definition.spec)}`;
  const made = new vscode.Task(
    definition, scope ?? vscode.TaskScope.Workspace, name, "nnspec", new vscode.ProcessExecution(program, words, options), "$nnspec",
  );
  made.presentationOptions = {reveal: vscode.TaskRevealKind.Always, clear: true};
  return made;
}

async function run(command, file, server) {
  const scope = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file));
  const made = task({type: "nnspec", command, spec: file}, server, scope);
  if (made) await vscode.tasks.executeTask(made);
}

/** Gives tasks of tasks.json what they run; there is none that this extension makes by itself. */
function provider(server) {
  return {
    provideTasks: () => [],
    resolveTask: (given) => task(given.definition, server, typeof given.scope === "object" ? given.scope : undefined) ?? undefined,
  };
}

module.exports = {provider, run};
