// The page of one run. `show` gets what `run_page.contents` gathered.
"use strict";

const RELOAD = 30_000;  // milliseconds, while the run goes on

function show(run) {
  const page = document.getElementById("page");
  const section = (title, ...parts) => parts.flat().some(Boolean) && page.append(make("h2", {}, title), ...parts.flat().filter(Boolean));
  page.append(heading(run), tiles(run), ...run.remarks.map((text) => make("div", {class: "warn"}, text)));
  section("Training", training(run));
  if (run.results) section(`Results on ${run.results.part}`, results(run.results));
  section("Exported files", artifacts(run.artifacts.filter((one) => !one.way), run.folder));
  section("Files that a search has tried", tried(run.artifacts.filter((one) => one.way)));
  section("Data", data(run.data));
  section("Network", diagram(run));
  section("Record", record(run.record));
  if (run.status === "complete") section("Next", next(run));
  if (run.status === "running" && Date.now() - Date.parse(run.written) < 20 * RELOAD) setTimeout(() => location.reload(), RELOAD);
}

// What people do with a run that is complete, as commands.
function next(run) {
  const steps = [["measures it on all data held back, and fills this page", `nnspec evaluate ${run.folder}`], ["applies it", `nnspec predict ${run.folder} INPUT...`],
    ["looks inside", `nnspec inspect ${run.folder} INPUT`], ["writes a file for phones, run and compared", `nnspec export ${run.folder} --target tflite`]];
  return [make("dl", {}, steps.flatMap(([says, command]) => [make("dt", {}, make("code", {}, command)), make("dd", {}, says)]))];
}

function heading(run) {
  const words = {complete: "good", running: "soft"};
  return make("header", {}, make("h1", {}, run.name), run.description ? make("p", {}, run.description) : null,
    make("p", {}, make("b", {class: words[run.status] ?? "bad"}, run.status), ` · ${run.folder} · page of ${run.written.replace("T", " ").slice(0, 19)} UTC`));
}

function tiles(run) {
  return make("div", {class: "tiles"}, run.tiles.map(([label, value]) => make("div", {class: "tile"}, make("b", {}, number(value)), make("span", {}, label))));
}

function training(run) {
  const {epochs, series} = run.curves;
  if (!epochs.length) return [make("p", {}, "No epoch is done yet.")];
  const names = Object.keys(series).filter((name) => !name.startsWith("val_"));
  const alone = Object.keys(series).filter((name) => name.startsWith("val_") && !Object.hasOwn(series, name.slice(4)));
  const chart = (name) => {
    const found = [];
    if (Object.hasOwn(series, name)) found.push({label: Object.hasOwn(series, `val_${name}`) ? "training" : name, values: series[name], colour: "--a"});
    if (Object.hasOwn(series, `val_${name}`)) found.push({label: "validation", values: series[`val_${name}`], colour: "--b"});
    return curves(name, "epoch", epochs, found, {mark: run.best});
  };
  const found = [...names.map(chart), ...alone.map((name) => curves(name, "epoch", epochs, [{label: name, values: series[name], colour: "--b"}], {mark: run.best}))];
  if (run.curves.learning_rate) found.push(curves("learning rate", "epoch", epochs, [{label: "learning rate", values: run.curves.learning_rate, colour: "--a"}]));
  if (run.curves.step_ms) found.push(curves("time per step", "epoch", epochs, [{label: "ms", values: run.curves.step_ms, colour: "--a"}]));
  const note = run.best === null ? null : make("p", {}, `The dashed line is epoch ${run.best}, the best by ${run.monitor}.`);
  const lost = (series.loss ?? []).indexOf(null);
  const broken = lost < 0 ? null : make("p", {}, `The loss is no number from epoch ${epochs[lost]} on: \`train: {debug: true}\` finds the layer.`);
  return [note, broken, make("div", {class: "charts"}, found)];
}

function results(found) {
  const some = found.judged < found.examples ? `${number(found.judged)} of ${number(found.examples)} examples, spread evenly; \`nnspec evaluate\` takes all` : `${number(found.examples)} examples`;
  if (!found.outputs) return [make("p", {}, some), ...judged(found)];
  return [make("p", {}, some), ...Object.entries(found.outputs).flatMap(([name, one]) => [make("h3", {}, `Output ${name}`), ...judged(one)])];
}

