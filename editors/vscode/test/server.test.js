"use strict";
// The real server, talked to by the protocol library that Visual Studio Code's own client is made of.
const assert = require("node:assert");
const cp = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const test = require("node:test");
const {pathToFileURL} = require("node:url");
const rpc = require("vscode-languageserver-protocol/node");
const {boxesAt} = require("../src/specs");
const {vscode, seen} = require("./editor");

const command = JSON.parse(process.env.NNSPEC_COMMAND ?? '["nnspec"]');
const there = cp.spawnSync(command[0], [...command.slice(1), "--version"]).status === 0;
const options = {skip: there ? false : "nnspec is not installed: NNSPEC_COMMAND"};
const TEXT = "nnspec: 1\nname: small\ninputs: {x: [4]}\nlayers:\n  - Dense: 8\n  - Dense: {unitz: 3}\n";

test("hints, a fault and its fix, the diagram", options, async () => {
  const server = cp.spawn(command[0], [...command.slice(1), "lsp"], {stdio: ["pipe", "pipe", "inherit"]});
  const client = rpc.createProtocolConnection(new rpc.StreamMessageReader(server.stdout), new rpc.StreamMessageWriter(server.stdin));
  client.listen();
  const reports = [];
  client.onNotification(rpc.PublishDiagnosticsNotification.type, (one) => reports.push(one));
  await client.sendRequest(rpc.InitializeRequest.type, {processId: process.pid, rootUri: null, capabilities: {}, initializationOptions: {hints: {parameters: true}}});
  await client.sendNotification(rpc.InitializedNotification.type, {});
  const uri = pathToFileURL(path.join(os.tmpdir(), "small.yaml")).href;
  await client.sendNotification(rpc.DidOpenTextDocumentNotification.type, {textDocument: {uri, languageId: "yaml", version: 1, text: TEXT}});
  const range = {start: {line: 0, character: 0}, end: {line: 9, character: 0}};
  const actions = await client.sendRequest(rpc.CodeActionRequest.type, {textDocument: {uri}, range: {start: {line: 5, character: 14}, end: {line: 5, character: 14}}, context: {diagnostics: []}});
  assert.match(reports.at(-1).diagnostics[0].message, /no argument `unitz`/);
  assert.ok(actions.some((one) => /units/.test(one.title)), JSON.stringify(actions));
  assert.strictEqual(await client.sendRequest("nnspec/diagram", {textDocument: {uri}, page: true}), null);
  const text = TEXT.replace("unitz", "units");
  await client.sendNotification(rpc.DidChangeTextDocumentNotification.type, {textDocument: {uri, version: 2}, contentChanges: [{text}]});
  const hints = await client.sendRequest(rpc.InlayHintRequest.type, {textDocument: {uri}, range});
  assert.deepStrictEqual(hints.map((one) => one.label), ["8, 40 parameters", "3, 27 parameters"]);
  const drawn = await client.sendRequest("nnspec/diagram", {textDocument: {uri}, page: true});
  assert.strictEqual(drawn.name, "small");
  assert.match(drawn.page, /acquireVsCodeApi/);
  assert.deepStrictEqual(boxesAt(drawn.places, 4).length, 1);
  await client.sendRequest(rpc.ShutdownRequest.type);
  await client.sendNotification(rpc.ExitNotification.type);
  assert.strictEqual(await new Promise((done) => server.on("exit", done)), 0);
});

test("a spec is checked as a test, and a command is a task", options, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "nnspec-"));
  const good = path.join(folder, "good.yaml"), bad = path.join(folder, "bad.yaml"), other = path.join(folder, "other.yaml");
  fs.writeFileSync(good, TEXT.replace("unitz", "units"));
  fs.writeFileSync(bad, TEXT);
  fs.writeFileSync(other, "services: {}\n");
  seen.files = [good, bad, other];
  const {explorer} = require("../src/explorer");
  explorer(() => ({command}));
  await seen.controller.resolveHandler();
  await seen.profile({}, {isCancellationRequested: false});
  assert.deepStrictEqual(seen.results.map((one) => [one.what, path.basename(one.file)]), [["passed", "good.yaml"], ["failed", "bad.yaml"]]);
  const [message] = seen.results[1].messages;
  assert.match(message.text, /^E0203: Dense has no argument `unitz`/);
  assert.deepStrictEqual([message.location.place.line, message.location.place.character], [5, 12]);
  await require("../src/tasks").run("train", good, () => ({command: ["/v/bin/nnspec"]}));
  assert.deepStrictEqual([seen.task.execution.program, ...seen.task.execution.words], ["/v/bin/nnspec", "train", good]);
  assert.strictEqual(seen.task.matcher, "$nnspec");
  fs.rmSync(folder, {recursive: true});
});

test("the extension as it is packaged starts, finds the server and tells what is missing", async () => {
  const bundle = path.join(__dirname, "../dist/extension.js");
  if (!fs.existsSync(bundle)) return;
  const before = process.env.PATH;
  process.env.PATH = "";
  delete process.env.VIRTUAL_ENV;
  await require(bundle).activate({subscriptions: []});
  process.env.PATH = before;
  assert.match(seen.warning, /nnspec is not in this workspace's environment.*pip install nnspec/);
  for (const name of require("../package.json").contributes.commands) assert.ok(seen.commands.has(name.command), name.command);
  assert.ok(vscode);
});
