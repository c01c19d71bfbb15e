// The page of a diagram beside an editor: it is drawn again, and marked where the cursor is, as messages say.
"use strict";
{
  const editor = typeof acquireVsCodeApi === "function" ? acquireVsCodeApi() : null;
  const style = document.createElement("style");
  style.textContent = ".nn-marked > rect { stroke-width: 4; } .nn-box { cursor: pointer; }";
  document.head.append(style);
  let marked = [];
  // The boxes around each box, from the inside out: of a closed group, the group itself is marked.
  const above = new Map();
  const walk = (box, around) => {
    above.set(box.id, [box.id, ...around]);
    (box.children ?? []).forEach((inner) => walk(inner, [box.id, ...around]));
  };
  const mark = (ids, follow) => {
    marked = ids;
    above.clear();
    walk(nnspecPage.root(), []);
    const drawn = new Map([...nnspecPage.place.querySelectorAll(".nn-box")].map((box) => [box.dataset.id, box]));
    drawn.forEach((box) => box.classList.remove("nn-marked"));
    const found = ids.map((id) => (above.get(id) ?? [id]).find((one) => drawn.has(one))).filter(Boolean);
    found.forEach((id) => drawn.get(id).classList.add("nn-marked"));
    if (follow && found.length) drawn.get(found[0]).scrollIntoView({block: "center", behavior: "smooth"});
  };
  addEventListener("message", ({data}) => {
    if (data?.contents) { nnspecPage.replace(data.contents); mark(marked, false); }
    if (Array.isArray(data?.mark)) mark(data.mark, true);
  });
  new MutationObserver(() => mark(marked, false)).observe(nnspecPage.place, {childList: true});
  nnspecPage.place.addEventListener("click", (event) => {
    const box = event.target.closest(".nn-box");
    if (box && !box.classList.contains("nn-toggle")) editor?.postMessage({id: box.dataset.id});
  });
}