function judged(found) {
  const parts = [];
  if (found.labels) parts.push(...labelled(found.labels));
  if (found.several) parts.push(...severally(found.several));
  if (found.tagging) parts.push(...tagged(found.tagging));
  if (found.masks) parts.push(...masked(found.masks));
  if (found.images) parts.push(...imaged(found.images));
  if (found.sequences) parts.push(...spelled(found.sequences));
  if (found.numbers) parts.push(...numeric(found.numbers));
  return parts;
}

const pairs = (found, what) => table(["true", "predicted", what], found.map((pair) => [pair.true, pair.predicted, pair.count]), [0, 1]);
const areas = [["roc_auc", "ROC AUC"], ["average_precision", "average precision"], ["threshold", "best above"]];
function scores(rows, what) {
  const more = areas.filter(([key]) => rows.some((row) => typeof row[key] === "number"));
  return table([what, "precision", "recall", "F1", ...more.map(([, head]) => head), "examples"],
    rows.map((row) => [row.label, row.precision, row.recall, row.f1, ...more.map(([key]) => row[key]), row.support]));
}

function labelled(found) {
  const names = found.classes.map((row) => row.label), parts = [make("div", {}, make("h3", {}, "By class"), scores(found.classes, "class"))];
  if (found.matrix) parts.push(make("div", {}, make("h3", {}, "Confusion: rows are true, columns predicted"), matrix(names, found.matrix)));
  if (found.confused.length) parts.push(make("div", {}, make("h3", {}, "Confused most"), pairs(found.confused, "examples")));
  const below = trust(found);
  if (found.confident.length) below.push(make("h3", {}, "Mistakes that it was surest of"), cards(found.confident));
  if (found.worst.length) below.push(make("h3", {}, "More whose class it thought least likely"), cards(found.worst));
  if (found.right?.length) below.push(make("h3", {}, "Right, spread over the data"), cards(found.right));
  return [make("div", {class: "beside"}, parts), ...below];
}

// Any number of labels for each example.
function severally(found) {
  const parts = [make("p", {}, `${percent(found.accuracy)} of the answers are right, and ${percent(found.exact)} of the examples in all of them; a label is said above 50 %. Above the last column's probability its F1 is best.`), make("h3", {}, "By label"), scores(found.classes, "label"), ...trust(found)];
  if (found.mistakes.length) parts.push(make("h3", {}, "Examples with most wrong labels"), make("div", {class: "cards"}, found.mistakes.map((one) => make("figure", one.picture ? {} : {class: "words"},
    picture(one.picture, one.text) ?? make("div", {}, one.text), make("div", {}, "true ", make("b", {class: "good"}, one.true)), make("div", {}, "said ", make("b", {class: "bad"}, one.predicted))))));
  return parts;
}

// How far the probabilities can be trusted: ROC, precision against recall, calibration.
function trust(found) {
  const parts = [], charts = [], {yes_or_no: question, calibration} = found;
  const line = (title, across, up, points) => curves(title, across, points.map(([x]) => x), [{label: up, values: points.map(([, y]) => y), colour: "--a"}], {shares: true});
  if (question) {
    charts.push(line(`ROC, area ${number(question.roc_auc)}`, "share of the others that is taken for it", "share found", question.roc),
      line(`Precision, on average ${number(question.average_precision)}`, "recall", "precision", question.precision_recall));
    parts.push(make("p", {}, `${found.classes[1].label}, yes or no: the best threshold is ${number(question.threshold)}, with an F1 of ${number(question.f1)}.`));
  }
  if (calibration && calibration.bins.length) {
    const sure = calibration.bins.map((one) => one.confidence);
    charts.push(curves(`Calibration, off by ${percent(calibration.error)}`, "how sure it is", sure,
      [{label: "how often it is right", values: calibration.bins.map((one) => one.accuracy), colour: "--a"}, {label: "as often as it is sure", values: sure, colour: "--good", dash: [5, 4]}], {shares: true}));
  }
  return charts.length ? [make("h3", {}, "How far to trust its probabilities"), ...parts, make("div", {class: "charts"}, charts)] : [];
}

