// What people have, as the tensors that the network takes. The rules are those of model.json, which nnspec wrote from the
// data source that trained the network; the same functions serve the page and its test.

const LETTER = /\p{L}/u, DIGITS = /\p{Nd}/gu, CAPITAL = /^\p{Uppercase}/u;
// What Python calls a digit: the decimal ones, raised, lowered, circled and a few more.
const DIGIT = /[\p{Nd}²³¹⁰⁴-⁹₀-₉፩-፱᧚①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒𐩀-𐩃𐹠-𐹨𑁒-𑁚🄀-🄊]/u;

// Python's regular expressions of words in those of JavaScript: \w, \d, \s and \b know all letters there, groups are named
// (?P<name>), and a backslash may stand before any mark.
const CLASSES = {w: "\\p{L}\\p{N}_", d: "\\p{Nd}", s: "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"};
const LEFT = `(?<=[${CLASSES.w}])`, RIGHT = `(?=[${CLASSES.w}])`, NO_LEFT = `(?<![${CLASSES.w}])`, NO_RIGHT = `(?![${CLASSES.w}])`;
const PLACES = {b: `(?:${LEFT}${NO_RIGHT}|${NO_LEFT}${RIGHT})`, B: `(?:${LEFT}${RIGHT}|${NO_LEFT}${NO_RIGHT})`, A: "^", Z: "$"};

export function pattern(source) {
  const found = source.replace(/\\([^])|\(\?P<|\[(\^?)(\]?(?:\\[^]|[^\]\\])*)\]/gu, (part, letter, not, body) => {
    if (part === "(?P<") return "(?<";
    if (letter === undefined) return oneOf(not, body);
    const known = CLASSES[letter.toLowerCase()];
    if (known) return CLASSES[letter] ? `[${known}]` : `[^${known}]`;
    return PLACES[letter] ?? escaped(part, letter);
  });
  return new RegExp(found, "gu");
}

// What stands in brackets. A class that is all but something, as \W is, has no place there in JavaScript.
function oneOf(not, body) {
  const others = [], kept = body.replace(/\\([^])|[\][]/gu, (part, letter) => {
    if (letter === undefined) return `\\${part}`;
    if (CLASSES[letter]) return CLASSES[letter];
    if (!CLASSES[letter.toLowerCase()]) return escaped(part, letter);
    others.push(`[^${CLASSES[letter.toLowerCase()]}]`);
    return "";
  });
  if (!others.length) return `[${not}${kept}]`;
  const any = [...(kept ? [`[${kept}]`] : []), ...others].join("|");
  return not ? `(?:(?!${any})[^])` : `(?:${any})`;
}

// A mark that means nothing takes no backslash in JavaScript.
function escaped(part, letter) {
  return /[\p{L}\p{N}^$\\.*+?()[\]{}|/-]/u.test(letter) ? part : letter;
}

// Where each word starts and ends in a text.
export function places(text, rule) {
  return [...text.matchAll(pattern(rule.pattern))].filter(match => match[0]).map(match => [match.index, match.index + match[0].length]);
}

// Every input of words for one text: inputs by name; the words that fit the network's length, and where they stand in the
// text; and how many were cut.
export function sentence(text, card, vocabulary) {
  const rules = card.preprocessing.inputs, length = Object.values(card.inputs)[0].shape[1], inputs = {};
  const found = places(text, Object.values(rules).find(rule => rule.kind === "words")), kept = found.slice(0, length);
  const tokens = kept.map(place => text.slice(...place));
  for (const [name, port] of Object.entries(card.inputs)) inputs[name] = numbered(tokens, rules[name], port.shape, vocabulary);
  return {inputs, tokens, places: kept, cut: found.length - kept.length};
}

// The one input of a text that is cut into subwords: the pieces that fit the network's length, and how many
// were cut.
export function pieces(text, card, vocabulary, subwords) {
  const [[name, port]] = Object.entries(card.inputs), rule = card.preprocessing.inputs[name], size = port.shape[1];
  const found = subwords.pieces(text), tokens = found.slice(0, size), values = new Int32Array(size);
  tokens.forEach((piece, place) => { values[place] = piece === subwords.unknown ? rule.unknown : vocabulary.get(piece) ?? rule.unknown; });
  return {inputs: {[name]: values}, tokens, places: [], cut: found.length - tokens.length};
}

// The values of one input for the words of a sentence, padded to the network's length with zeros.
function numbered(tokens, rule, shape, vocabulary) {
  const values = new Int32Array(shape.reduce((a, b) => a * b));
  tokens.forEach((token, place) => {
    if (rule.kind === "casing") values[place] = casing(token);
    else if (rule.kind === "characters") values.set(spelled(token, rule), place * rule.width);
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

// The number of a word's casing: padding, lower, title, upper, mixed, number, digits, other.
export function casing(word) {
  const letters = LETTER.test(word), digits = DIGIT.test(word);
  if (!letters) return digits ? 5 : 7;
  if (digits) return 6;
  if (word === word.toLowerCase()) return 1;
  const tail = [...word].slice(1).join("");
  if (CAPITAL.test(word) && tail === tail.toLowerCase()) return 2;
  return word === word.toUpperCase() ? 3 : 4;
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
