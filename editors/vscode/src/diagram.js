"use strict";
// The diagram beside a spec: drawn as it is typed, marked where the cursor is, and a way back to the line of a box.

const vscode = require("vscode");
const {boxesAt} = require("./specs");

const DELAY = 350; // milliseconds without typing before it is drawn again

class Diagram {
  /** @param {() => import("vscode-languageclient").BaseLanguageClient | undefined} client */
  constructor(client) {
    this.client = client;
    this.panel = undefined;
    this.uri = undefined;
    this.places = [];
    this.timer = undefined;
  }

  /** Shows the diagram of an editor's spec, in the column beside it. */
  async show(editor) {
    this.uri = editor.document.uri;
    if (!this.panel) {
      const column = {viewColumn: vscode.ViewColumn.Beside, preserveFocus: true};
      this.panel = vscode.window.createWebviewPanel("nnspec.diagram", "diagram", column, {
        enableScripts: true, retainContextWhenHidden: true, localResourceRoots: [],
      });
      this.panel.onDidDispose(() => { this.panel = undefined; this.uri = undefined; });
      this.panel.webview.onDidReceiveMessage((message) => this.goTo(message?.id));
    }
    this.panel.reveal(undefined, true);
    await this.draw(true);
  }

  /** @param {boolean} whole the whole page, and not only what it shows */
  async draw(whole) {
    const client = this.client(), uri = this.uri;
    if (!this.panel || !uri || !client) return;
    const found = await client.sendRequest("nnspec/diagram", {textDocument: {uri: client.code2ProtocolConverter.asUri(uri)}, page: whole});
    if (!found || !this.panel || uri !== this.uri) return; // a fault: what was drawn last stays
    this.places = found.places;
    this.panel.title = found.name;
    if (whole) this.panel.webview.html = found.page;
    else await this.panel.webview.postMessage({contents: found.contents});
    const editor = vscode.window.activeTextEditor;
    if (editor) this.follow(editor);
  }

  changed(document) {
    if (!this.panel || document.uri.toString() !== this.uri?.toString()) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.draw(false), DELAY);
  }

  /** Marks the boxes of the cursor's line; in another spec, draws that one. */
  follow(editor) {
    if (!this.panel || editor.document.languageId !== "yaml") return;
    if (editor.document.uri.toString() !== this.uri?.toString()) return;
    this.panel.webview.postMessage({mark: boxesAt(this.places, editor.selection.active.line)});
  }

  async goTo(id) {
    const place = this.places.find((one) => one.id === id);
    if (!place || !this.uri) return;
    const range = new vscode.Range(place.line, place.character, place.line, place.character);
    const shown = vscode.window.visibleTextEditors.find((one) => one.document.uri.toString() === this.uri.toString());
    await vscode.window.showTextDocument(this.uri, {selection: range, viewColumn: shown?.viewColumn});
  }
}

module.exports = {Diagram};