// Shares of each true class; a button turns them into counts.
function matrix(names, rows) {
  const cells = [];
  const heat = (row, count) => count / Math.max(1, row.reduce((a, b) => a + b, 0));
  const cell = (row, y) => (count, x) => {
    const share = heat(row, count);
    const found = make("td", {title: `${names[y]} → ${names[x]}: ${count} of ${rows[y].reduce((a, b) => a + b, 0)}`, style: count ? `background:rgba(var(--heat),${(.12 + .88 * share).toFixed(3)});${share > .55 ? "color:var(--back)" : ""}` : ""});
    cells.push([found, count ? number(count) : "", count ? `${Math.round(100 * share)}%` : ""]);
    return found;
  };
  const numbered = names.length > 8 && names.some((name) => name.length > 6);  // long names that begin alike could not be told apart
  const head = make("tr", {}, make("th"), names.map((name, x) => make("th", {title: name}, numbered ? `${x + 1}` : name)));
  const body = rows.map((row, y) => make("tr", {}, make("th", {title: names[y]}, numbered ? `${y + 1} ${names[y]}` : names[y]), row.map(cell(row, y))));
  const button = make("button", {onclick: () => fill(!counts)});
  let counts;
  const fill = (wanted) => {
    counts = wanted;
    cells.forEach(([place, count, share]) => { place.textContent = counts ? count : share; });
    button.textContent = counts ? "shares" : "counts";
  };
  fill(names.length > 12);
  return make("div", {}, make("div", {class: "scroll"}, make("table", {class: "matrix"}, head, body)), button);
}

const percent = (share) => `${(100 * share).toFixed(share > .9995 || share < .0005 ? 2 : 1)}\u00a0%`;

function cards(mistakes) {
  return make("div", {class: "cards"}, mistakes.map((one) => make("figure", one.picture ? {} : {class: "words"},
    picture(one.picture, one.text) ?? make("div", {}, one.text),
    make("div", {}, "true ", make("b", {class: "good"}, one.true), ` ${percent(one.of_true)}`), one.true === one.predicted ? null : make("div", {}, "said ", make("b", {class: "bad"}, one.predicted), ` ${percent(one.of_predicted)}`))));
}

function tagged(found) {
  const parts = [make("p", {}, `${percent(found.accuracy)} of the words have the right tag.`), make("h3", {}, "By type"), scores(found.types, "type")];
  const words = {right: "right", type: "right words, wrong type", boundary: "right type, wrong boundary", both: "wrong type and boundary", missed: "missed", invented: "invented"};
  if (Object.keys(found.errors).length) parts.push(make("h3", {}, "Entities"), bars(Object.entries(found.errors).map(([name, count]) => [Object.hasOwn(words, name) ? words[name] : name, count])));
  if (found.confused.length) parts.push(make("h3", {}, "Types taken for others"), pairs(found.confused, "entities"));
  if (found.sentences.length) parts.push(make("h3", {}, "Sentences with most mistakes"), make("p", {}, "Colours are the types that it found; below a wrong word stands what it said, and what is true."), ...found.sentences.map(sentence));
  return parts;
}

const hues = new Map();
function tint(tag) {
  const type = tag.replace(/^[BIMES]-/, "");
  if (tag === "O") return "";
  if (!hues.has(type)) hues.set(type, (hues.size * 137.5 + 205) % 360);
  return `background:hsl(${hues.get(type)} 65% 55% / .32)`;
}

function sentence(one) {
  return make("p", {class: "sentence"}, one.words.map((word, index) => {
    const said = one.predicted[index], truth = one.true[index];
    return make("span", {class: "word"}, make("span", {class: "mark", style: tint(said)}, word),
      make("small", {class: "bad"}, said === truth ? "" : `${said} ≠ ${truth}`));
  }));
}

function masked(found) {
  const rows = found.classes.map((row) => [row.label, row.iou, row.precision, row.recall, row.f1, row.support]);
  const parts = [make("p", {}, `${percent(found.accuracy)} of the places have the right class; the mean intersection over union is ${number(found.mean_iou)}.`)];
  if (found.ignored) parts.push(make("p", {}, `${number(found.ignored)} places whose target is no class are not counted.`));
  const beside = [make("div", {}, make("h3", {}, "By class"), table(["class", "IoU", "precision", "recall", "F1", "places"], rows))];
  if (found.matrix) beside.push(make("div", {}, make("h3", {}, "Confusion: rows are true, columns predicted"), matrix(found.classes.map((row) => row.label), found.matrix)));
  parts.push(make("div", {class: "beside"}, beside));
  return [...parts, ...compared(found, "Examples with most wrong places", (one) => `${percent(one.right)} right`)];
}

