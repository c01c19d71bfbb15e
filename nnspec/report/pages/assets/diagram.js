// Lays a diagram out with dagre and draws it as SVG. It runs in the page and, for files, inside Python.
//
// A model is {root, edges, palette}. A box of the tree is a leaf {id, label, gist, detail, family, hover} or a group
// {id, title, times, gist, detail, hover, children}; an edge is {from, to, shape} between leaves. Each open group is laid out on its
// own and is one box for the group around it, so that nothing overlaps and equal blocks look alike.
"use strict";
globalThis.structuredClone ??= (value) => JSON.parse(JSON.stringify(value));  // a bare V8 lacks it

const nnspecDiagram = (() => {
  const HEADER = 26, PADDING = 14, LABEL = 11, MARGIN = 12;
  const escapes = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"};
  const escape = (text) => String(text).replace(/[&<>"']/g, (char) => escapes[char]);
  const shortened = (text, most) => text.length <= most ? text
    : `${text.slice(0, Math.ceil(most / 2) - 1)}…${text.slice(text.length - Math.floor(most / 2))}`;
  // Sans-serif letters are about 0.6 of their size wide; wide scripts twice that. No font is available to measure.
  const measure = (text, size) =>
    [...text].reduce((sum, char) => sum + (char.codePointAt(0) > 0x1100 && char !== "…" && char !== "×" ? 1.1 : 0.61), 0) * size;

  // The small lines of a box, below its name: arguments and parameters of a layer, sizes and shape of a closed group.
  const small = (box) => [box.gist, box.detail].filter(Boolean);
  const widest = (box) => Math.max(0, ...small(box).map((line) => measure(line, LABEL)));

  function leafSize(leaf) {
    const width = Math.max(measure(leaf.label, 13), widest(leaf), 60) + 24, lines = small(leaf).length;
    return {width, height: lines ? 27 + 15 * lines : 30};
  }

  function titleOf(group) {
    return (group.times > 1 ? `${group.times} × ` : "") + shortened(group.title || "loop", 44);
  }

  // Where each leaf lies among a group's children: leaf id -> child id
  function owners(group) {
    const found = new Map();
    const walk = (box, child) => {
      if (box.children) box.children.forEach((inner) => walk(inner, child));
      else found.set(box.id, child.id);
    };
    group.children.forEach((child) => walk(child, child));
    return found;
  }

  // The edges between children of a group; "in" and "out" stand for what lies outside
  function lifted(group, edges) {
    const inside = owners(group), seen = new Map();
    for (const {from, to, shape} of edges) {
      const source = inside.get(from) ?? "in", target = inside.get(to) ?? "out";
      if (source === target || (source === "in" && target === "out")) continue;
      const key = JSON.stringify([source, target]), outer = source === "in" || target === "out";
      const edge = seen.get(key) ?? {source, target, shapes: new Set()};
      if (!outer) edge.shapes.add(shape);
      seen.set(key, edge);
    }
    return [...seen.values()];
  }

  // A group with its children placed: {width, height, boxes, paths, labels}, in its own coordinates
  function place(group, edges, open, isRoot) {
    const graph = new dagre.Graph();
    graph.setGraph({rankdir: "TB", nodesep: 22, ranksep: 26, edgesep: 12});
    const inner = new Map();
    for (const child of group.children) {
      const opened = child.children && open.has(child.id);
      const layout = opened ? place(child, edges, open, false) : null;
      const size = layout ?? (child.children
        ? {width: Math.max(measure(titleOf(child), 13), widest(child)) + 52, height: 31 + 15 * small(child).length} : leafSize(child));
      inner.set(child.id, {box: child, layout});
      graph.setNode(child.id, {width: size.width, height: size.height});
    }
    const links = lifted(group, edges), order = new Map(group.children.map((child, index) => [child.id, index]));
    for (const end of ["in", "out"])
      if (links.some((link) => link.source === end || link.target === end)) graph.setNode(end, {width: 1, height: 1});
    for (const link of links) {
      const text = [...link.shapes].join(" | ");
      graph.setEdge(link.source, link.target,
        {text, width: text ? measure(text, LABEL) + 8 : 0, height: text ? 14 : 0, labelpos: "c",
          weight: order.get(link.target) - order.get(link.source) === 1 ? 8 : 1});  // keeps the trunk upright
    }
    dagre.layout(graph);
    return arranged(group, graph, inner, isRoot);
  }

  function arranged(group, graph, inner, isRoot) {
    const {width, height} = graph.graph(), leaves = graph.hasNode("out");
    const least = isRoot ? 0 : measure(titleOf(group), 13) + 40;
    const padding = isRoot ? MARGIN : PADDING, top = isRoot ? MARGIN : HEADER + 4;
    const whole = Math.max(width + 2 * padding, least);
    const dx = (whole - width) / 2, dy = top, bottom = height + top + (leaves ? 0 : padding);
    const boxes = [], paths = [], labels = [];
    const spot = (id) => {
      const node = graph.node(id);
      return {x: node.x - node.width / 2 + dx, y: node.y - node.height / 2 + dy, width: node.width, height: node.height};
    };
    for (const [id, found] of inner) boxes.push({...found, ...spot(id)});
    for (const edge of graph.edges()) {
      const {points, text, x, y, width: labelWidth} = graph.edge(edge);
      const line = points.map((point) => ({x: point.x + dx, y: point.y + dy}));
      const source = edge.v === "in" ? {x: whole / 2, y: HEADER} : under(spot(edge.v));
      const target = edge.w === "out" ? {x: whole / 2, y: bottom} : above(spot(edge.w));
      line[0] = source;
      line[line.length - 1] = target;
      paths.push({line, arrow: edge.w !== "out"});
      if (text) labels.push({text, x: x + dx, y: y + dy, width: labelWidth, inside: !isRoot});
    }
    return {width: whole, height: bottom, boxes, paths, labels};
  }

  const under = (box) => ({x: box.x + box.width / 2, y: box.y + box.height});
  const above = (box) => ({x: box.x + box.width / 2, y: box.y - 1});

  // A smooth line through the middles of its segments; it leaves and arrives upright
  function curve(line) {
    const at = ({x, y}) => `${x.toFixed(1)} ${y.toFixed(1)}`;
    let path = `M${at(line[0])}`;
    for (let index = 1; index < line.length; index++) {
      const from = line[index - 1], to = line[index], middle = (from.y + to.y) / 2;
      path += Math.abs(from.x - to.x) < 0.5 ? `L${at(to)}`
        : `C${at({x: from.x, y: middle})} ${at({x: to.x, y: middle})} ${at(to)}`;
    }
    return path;
  }

  // Every box in the coordinates of the picture, outer ones first
  function flat(layout, x, y) {
    const drawn = [], paths = [], labels = [];
    for (const path of layout.paths)
      paths.push({...path, line: path.line.map((point) => ({x: point.x + x, y: point.y + y}))});
    for (const label of layout.labels) labels.push({...label, x: label.x + x, y: label.y + y});
    for (const box of layout.boxes) {
      const placed = {...box, x: box.x + x, y: box.y + y};
      drawn.push(placed);
      if (box.layout) {
        const inner = flat(box.layout, placed.x, placed.y);
        drawn.push(...inner.drawn);
        paths.push(...inner.paths);
        labels.push(...inner.labels);
      }
    }
    return {drawn, paths, labels};
  }

  function drawBox({box, x, y, width, height, layout}) {
    const rect = (kind, dx = 0, dy = 0) =>
      `<rect class="nn-${kind}" x="${(x + dx).toFixed(1)}" y="${(y + dy).toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" rx="7"/>`;
    const text = (kind, content, line) =>
      `<text class="nn-${kind}" x="${(x + width / 2).toFixed(1)}" y="${(y + line).toFixed(1)}">${escape(content)}</text>`;
    const title = `<title>${escape(box.hover)}</title>`;
    if (!box.children) {
      const lines = text("name", box.label, small(box).length ? 18 : 19.5) + small(box).map((line, at) => text("gist", line, 33 + 15 * at)).join("");
      return `<g class="nn-box" data-id="${escape(box.id)}">${title}${rect(box.family)}${lines}</g>`;
    }
    const mark = layout ? "−" : "+";
    const sign = `<text class="nn-sign" x="${(x + 9).toFixed(1)}" y="${(y + 18).toFixed(1)}">${mark}</text>`;
    const cards = !layout && box.times > 1 ? rect("card", 6, 6) + rect("card", 3, 3) : "";
    const lines = text("title", titleOf(box), 18) + (layout ? "" : small(box).map((line, at) => text("gist", line, 34 + 15 * at)).join(""));
    return `<g class="nn-box nn-toggle" data-id="${escape(box.id)}" data-group="${layout ? "open" : "closed"}" tabindex="0" role="button" aria-expanded="${Boolean(layout)}">`
      + `${title}${cards}${rect(layout ? "open" : "closed")}${sign}${lines}</g>`;
  }

  function legend(model, width) {
    const used = new Set();
    const walk = (box) => box.children ? box.children.forEach(walk) : used.add(box.family);
    walk(model.root);
    const entries = Object.keys(model.palette.light.families).filter((family) => used.has(family));
    let x = MARGIN, y = 20, text = "";
    for (const family of entries) {
      const size = measure(family, LABEL) + 30;
      if (x > MARGIN && x + size > width - MARGIN) { x = MARGIN; y += 20; }
      text += `<rect class="nn-${family}" x="${x}" y="${y - 10}" width="12" height="12" rx="3"/><text class="nn-key" x="${x + 17}" y="${y}">${family}</text>`;
      x += size;
    }
    return {text, height: y + 10};
  }

  function colours({ink, quiet, page, group, families}) {
    const fills = Object.entries(families).map(([name, [fill, stroke]]) => `.nn-${name}{fill:${fill};stroke:${stroke}}`);
    return `.nn-page{fill:${page}}.nn-name,.nn-title,.nn-sign{fill:${ink}}.nn-gist,.nn-key,.nn-shape{fill:${quiet}}`
      + `.nn-line{stroke:${quiet}}.nn-head{fill:${quiet}}.nn-halo{fill:${page}}.nn-halo-in{fill:${group[0]}}.nn-open{fill:${group[0]};stroke:${group[1]}}`
      + `.nn-closed,.nn-card{fill:${group[2]};stroke:${group[1]}}${fills.join("")}`;
  }

  function style(palette, dark) {
    const base = ".nn-diagram text{font-family:'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;text-anchor:middle}.nn-name,.nn-title{font-size:13px;font-weight:600}"
      + ".nn-gist,.nn-key,.nn-shape{font-size:11px}.nn-diagram text.nn-key{text-anchor:start}.nn-sign{font-size:15px}.nn-line{fill:none;stroke-width:1.3}"
      + ".nn-open{stroke-dasharray:4 3}.nn-toggle{cursor:pointer}";
    const scheme = dark === null
      ? `${colours(palette.light)}@media(prefers-color-scheme:dark){${colours(palette.dark)}}`
      : colours(dark ? palette.dark : palette.light);
    return `<style>${base}${scheme}</style>`;
  }

  // The picture: {svg, boxes}; `open` holds ids of groups, `dark` is true, false, or null for the reader's choice
  function draw(model, open, dark) {
    const layout = place(model.root, model.edges, new Set(open), true);
    const width = Math.max(layout.width, 340), {text: key, height: keyHeight} = legend(model, width);
    const {drawn, paths, labels} = flat(layout, (width - layout.width) / 2, keyHeight);
    const height = layout.height + keyHeight;
    const lines = paths.map(({line, arrow}) => {
      const {x, y} = line[line.length - 1];
      const head = arrow ? `<path class="nn-head" d="M${x.toFixed(1)} ${(y + 1).toFixed(1)}l-4 -7h8z"/>` : "";
      return `<path class="nn-line" d="${curve(line)}"/>${head}`;
    });
    const shapes = labels.map(({text, x, y, width: size, inside}) =>
      `<rect class="nn-halo${inside ? "-in" : ""}" x="${(x - size / 2).toFixed(1)}" y="${(y - 7).toFixed(1)}" width="${size.toFixed(1)}" height="14" rx="3"/>`
      + `<text class="nn-shape" x="${x.toFixed(1)}" y="${(y + 4).toFixed(1)}">${escape(text)}</text>`);
    const groups = drawn.filter(({layout: inner}) => inner), leaves = drawn.filter(({layout: inner}) => !inner);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" class="nn-diagram" role="img" aria-label="${escape(model.name)}" width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}">`
      + `${style(model.palette, dark)}<rect class="nn-page" width="100%" height="100%"/>${key}`
      + groups.map(drawBox).join("") + lines.join("") + shapes.join("") + leaves.map(drawBox).join("") + "</svg>";
    const boxes = drawn.map(({box, x, y, width: w, height: h, layout: inner}) =>
      ({id: box.id, open: Boolean(inner), x, y, width: w, height: h}));
    return {svg, boxes};
  }

  return {draw};
})();
