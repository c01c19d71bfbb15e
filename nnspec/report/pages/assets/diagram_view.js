// A diagram that is looked at: moved by dragging, enlarged by buttons, a pinch or Ctrl and the wheel, searched; a click
// opens or closes a group, and tells of a layer. What does not fit is scrolled within its box.
"use strict";

function nnspecView(place, contents) {
  const MOST = 6, LEAST = .05, STEP = 1.3, READABLE = .6;  // as small as letters may be at first; then it is scrolled
  const element = (tag, attributes = {}, ...children) => {
    const found = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) name.startsWith("on") ? found.addEventListener(name.slice(2), value) : found.setAttribute(name, value);
    found.append(...children);
    return found;
  };
  const style = element("style", {}, ".nn-view{overflow:auto;max-height:80vh;text-align:center;cursor:grab}.nn-view svg{display:block;margin:auto;max-width:none}"
    + ".nn-tools{display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin:6px 0;text-align:left}.nn-tools input{font:inherit;font-size:.85em;padding:.2em .6em;border:1px solid #8a97aa;border-radius:6px;background:none;color:inherit;width:11em;max-width:100%}"
    + ".nn-told{white-space:pre-wrap;overflow-wrap:anywhere;text-align:left;font-size:.9em;min-height:1.4em;margin:4px 0}.nn-found>rect{stroke-width:3.5}.nn-toggle:focus-visible{outline:2px solid #2f6fb3;outline-offset:2px}.nn-box:hover>rect{stroke-width:2}");
  const view = element("div", {class: "nn-view"}), told = element("div", {class: "nn-told", "aria-live": "polite"});
  const count = element("span", {class: "nn-count"});
  const search = element("input", {type: "search", placeholder: "find a layer", "aria-label": "find a layer"});
  const button = (text, label, act) => element("button", {"aria-label": label, title: label, onclick: act}, text);
  const tools = element("div", {class: "nn-tools"}, search, count, button("−", "smaller", () => zoomBy(1 / STEP)), button("+", "larger", () => zoomBy(STEP)),
    button("fit", "as wide as the page", () => { zoom = wide(); fit(); }), button("1:1", "full size", () => { zoom = 1; fit(); }));
  place.append(style, tools, view, told);

  const open = new Set(contents.open);
  let {model} = contents, zoom = null, matches = [], at = -1, natural = 1;
  const above = new Map(), boxes = new Map();  // the groups around each box, from the outside in; every box
  const walk = (box, around) => {
    boxes.set(box.id, box);
    above.set(box.id, around);
    (box.children ?? []).forEach((inner) => walk(inner, [...around, box.id]));
  };
  const collect = () => { above.clear(); boxes.clear(); walk(model.root, []); };
  const groups = () => [...boxes.values()].filter((box) => box.children).map((box) => box.id);
  const drawn = (id) => [...view.querySelectorAll(".nn-box")].find((box) => box.dataset.id === id);

  const wide = () => Math.min(1, (view.clientWidth || natural) / natural);  // as wide as the page
  const scale = () => zoom ?? Math.max(READABLE, wide());
  function fit() {
    const svg = view.querySelector("svg");
    if (svg) { svg.style.width = `${natural * scale()}px`; svg.style.height = "auto"; }
  }
  // Larger or smaller, with the same spot under the pointer.
  function zoomBy(factor, x = view.clientWidth / 2, y = view.clientHeight / 2) {
    const before = scale();
    zoom = Math.min(MOST, Math.max(LEAST, before * factor));
    fit();
    view.scrollLeft = (view.scrollLeft + x) * zoom / before - x;
    view.scrollTop = (view.scrollTop + y) * zoom / before - y;
  }
  function draw() {
    view.innerHTML = nnspecDiagram.draw(model, [...open], null).svg;
    natural = view.querySelector("svg").viewBox.baseVal.width;
    fit();
    mark();
  }
  function toggle(id) {
    const before = drawn(id)?.getBoundingClientRect();
    if (!open.delete(id)) open.add(id);
    draw();
    const now = drawn(id);
    now?.focus({preventScroll: true});
    if (now && before) {
      view.scrollTop += now.getBoundingClientRect().top - before.top;
      view.scrollLeft += now.getBoundingClientRect().left - before.left;
    }
  }
  const tell = (id) => { told.textContent = boxes.get(id)?.hover ?? ""; };

  // The search: by name, kind and arguments; Enter goes to the next.
  function mark() {
    view.querySelectorAll(".nn-found").forEach((box) => box.classList.remove("nn-found"));
    matches.forEach((id) => drawn([...above.get(id), id].find((one) => one && !open.has(one)) ?? id)?.classList.add("nn-found"));
  }
  function find() {
    const wanted = search.value.trim().toLowerCase();
    matches = wanted ? [...boxes.values()].filter((box) => !box.children && `${box.label}\n${box.hover}`.toLowerCase().includes(wanted)).map((box) => box.id) : [];
    at = -1;
    count.textContent = wanted ? `${matches.length} found` : "";
    mark();
  }
  function next(step) {
    if (!matches.length) return;
    at = (at + step + matches.length) % matches.length;
    const id = matches[at];
    above.get(id).filter(Boolean).forEach((group) => open.add(group));
    draw();
    count.textContent = `${at + 1} of ${matches.length}`;
    tell(id);
    drawn(id).scrollIntoView({block: "nearest", inline: "nearest"});
  }
  search.addEventListener("input", find);
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); next(event.shiftKey ? -1 : 1); } });

  // Dragging moves; what was dragged is no click.
  let from = null, moved = false;
  view.addEventListener("pointerdown", (event) => {
    moved = false;
    if (event.pointerType === "mouse" && event.button === 0) from = {x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop};
  });
  addEventListener("pointermove", (event) => {
    if (!from) return;
    moved ||= Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4;
    if (moved) view.scrollTo(from.left - event.clientX + from.x, from.top - event.clientY + from.y);
  });
  addEventListener("pointerup", () => { from = null; });
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = view.getBoundingClientRect();
    zoomBy(Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }, {passive: false});
  let apart = 0;
  const distance = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  view.addEventListener("touchstart", ({touches}) => { apart = touches.length === 2 ? distance(touches) : 0; });
  view.addEventListener("touchmove", (event) => {
    if (!apart || event.touches.length !== 2) return;
    event.preventDefault();
    const box = view.getBoundingClientRect(), [a, b] = event.touches, now = distance(event.touches);
    zoomBy(now / apart, (a.clientX + b.clientX) / 2 - box.left, (a.clientY + b.clientY) / 2 - box.top);
    apart = now;
  }, {passive: false});
  view.addEventListener("click", (event) => {
    const box = event.target.closest(".nn-box");
    if (!box || moved) return;
    tell(box.dataset.id);
    if (box.classList.contains("nn-toggle")) toggle(box.dataset.id);
  });
  view.addEventListener("keydown", (event) => {
    const box = event.target.closest(".nn-toggle");
    if (box && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); toggle(box.dataset.id); }
  });
  new ResizeObserver(fit).observe(view);

  // Another network in place of this one: groups that both have stay as they are.
  const replace = (other) => {
    const before = new Set(groups());
    model = other.model;
    collect();
    for (const id of other.open) if (!before.has(id)) open.add(id);
    for (const id of [...open]) if (!boxes.has(id)) open.delete(id);
    find();
    draw();
  };
  // What does not fit begins at the first box, which is in the middle of it.
  const begin = () => {
    const box = view.querySelector(".nn-box")?.getBoundingClientRect(), around = view.getBoundingClientRect();
    if (box) view.scrollLeft += box.left + box.width / 2 - around.left - around.width / 2;
  };
  collect();
  draw();
  begin();
  return {view, tools, replace, root: () => model.root, openAll: () => { groups().forEach((id) => open.add(id)); draw(); }, closeAll: () => { open.clear(); draw(); }};
}
