// The gallery's pages: cards that are searched and filtered; on a spec's page the diagram, the network on demand, a button that copies.
"use strict";
{
  const search = document.getElementById("search"), cards = [...document.querySelectorAll(".cards > li")];
  const buttons = [...document.querySelectorAll("[data-filter]")];
  let filter = "";
  const show = () => {
    const wanted = search.value.trim().toLowerCase().split(/\s+/);
    let left = 0;
    for (const card of cards) {
      const text = card.textContent.toLowerCase();
      card.hidden = !(wanted.every((word) => text.includes(word)) && (!filter || card.dataset.tags.split(" ").includes(filter)));
      left += !card.hidden;
    }
    document.querySelectorAll("[data-group]").forEach((group) => { group.hidden = !group.querySelector("li:not([hidden])"); });
    document.getElementById("none").hidden = left > 0;
  };
  search?.addEventListener("input", show);
  for (const button of buttons) button.addEventListener("click", () => {
    filter = filter === button.dataset.filter ? "" : button.dataset.filter;
    buttons.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.filter === filter)));
    show();
  });

  const contents = document.getElementById("contents");
  if (contents) nnspecView(document.getElementById("diagram"), JSON.parse(contents.textContent));

  for (const button of document.querySelectorAll(".code button")) button.addEventListener("click", async () => {
    const text = button.parentElement.querySelector("pre").textContent;
    await navigator.clipboard?.writeText(text).then(() => { button.textContent = "copied"; }, () => { button.textContent = "not allowed here"; });
  });

  const start = document.getElementById("start");
  if (start && location.protocol === "file:") {
    start.disabled = true;
    document.getElementById("how").textContent = "A browser runs the network from a server alone: python -m http.server -d docs/_gallery, then http://localhost:8000";
  }
  start?.addEventListener("click", () => {
    const frame = Object.assign(document.createElement("iframe"), {src: start.dataset.page, title: start.dataset.title});
    start.parentElement.replaceWith(frame);
  });
}
