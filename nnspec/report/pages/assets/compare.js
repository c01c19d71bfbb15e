// The page of several runs side by side. `show` gets what `compare_page.contents` gathered.
"use strict";

const COLUMNS = 4;  // so many runs stand beside one another; more are rows

// The folder that all are in, with its slash.
function folderOf(names) {
  const parts = names.map((name) => name.split("/").slice(0, -1));
  const apart = parts[0].findIndex((part, at) => parts.some((other) => other[at] !== part));
  const shared = apart < 0 ? parts[0] : parts[0].slice(0, apart);
  return names.length > 1 && shared.length ? `${shared.join("/")}/` : "";
}

function show(found) {
  const page = document.getElementById("page");
  // Colours far apart in hue and lightness, also for eyes that tell red from green badly.
  const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d3b", "#777777"];
  const of = (index) => colours[index % colours.length];
  const names = [...new Set(found.runs.flatMap((run) => Object.keys(run.metrics)))];
  page.append(make("h1", {}, `${found.runs.length} runs`), ...found.remarks.map((text) => make("div", {class: "warn"}, text)));
  const folder = folderOf(found.runs.map((run) => run.run));
  const short = (run) => run.run.slice(folder.length);
  const label = (run, index, name = run.run) => make("span", {class: "whole-line"}, make("span", {style: `color:${of(index)}`}, "● "), name);
  // Names of settings and metrics end a line behind a dot or a low dash, where a page is narrow.
  const broken = (name) => make("span", {}, ...name.split(/(?<=[._])/).flatMap((part) => [part, make("wbr")]));
  const facts = [["status", (run) => run.status], ["epochs", (run) => run.epochs], ["best epoch", (run) => run.best], ["parameters", (run) => run.params], ...names.map((name) => [name, (run) => run.metrics[name]])];
  const scores = found.runs.length > COLUMNS
    ? table(["run", ...facts.map(([name]) => name)], found.runs.map((run, index) => [label(run, index), ...facts.map(([, value]) => value(run))]), [0, 1])
    : table(["run", ...found.runs.map((run, index) => label(run, index, short(run)))], facts.map(([name, value]) => [broken(name), ...found.runs.map(value)]));
  page.append(make("h2", {}, "Scores"), make("p", {}, `Metrics of each run's best epoch${folder && found.runs.length <= COLUMNS ? `, of runs in ${folder}` : ""}.`), scores);
  if (Object.keys(found.settings).length) page.append(make("h2", {}, "What sets their specs apart"),
    table(["setting", ...found.runs.map(short)], Object.entries(found.settings).map(([path, values]) => [broken(path), ...values]), [0, ...found.runs.map((_, index) => index + 1)]));
  const curve = (name) => curves(name, "epoch", found.epochs, found.runs.map((run, index) => ({label: run.run.split("/").slice(-2).join("/"), values: found.curves[name][index], stroke: of(index)})));
  page.append(make("h2", {}, "Curves"), make("div", {class: "charts"}, Object.keys(found.curves).map(curve)));
  const files = found.runs.flatMap((run) => run.files.map((one) => [run.run, one.path, one.quantize, bytes(one.bytes), one.latency_ms === null ? null : milliseconds(one.latency_ms), one.metric_after, one.ok ? "ok" : "failed"]));
  if (files.length) page.append(make("h2", {}, "Exported files"), table(["run", "file", "quantize", "size", "latency", "metric", "gate"], files, [0, 1, 2]));
}
