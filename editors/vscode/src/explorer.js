"use strict";
// The Testing view: every spec of the workspace is a test, which passes where `nnspec check` finds no error.

const cp = require("child_process");
const path = require("path");
const vscode = require("vscode");
const {checked, isSpec} = require("./specs");

const HEAD = 4096; // bytes that are looked at to know a spec
const MOST = 2000; // files
const SECONDS = 120;

/** @param {() => {command: string[]} | null} server */
function explorer(server) {
  const controller = vscode.tests.createTestController("nnspec", "nnspec check");
  const add = async (uri) => {
    try {
      const text = Buffer.from(await vscode.workspace.fs.readFile(uri)).subarray(0, HEAD).toString("utf8");
      if (!isSpec(text)) return controller.items.delete(uri.toString());
      controller.items.add(controller.createTestItem(uri.toString(), vscode.workspace.asRelativePath(uri), uri));
    } catch { controller.items.delete(uri.toString()); }
  };
  controller.resolveHandler = async () => {
    const found = await vscode.workspace.findFiles("**/*.{yaml,yml}", "**/{node_modules,runs,.venv,venv,env}/**", MOST);
    await Promise.all(found.map(add));
  };
  controller.refreshHandler = async () => { controller.items.replace([]); await controller.resolveHandler(); };
  controller.createRunProfile("Check", vscode.TestRunProfileKind.Run, (request, token) => runAll(controller, request, token, server), true);
  const watcher = vscode.workspace.createFileSystemWatcher("**/*.{yaml,yml}");
  watcher.onDidCreate(add);
  watcher.onDidChange(add);
  watcher.onDidDelete((uri) => controller.items.delete(uri.toString()));
  return vscode.Disposable.from(controller, watcher);
}

async function runAll(controller, request, token, server) {
  const run = controller.createTestRun(request);
  const items = request.include ?? [...controller.items].map(([, item]) => item);
  for (const item of items) if (!request.exclude?.includes(item)) run.enqueued(item);
  for (const item of items) {
    if (token.isCancellationRequested) break;
    if (request.exclude?.includes(item)) continue;
    run.started(item);
    const since = Date.now();
    const found = await check(server(), item.uri.fsPath);
    report(run, item, found, Date.now() - since);
  }
  run.end();
}

/** What a check says of a file: its answer, or why there is none. */
function check(found, file) {
  if (!found) return Promise.resolve({said: "nnspec is not installed in this workspace"});
  const [program, ...before] = found.command;
  const options = {cwd: path.dirname(file), timeout: 1000 * SECONDS, maxBuffer: 64 << 20};
  return new Promise((done) => {
    cp.execFile(program, [...before, "check", file, "--json"], options, (error, output, errors) => {
      done({answer: checked(output), said: String(errors || error?.message || "no answer")});
    });
  });
}

function report(run, item, found, milliseconds) {
  if (!found.answer) return run.errored(item, new vscode.TestMessage(found.said), milliseconds);
  const bad = found.answer.messages.filter((one) => one.isError);
  if (found.answer.ok && !bad.length) return run.passed(item, milliseconds);
  const messages = bad.map((one) => {
    const message = new vscode.TestMessage(one.text);
    const file = one.file && path.isAbsolute(one.file) ? vscode.Uri.file(one.file) : item.uri;
    message.location = new vscode.Location(file, new vscode.Position(one.line, one.column));
    return message;
  });
  return run.failed(item, messages.length ? messages : [new vscode.TestMessage(found.said)], milliseconds);
}

module.exports = {explorer};
