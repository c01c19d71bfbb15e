// The page of several runs side by side. `show` gets what `compare_page.contents` gathered.
"use strict";

function show(found) {
  const page = document.getElementById("page");
  // Colours far apart in hue and lightness, also for eyes that tell red from green badly.
  const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d3b", "#777777"];
  const of = (index) => colours[index % colours.length];
  const names = [...new Set(found.runs.flatMap((run) => Object.keys(run.metrics)))];
  page.append(make("h1", {}, `${found.runs.length} runs`), ...found.remarks.map((text) => make("div", {class: "warn"}, text)));
  const label = (run, index) => make("span", {class: "whole-line"}, make("span", {style: `color:${of(index)}`}, "● "), run.run);
  page.append(make("h2", {}, "Scores"), make("p", {}, "Metrics of each run's best epoch."),
    table(["run", "status", "epochs", "best epoch", "parameters", ...names], found.runs.map((run, index) => [label(run, index), run.status, run.epochs, run.best, run.params, ...names.map((name) => run.metrics[name])]), [0, 1]));
  if (Object.keys(found.settings).length) page.append(make("h2", {}, "What sets their specs apart"),
    table(["setting", ...found.runs.map((run) => run.run)], Object.entries(found.settings).map(([path, values]) => [path, ...values]), [0, ...found.runs.map((_, index) => index + 1)]));
  const curve = (name) => curves(name, "epoch", found.epochs, found.runs.map((run, index) => ({label: run.run.split("/").slice(-2).join("/"), values: found.curves[name][index], stroke: of(index)})));
  page.append(make("h2", {}, "Curves"), make("div", {class: "charts"}, Object.keys(found.curves).map(curve)));
  const files = found.runs.flatMap((run) => run.files.map((one) => [run.run, one.path, one.quantize, bytes(one.bytes), one.latency_ms === null ? null : milliseconds(one.latency_ms), one.metric_after, one.ok ? "ok" : "failed"]));
  if (files.length) page.append(make("h2", {}, "Exported files"), table(["run", "file", "quantize", "size", "latency", "metric", "gate"], files, [0, 1, 2]));
}