function spelled(found) {
  const parts = [make("p", {}, `${percent(found.right)} of the sequences are right; ${percent(found.label_error_rate)} of the labels would have to be changed.`)];
  if (!found.examples.length) return parts;
  return [...parts, make("h3", {}, "Sequences furthest off"), table(["example", "true", "said", "changes"], found.examples.map((one) => [one.text, one.true, one.predicted, one.distance]), [0, 1, 2])];
}

function imaged(found) {
  const parts = [table(["mean absolute error", "root mean square error"], [[found.mae, found.rmse]])];
  return [...parts, ...compared(found, "Examples with the largest error", (one) => `mean absolute error ${number(one.mae)}`)];
}

function compared(found, title, caption) {
  const parts = found.note ? [make("p", {}, found.note)] : [];
  if (!found.examples.length) return parts;
  const image = (one, part) => picture(one[part], part, `${one.text}: ${part}`);
  return [...parts, make("h3", {}, title), make("p", {}, found.examples.some((one) => one.over) ? "Input, target, prediction, and the prediction over the input: red where it is wrong." : "Input where it is an image, target, prediction."), make("div", {class: "cards"}, found.examples.map((one) =>
    make("figure", {}, make("div", {class: "compared"}, [image(one, "picture"), image(one, "true"), image(one, "predicted"), one.over ? picture(one.over, "over", `${one.text}: predicted over the input`) : null].filter(Boolean)), make("div", {}, caption(one)))))];
}

function numeric(found) {
  const parts = [table(["target", "mean absolute error", "root mean square error"], found.targets.map((one) => [one.name, one.mae, one.rmse]))];
  if (found.more) parts.push(make("p", {}, `${number(found.more)} more targets are not shown.`));
  for (const one of found.targets) {
    const xs = one.true.map((_, index) => index);
    parts.push(make("h3", {}, one.name), make("div", {class: "charts"}, curves("in the order of the data", "example", xs, [{label: "true", values: one.true, colour: "--a"}, {label: "predicted", values: one.predicted, colour: "--b", dash: [6, 3]}], {wide: true}), make("div", {}, scatter(one.true, one.predicted))));
  }
  return parts;
}

// A file beside the page is a link.
function fileLink(path, folder) {
  if (!path.startsWith(`${folder}/`)) return path;
  const inside = path.slice(folder.length + 1);
  return make("a", {href: inside.split("/").map(encodeURIComponent).join("/")}, inside);
}

function artifacts(found, folder) {
  if (!found.length) return [];
  const rows = found.map((one) => [fileLink(one.path, folder), one.target, one.quantize, one.bytes === null ? null : bytes(one.bytes), one.latency_ms === null ? null : milliseconds(one.latency_ms), one.metric_before, one.metric_after, make("b", {class: one.ok ? "good" : "bad"}, one.ok ? "ok" : "failed")]);
  const reasons = found.flatMap((one) => (one.reasons ?? []).map((reason) => make("div", {class: "warn stop"}, `${one.path}: ${reason}`)));
  return [table(["file", "target", "quantize", "size", "latency", "Keras", "file's", "gate"], rows, [0, 1, 2]), worths(found, (one) => one.quantize), ...reasons];
}

// Of `nnspec compress`: the metric is that of the validation part, by which the search chooses.
function tried(found) {
  if (!found.length) return [];
  const rows = found.map((one) => [one.way, one.bytes ?? null, one.latency_ms ?? null, one.metric_after ?? null, make("b", {class: one.ok ? "good" : "soft"}, one.ok ? "within the bounds" : "not"), one.path]);
  return [make("p", {}, `Measured on the validation part; the network in float has ${number(found[0].metric_before)}.`), table(["way", "bytes", "latency, ms", "metric", "bounds", "file"], rows, [0, 5]), worths(found, (one) => one.way)];
}

