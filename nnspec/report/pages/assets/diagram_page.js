// The page of a diagram: groups open and close by click or key.
"use strict";
const nnspecPage = (() => {
  const contents = JSON.parse(document.getElementById("contents").textContent);
  const open = new Set(contents.open), place = document.getElementById("diagram");
  let {model} = contents, groups = [];
  const collect = (box) => { if (box.children) { groups.push(box.id); box.children.forEach(collect); } };
  collect(model.root);
  const show = () => { place.innerHTML = nnspecDiagram.draw(model, [...open], null).svg; };
  const toggle = (target) => {
    const box = target.closest(".nn-toggle");
    if (!box) return;
    const id = box.dataset.id, before = box.getBoundingClientRect().top;
    if (!open.delete(id)) open.add(id);
    show();
    const now = [...place.querySelectorAll(".nn-toggle")].find((other) => other.dataset.id === id);
    now?.focus({ preventScroll: true });
    if (now) scrollBy(0, now.getBoundingClientRect().top - before);
  };
  place.addEventListener("click", (event) => toggle(event.target));
  place.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(event.target); }
  });
  document.getElementById("open").onclick = () => { groups.forEach((id) => open.add(id)); show(); };
  document.getElementById("close").onclick = () => { open.clear(); show(); };
  document.getElementById("size").onclick = (event) => {
    const whole = place.classList.toggle("whole");
    event.target.setAttribute("aria-pressed", String(whole));
  };
  show();
  // Another network in place of this one: groups that both have stay as they are.
  const replace = (next) => {
    const before = new Set(groups);
    groups = [];
    model = next.model;
    collect(model.root);
    for (const id of next.open) if (!before.has(id)) open.add(id);
    for (const id of [...open]) if (!groups.includes(id)) open.delete(id);
    show();
  };
  return {place, replace, root: () => model.root};
})();
