// Images as the network takes them, to the bit as Pillow makes them: the grey of ITU-R 601, and resizing that averages
// when it shrinks, each axis in turn, with weights of 22 bits, rounded to bytes after each.

const BITS = 2 ** 22;
const sinc = x => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const FILTERS = {
  bilinear: {support: 1, at: x => Math.max(0, 1 - Math.abs(x))},
  bicubic: {
    support: 2,
    at: x => {
      const far = Math.abs(x);
      if (far < 1) return (1.5 * far - 2.5) * far * far + 1;
      return far < 2 ? ((-0.5 * far + 2.5) * far - 4) * far + 2 : 0;
    },
  },
  lanczos: {support: 3, at: x => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0)},
};

// The RGBA bytes of an image, {data, width, height}, as float32 [height, width, channels] of the network's size.
export function pixels(image, rule) {
  const channels = rule.color === "grey" ? 1 : 3, [height, width] = rule.size;
  const bytes = channels === 1 ? grey(image.data) : rgb(image.data);
  if (image.width === width && image.height === height) return Float32Array.from(bytes);
  const made = rule.interpolation === "nearest" ? nearest : averaged(FILTERS[rule.interpolation]);
  const across = (from, rows) => made(from, {rows, size: image.width, step: channels, row: image.width * channels}, width, channels);
  const down = (from, columns) => made(from, {rows: columns, size: image.height, step: columns * channels, row: channels}, height, channels);
  // As Pillow 13: the height first, if it loses more than twice as many pixels as the width.
  const tall = image.height > height && image.height - height > 2 * (image.width - width);
  return Float32Array.from(tall ? across(down(bytes, image.width), height) : down(across(bytes, image.height), width));
}

function grey(rgba) {
  const values = new Uint8Array(rgba.length / 4);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 1) {
    values[to] = (rgba[from] * 19595 + rgba[from + 1] * 38470 + rgba[from + 2] * 7471 + 0x8000) >> 16;
  }
  return values;
}

function rgb(rgba) {
  const values = new Uint8Array(rgba.length / 4 * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) values.set(rgba.subarray(from, from + 3), to);
  return values;
}

// One axis to another size. `axis`: how many lines lie beside each other, how many pixels a line has, and how far it is
// from a pixel to the next, and from a line to the next; what is made has the same order.
function resized(values, axis, size, channels, value) {
  const made = new Uint8Array(axis.rows * size * channels), across = axis.step === channels;
  const step = across ? channels : axis.step, row = across ? size * channels : axis.row;
  for (let line = 0; line < axis.rows; line += 1) {
    for (let place = 0; place < size; place += 1) {
      for (let channel = 0; channel < channels; channel += 1) {
        made[line * row + place * step + channel] = value(values, line * axis.row + channel, place);
      }
    }
  }
  return made;
}

function nearest(values, axis, size, channels) {
  const scale = axis.size / size, places = new Int32Array(size);
  for (let place = 0, at = scale / 2; place < size; place += 1, at += scale) places[place] = at; // added up, as Pillow does
  return resized(values, axis, size, channels, (from, base, place) => from[base + places[place] * axis.step]);
}

const averaged = filter => (values, axis, size, channels) => {
  if (axis.size === size) return values;
  const weights = Array.from({length: size}, (_, place) => weighed(filter, axis.size, size, place));
  return resized(values, axis, size, channels, (from, base, place) => {
    const {first, parts} = weights[place];
    let sum = BITS / 2;
    for (let part = 0; part < parts.length; part += 1) sum += from[base + (first + part) * axis.step] * parts[part];
    return Math.min(255, Math.max(0, Math.floor(sum / BITS)));
  });
};

// What a pixel of the result takes from which pixels, first and following: whole numbers of which BITS is 1.
function weighed(filter, from, to, place) {
  const scale = from / to, wide = Math.max(1, scale), support = filter.support * wide, centre = (place + 0.5) * scale;
  const first = Math.max(0, Math.trunc(centre - support + 0.5)), end = Math.min(from, Math.trunc(centre + support + 0.5));
  const parts = Array.from({length: end - first}, (_, part) => filter.at((part + first - centre + 0.5) / wide));
  const sum = parts.reduce((a, b) => a + b, 0);
  return {first, parts: parts.map(part => Math.trunc(part / sum * BITS + (part < 0 ? -0.5 : 0.5)))};
}