// What files are worth over their size, by a logarithm; the longer one takes, the larger its point is.
function worths(found, name) {
  const shown = found.filter((one) => one.bytes > 0 && Number.isFinite(one.metric_after));
  if (shown.length < 2) return null;
  const width = 560, height = 300, pad = 46, span = (values) => [Math.min(...values), Math.max(...values)];
  const [small, large] = span(shown.map((one) => Math.log(one.bytes))), [low, high] = span(shown.map((one) => one.metric_after));
  const slowest = Math.max(...shown.map((one) => one.latency_ms ?? 0));
  const x = (one) => pad + (large > small ? (Math.log(one.bytes) - small) / (large - small) : .5) * (width - 2.5 * pad);
  const y = (one) => height - pad - (high > low ? (one.metric_after - low) / (high - low) : .5) * (height - 1.7 * pad);
  const svg = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    element.append(...children);
    return element;
  };
  const text = (attributes, words) => svg("text", {fill: "var(--soft)", "font-size": 11, ...attributes}, words);
  const taken = [];
  const free = (left, line, words) => {  // of several names in one place, one stands above the other
    while (taken.some((other) => Math.abs(other.line - line) < 11 && left < other.right && other.left < left + 6 * words.length)) line -= 11;
    taken.push({left, line, right: left + 6 * words.length});
    return line;
  };
  const points = shown.flatMap((one) => {
    const radius = 3 + (slowest > 0 ? 6 * Math.sqrt((one.latency_ms ?? 0) / slowest) : 0);
    const words = String(name(one) ?? one.target).split(",")[0].slice(0, 24);
    const says = `${name(one) ?? one.target}: ${bytes(one.bytes)}, ${one.latency_ms == null ? "" : `${milliseconds(one.latency_ms)}, `}${number(one.metric_after)}`;
    return [svg("circle", {cx: x(one), cy: y(one), r: radius, fill: one.ok ? "var(--a)" : one.way ? "var(--soft)" : "var(--bad)", "fill-opacity": .6}, svg("title", {}, says)),
      text({x: x(one) + radius + 2, y: free(x(one) + radius + 2, y(one) - 3, words), "font-size": 10}, words)];
  });
  return svg("svg", {viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "metric over size", style: "max-width:100%"},
    svg("path", {d: `M${pad} 12V${height - pad}H${width - 12}`, fill: "none", stroke: "var(--line)"}), ...points,
    text({x: width / 2, y: height - 8, "text-anchor": "middle"}, "size; the longer a file takes, the larger its point"),
    text({x: pad, y: height - 26}, bytes(Math.exp(small))), text({x: width - 1.5 * pad, y: height - 26, "text-anchor": "end"}, bytes(Math.exp(large))),
    text({x: pad - 4, y: height - pad, "text-anchor": "end"}, number(low)), text({x: pad - 4, y: 24, "text-anchor": "end"}, number(high)));
}

function data(found) {
  if (!found) return [];
  const parts = Object.entries(found.splits).map(([name, split]) => make("div", {}, make("h3", {}, `${name}: ${number(split.examples)} examples`),
    Object.entries(split.labels ?? {}).flatMap(([target, counts]) => [make("p", {}, target), bars(Object.entries(counts))]),
    Object.entries(split.lengths ?? {}).map(([feature, spread]) => make("p", {}, `steps of ${feature}: ${spread.min} to ${spread.max}, median ${spread.median}, 95 % at most ${spread.p95}`))));
  const batch = (found.first_batch ?? []).map((one) => make("figure", {}, picture(one.picture, one.label ?? "an example"), one.label ? make("div", {}, one.label) : null));
  if (batch.length) parts.push(make("div", {class: "whole"}, make("h3", {}, "The first training batch, augmented as the network saw it"), make("div", {class: "cards"}, batch)));
  return [make("div", {class: "parts"}, parts), ...found.warnings.map((text) => make("div", {class: "warn"}, text))];
}

function diagram(run) {
  if (!run.diagram) return [];
  const place = make("div", {id: "diagram"});
  nnspecView(place, run.diagram);
  return [make("p", {}, run.diagram.totals), place];
}

function record(pairs) {
  return [make("dl", {}, pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]))];
}
