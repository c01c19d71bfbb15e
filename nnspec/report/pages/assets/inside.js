// A look inside: sections of figures. `show` gets what `inside.look.page` gathered.
"use strict";

const SHRINKS = 760;  // what is wider has words along its axis, and is scrolled

function fitting(image) {
  image.addEventListener("load", () => { if (image.naturalWidth <= SHRINKS) image.style.maxWidth = "100%"; });
  return image;
}

function show(found) {
  const page = document.getElementById("page");
  page.append(make("h1", {}, found.name), make("p", {}, `${found.run} on ${found.input}`), make("p", {}, make("b", {}, found.answer)));
  for (const section of found.sections) {
    page.append(make("h2", {}, section.title), make("div", {class: "figures"}, section.figures.map((one) =>
      make("div", {class: "figure"}, make("h3", {}, one.title), make("p", {}, one.note), make("div", {class: "scroll"}, fitting(picture(one.picture, one.title)))))));
  }
}
