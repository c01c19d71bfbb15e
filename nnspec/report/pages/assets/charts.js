// What pages are made of: elements whose texts are never markup, tables, bars, and curves by uPlot.
"use strict";

const make = (tag, attributes = {}, ...children) => {
  const found = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) found.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) found.setAttribute(name, value);
  }
  found.append(...children.flat().filter((child) => child !== null && child !== undefined).map((child) => child instanceof Node ? child : String(child)));
  return found;
};
// A picture that the page holds itself; one from elsewhere, or none, is no picture.
const picture = (address, text, title = text) => String(address).startsWith("data:image/") ? make("img", {src: address, alt: text, title}) : null;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Numbers as people read them.
const number = (value) => {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : value.toFixed(size < 10 ? 4 : 2);
};
const milliseconds = (value) => value < .01 ? `${(1000 * value).toPrecision(2)} µs` : `${value < 10 ? +value.toPrecision(3) : number(value)} ms`;
const bytes = (value) => value >= 1e6 ? `${(value / 1e6).toFixed(2)} MB` : `${(value / 1e3).toFixed(1)} kB`;

// A table of rows (arrays); a click on a heading sorts by it. `texts` says which columns are words.
function table(heads, rows, texts = [0]) {
  const body = make("tbody");
  const fill = (found) => body.replaceChildren(...found.map((row) => make("tr", {}, row.map((cell, column) =>
    make("td", texts.includes(column) ? {class: "text"} : {}, typeof cell === "number" ? number(cell) : cell ?? "–")))));
  let sorted = null, falling = false;
  const sort = (column) => {
    falling = sorted === column ? !falling : !texts.includes(column);
    sorted = column;
    const order = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a ?? "").localeCompare(String(b ?? ""));
    fill([...rows].sort((a, b) => order(a[column], b[column]) * (falling ? -1 : 1)));
  };
  fill(rows);
  const head = make("tr", {}, heads.map((text, column) => make("th", {class: texts.includes(column) ? "sort text" : "sort", onclick: () => sort(column), title: "sort"}, text)));
  return make("div", {class: "scroll"}, make("table", {}, make("thead", {}, head), body));
}

