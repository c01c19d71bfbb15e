// The page of a data set. `show` gets what `data_page.contents` gathered.
"use strict";

function show(found) {
  const page = document.getElementById("page");
  const section = (title, ...parts) => parts.flat().some(Boolean) && page.append(make("h2", {}, title), ...parts.flat().filter(Boolean));
  page.append(make("header", {}, make("h1", {}, found.name)),
    make("div", {class: "tiles"}, found.tiles.map(([label, value]) => make("div", {class: "tile"}, make("b", {}, number(value)), make("span", {}, label)))));
  section("What is likely to be wrong", found.warnings.map((text) => make("div", {class: "warn"}, text)));
  section("Classes", ...Object.entries(found.labels).map(([target, parts]) => make("div", {class: "parts"},
    Object.entries(parts).map(([part, counts]) => make("div", {}, make("h3", {}, `${target} of ${part}`), bars(counts))))));
  section("Columns", found.columns.length ? make("div", {class: "parts"}, found.columns.map(column)) : null);
  section("Examples", found.examples.length ? make("div", {class: "cards"}, found.examples.map(card)) : null);
}

function column(one) {
  const facts = [one.use ?? "not used", one.type, `${number(one.distinct)} different`];
  if (one.missing) facts.push(`${number(one.missing)} missing`);
  return make("div", {}, make("h3", {}, one.name), make("p", {}, facts.join(" · ")),
    one.histogram ? histogram(one.histogram) : one.common ? bars(one.common) : make("p", {}, one.examples.join(", ")),
    one.quartiles ? make("p", {}, `half of all: ${one.quartiles.map(number).filter((_, place) => place !== 1).join(" to ")}, median ${number(one.quartiles[1])}`) : null,
    one.far && one.far.count ? make("p", {}, `far off: ${number(one.far.count)}, ${number(one.far.furthest)} for one`) : null);
}

const svg = (tag, attributes, text) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  if (text !== undefined) element.textContent = text;
  return element;
};

// Bars side by side, the ends of the axis below.
function histogram({edges, counts}) {
  const most = Math.max(1, ...counts), wide = 280, high = 80, step = wide / counts.length;
  const picture = svg("svg", {viewBox: `0 0 ${wide} ${high + 16}`, width: wide, height: high + 16, role: "img", style: "max-width:100%"});
  counts.forEach((count, place) => {
    const tall = high * count / most, bar = svg("rect", {x: place * step + .5, y: high - tall, width: step - 1, height: tall, fill: "var(--a)"});
    bar.append(svg("title", {}, `${number(edges[place])} to ${number(edges[place + 1])}: ${number(count)}`));
    picture.append(bar);
  });
  const label = {fill: "var(--soft)", "font-size": 11, y: high + 13};
  picture.append(svg("text", {...label, x: 0}, number(edges[0])), svg("text", {...label, x: wide, "text-anchor": "end"}, number(edges.at(-1))));
  return picture;
}

function card(one) {
  const pictures = one.pictures.map(([what, address]) => picture(address, `${one.text}: ${what}`)).filter(Boolean);
  return make("figure", pictures.length ? {} : {class: "words"}, pictures.length ? make("div", {class: "compared"}, pictures) : null,
    one.label ? make("b", {}, one.label) : null, make("div", {}, one.text));
}
