// A look inside: sections of figures. `show` gets what `inside.look.page` gathered.
"use strict";

function show(found) {
  const page = document.getElementById("page");
  page.append(make("h1", {}, found.name), make("p", {}, `${found.run} on ${found.input}`), make("p", {}, make("b", {}, found.answer)));
  for (const section of found.sections) {
    page.append(make("h2", {}, section.title), make("div", {class: "figures"}, section.figures.map((one) =>
      make("div", {class: "figure"}, make("h3", {}, one.title), make("p", {}, one.note), make("div", {class: "scroll"}, picture(one.picture, one.title))))));
  }
}