// Curves over a common axis. `curves` is [{label, values, colour}], `mark` a position that a dashed line stands at.
// Dragging across them, or two fingers, enlarge a part; a double click shows all again.
const drawn = [];
function curves(title, axis, xs, series, {mark = null, wide = false, shares = false} = {}) {
  const place = make("div", {class: wide ? "chart wide" : "chart"});
  const looks = {log: false, smooth: false, part: null}, shown = (one) => looks.smooth ? smoothed(one.values) : one.values;
  const positive = !shares && series.every((one) => one.values.every((value) => value === null || value > 0));
  const toggle = (name) => make("button", {onclick: () => { looks[name] = !looks[name]; draw(); }, "aria-pressed": String(looks[name])}, name);
  const file = title.replace(/[^\w.-]+/g, "_");
  const all = () => { looks.part = null; draw(); };
  const tools = () => make("div", {class: "tools"}, looks.part ? make("button", {onclick: all, class: "all"}, "all") : null, positive && xs.length > 2 ? toggle("log") : null, !shares && xs.length > 8 ? toggle("smooth") : null,
    make("button", {onclick: () => download(`${file}.csv`, "text/csv", asCsv(axis, xs, series))}, "CSV"),
    make("button", {onclick: () => download(`${file}.svg`, "image/svg+xml", asSvg(title, axis, xs, series.map((one) => ({...one, values: shown(one)})), looks.log))}, "SVG"));
  const draw = () => {
    place.replaceChildren();
    const width = Math.max(220, place.clientWidth || 360);
    const grid = {stroke: colour("--line"), width: 1}, ink = {stroke: colour("--soft"), grid, ticks: grid, font: "12px system-ui"};
    const dashed = (plot) => {
      if (mark === null) return;
      const x = Math.round(plot.valToPos(mark, "x", true)), {ctx, bbox} = plot;
      ctx.save();
      ctx.strokeStyle = colour("--good");
      ctx.setLineDash([5, 4]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.restore();
    };
    const at = mark === null ? xs.length - 1 : Math.max(xs.indexOf(mark), 0);
    const legend = (plot) => plot.setLegend({idx: at}, false);  // where no pointer is: the best, or the last
    plot = new uPlot({
      title, width, height: 230, cursor: {drag: {setScale: false}}, hooks: {draw: [dashed], setSelect: [chosen], ready: [legend], setCursor: [(plot) => plot.cursor.idx === null && legend(plot)]},
      scales: {x: {time: false, range: (_, low, high) => looks.part ?? (shares ? [0, 1] : [low, high])}, y: shares && !looks.part ? {range: [0, 1]} : looks.log && positive ? {distr: 3} : {}},
      axes: [{...ink, ...(axis === "epoch" ? {incrs: whole} : {}), label: axis, labelSize: 18, size: 34, labelFont: "12px system-ui"}, {...ink, size: 62, values: (_, ticks) => ticks.map((tick) => tick === null ? "" : shortTick(tick))}],
      series: [{label: axis}, ...series.map((one) => ({label: one.label, stroke: one.stroke ?? colour(one.colour), width: 1.8, spanGaps: false, dash: one.dash, points: {show: xs.length < 25}, value: (_, value) => number(value)}))],
    }, [xs, ...series.map(shown)], place);
    plot.over.title = "drag across to enlarge, double click for all";
    place.append(tools());
  };
  let plot, fingers = null;
  const chosen = ({select: {left, width}}) => {
    if (width < 6) return;
    looks.part = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    draw();
  };
  place.addEventListener("dblclick", all);
  // The values under two fingers stay under them.
  const across = ({touches}) => [...touches].map((touch) => touch.clientX - plot.over.getBoundingClientRect().left).sort((a, b) => a - b);
  place.addEventListener("touchstart", (event) => { fingers = event.touches.length === 2 ? across(event).map((at) => plot.posToVal(at, "x")) : null; });
  place.addEventListener("touchmove", (event) => {
    if (!fingers || event.touches.length !== 2) return;
    event.preventDefault();
    const [a, b] = across(event), each = (fingers[1] - fingers[0]) / Math.max(1, b - a), from = fingers[0] - each * a;
    const [low, high] = [Math.max(xs[0], from), Math.min(xs[xs.length - 1], from + each * plot.over.clientWidth)];
    if (high > low) { looks.part = [low, high]; plot.setScale("x", {min: low, max: high}); }
  }, {passive: false});
  place.addEventListener("touchend", () => { if (fingers) { fingers = null; draw(); } });
  drawn.push(draw);
  queueMicrotask(draw);  // once the page holds it, and so its width is known
  return place;
}

const whole = [1, 2, 5].flatMap((step) => [0, 1, 2, 3, 4, 5, 6].map((power) => step * 10 ** power)).sort((a, b) => a - b);

// Values with those before them, each weighing 0.7 of the next; gaps stay.
function smoothed(values) {
  let held = null;
  return values.map((value) => value === null ? null : (held = held === null ? value : .7 * held + .3 * value));
}

function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], {type}));
  make("a", {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

const asCsv = (axis, xs, series) => [[axis, ...series.map((one) => one.label)].map((name) => `"${String(name).replaceAll('"', '""')}"`),
  ...xs.map((x, at) => [x, ...series.map((one) => one.values[at] ?? "")])].map((row) => row.join(",")).join("\n") + "\n";

// A chart as a drawing that stands alone: axes with their least and greatest value, a line and a word for each series.
function asSvg(title, axis, xs, series, log) {
  const width = 640, height = 360, left = 70, bottom = 310, right = 620, top = 40, plain = (text) => String(text).replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const scale = (value) => log ? Math.log10(value) : value, all = series.flatMap((one) => one.values).filter(Number.isFinite);
  const [low, high] = [Math.min(...all), Math.max(...all)], [first, last] = [Math.min(...xs), Math.max(...xs)];
  const x = (value) => left + (last > first ? (value - first) / (last - first) : .5) * (right - left);
  const y = (value) => bottom - (high > low ? (scale(value) - scale(low)) / (scale(high) - scale(low)) : .5) * (bottom - top);
  const hues = ["#2a6fb0", "#d1702d", "#3a8f4d", "#8a4fa3", "#b03a48"], text = (at, up, anchor, words, fill = "#444") => `<text x="${at}" y="${up}" text-anchor="${anchor}" fill="${fill}">${plain(words)}</text>`;
  const lines = series.map((one, at) => `<polyline fill="none" stroke="${hues[at % hues.length]}" stroke-width="2" points="${xs.map((value, row) => Number.isFinite(one.values[row]) ? `${x(value).toFixed(1)},${y(one.values[row]).toFixed(1)}` : "").join(" ")}"/>`);
  const names = series.map((one, at) => text(right, top + 16 * at, "end", one.label, hues[at % hues.length]));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#fff"/>
<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#999"/>${lines.join("")}${names.join("")}${text(width / 2, 20, "middle", title)}${text((left + right) / 2, bottom + 36, "middle", axis)}
${text(left, bottom + 18, "middle", number(first))}${text(right, bottom + 18, "middle", number(last))}${text(left - 6, bottom, "end", number(low))}${text(left - 6, top + 5, "end", number(high))}</svg>\n`;
}
const shortTick = (value) => {
  const size = Math.abs(value);
  if (size >= 1e9 || (value !== 0 && size < 1e-4)) return value.toExponential(0);
  return size >= 1e6 ? `${+(value / 1e6).toFixed(2)} M` : size >= 1e4 ? `${+(value / 1e3).toFixed(2)} k` : String(+value.toFixed(5));
};

// Predicted against true numbers as points; on the dashed line both are equal.
function scatter(truth, found) {
  const size = 260, pad = 34, all = [...truth, ...found].filter(Number.isFinite), low = Math.min(...all), high = Math.max(...all);
  const at = (value) => high > low ? (value - low) / (high - low) * (size - 2 * pad) : 0;
  const svg = (tag, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    if (text) element.textContent = text;
    return element;
  };
  const picture = svg("svg", {viewBox: `0 0 ${size} ${size}`, width: size, height: size, role: "img", style: "max-width:100%"});
  picture.append(svg("line", {x1: pad, y1: size - pad, x2: size - pad, y2: pad, stroke: "var(--good)", "stroke-dasharray": "5 4"}));
  truth.forEach((value, index) => Number.isFinite(found[index]) && picture.append(svg("circle", {cx: pad + at(value), cy: size - pad - at(found[index]), r: 2.2, fill: "var(--a)", "fill-opacity": .6})));
  const label = {fill: "var(--soft)", "font-size": 11};
  picture.append(svg("text", {...label, x: size / 2, y: size - 4, "text-anchor": "middle"}, "true"), svg("text", {...label, x: -size / 2, y: 11, transform: "rotate(-90)", "text-anchor": "middle"}, "predicted"),
    svg("text", {...label, x: pad, y: size - 18}, number(low)), svg("text", {...label, x: size - pad, y: size - 18, "text-anchor": "end"}, number(high)));
  return picture;
}

function bars(counts) {
  const most = Math.max(1, ...counts.map(([, count]) => count));
  return make("div", {class: "bars"}, counts.flatMap(([label, count]) =>
    [make("span", {title: label}, label), make("div", {class: "bar", style: `width:${100 * count / most}%`}), make("span", {}, number(count))]));
}

const redraw = () => drawn.forEach((draw) => draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
let waiting = 0;
addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(redraw, 150); });
