// What people have, as the tensors that the network takes. The rules are those of model.json, which nnspec wrote from the
// data source that trained the network; the same functions serve the page and its test.

const LETTER = /\p{L}/u, DIGIT = /\p{Nd}/u, DIGITS = /\p{Nd}/gu;

// Python's regular expressions of words: \w and \d know all letters there, and groups are named (?P<name>).
export function pattern(source) {
  const word = "\\p{L}\\p{N}_";
  let found = "", inside = false;
  for (let place = 0; place < source.length; place += 1) {
    const two = source.slice(place, place + 2);
    if (two[0] === "\\") {
      found += two === "\\w" ? (inside ? word : `[${word}]`) : two === "\\d" ? "\\p{Nd}" : escaped(two);
      place += 1;
    } else {
      if (two[0] === "[") inside = true;
      if (two[0] === "]") inside = false;
      found += two[0];
    }
  }
  return new RegExp(found.replaceAll("(?P<", "(?<"), "gu");
}

// Under the u flag a backslash may stand before what means something alone.
function escaped(two) {
  return /\\[^\p{L}\p{N}^$\\.*+?()[\]{}|/-]/u.test(two) ? two[1] : two;
}

export function words(text, rule) {
  return [...text.matchAll(pattern(rule.pattern))].map(match => match[0]).filter(word => word);
}

export function casing(word) {
  const letters = [...word].some(one => LETTER.test(one)), digits = [...word].some(one => DIGIT.test(one));
  if (!letters) return digits ? 5 : 7;
  if (digits) return 6;
  if (word === word.toLowerCase()) return 1;
  const [first, ...rest] = [...word], tail = rest.join("");
  if (/\p{Lu}/u.test(first) && tail === tail.toLowerCase()) return 2;
  return word === word.toUpperCase() ? 3 : 4;
}

// The values of one input for the words of a sentence, padded to the network's length with zeros.
export function sentence(tokens, rule, shape, vocabulary) {
  const length = shape[1], values = new Int32Array(shape.reduce((a, b) => a * b));
  tokens.slice(0, length).forEach((token, place) => {
    if (rule.kind === "casing") values[place] = casing(token);
    else if (rule.kind === "characters") spelled(token, rule).forEach((number, at) => { values[place * rule.width + at] = number; });
    else values[place] = vocabulary.get(looked(token, rule)) ?? rule.unknown;
  });
  return values;
}

function looked(token, rule) {
  const found = rule.lower ? token.toLowerCase() : token;
  return rule.digits ? found.replace(DIGITS, "0") : found;
}

const alphabets = new WeakMap();
function spelled(token, rule) {
  if (!alphabets.has(rule)) alphabets.set(rule, new Map([...rule.alphabet].map((letter, number) => [letter, number + 2])));
  const letters = [...token], end = Math.floor(rule.width / 2);
  const kept = letters.length > rule.width ? [...letters.slice(0, rule.width - end), ...letters.slice(letters.length - end)] : letters;
  return kept.map(letter => alphabets.get(rule).get(letter) ?? rule.unknown);
}

// Pixels of a canvas's RGBA as floats from 0 to 255; grey as Pillow weighs them (ITU-R 601, rounded).
export function pixels(rgba, rule) {
  const grey = rule.color === "grey", count = rgba.length / 4, values = new Float32Array(count * (grey ? 1 : 3));
  for (let place = 0; place < count; place += 1) {
    const [red, green, blue] = rgba.subarray(place * 4, place * 4 + 3);
    if (grey) values[place] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
    else values.set([red, green, blue], place * 3);
  }
  return values;
}

// Columns in their units, by name, as the network's scaled row.
export function columns(given, rule) {
  return Float32Array.from(rule.columns.flatMap(column => {
    const value = given[column.name];
    if (column.one_hot) return column.one_hot.map(one => (String(one) === String(value) ? 1 : 0));
    const number = value === "" || value === undefined || Number.isNaN(Number(value)) ? column.fill : Number(value);
    return [(number - column.offset) / column.factor];
  }));
}

// A probability for each class, whatever the last layer gives.
export function chances(values, activation) {
  if (values.length === 1) {
    const yes = activation === "sigmoid" ? values[0] : 1 / (1 + Math.exp(-values[0]));
    return [1 - yes, yes];
  }
  if (activation === "softmax" || activation === "sigmoid") return [...values];
  const most = Math.max(...values), powers = [...values].map(value => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map(power => power / sum);
}

export function largest(values) {
  return values.reduce((best, value, place) => (value > values[best] ? place : best), 0);
}
