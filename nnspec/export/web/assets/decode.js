// What the network's outputs say: probabilities, tags, entities, numbers in the units of the data.

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

// A map of classes as pixels: colours by class, how many places each has, and RGBA. One unit says yes or no.
export function painted(values, units, activation) {
  const classes = Math.max(2, units), places = values.length / units, limit = activation === "sigmoid" ? 0.5 : 0;
  const colours = Array.from({length: classes}, (_, place) => (place ? hue((0.58 + 0.381966 * (place - 1)) % 1) : [0, 0, 0]));
  const counts = new Array(classes).fill(0), image = new Uint8ClampedArray(places * 4);
  for (let place = 0; place < places; place += 1) {
    const found = units === 1 ? Number(values[place] > limit) : largest(values.subarray(place * units, (place + 1) * units));
    counts[found] += 1;
    image.set([...colours[found], 255], place * 4);
  }
  return {colours, counts, image};
}

// A colour of this hue, of the saturation 0.75 and the brightness 0.95.
function hue(turn) {
  return [5, 3, 1].map(shift => {
    const place = (shift + turn * 6) % 6;
    return Math.round(255 * 0.95 * (1 - 0.75 * Math.max(0, Math.min(place, 4 - place, 1))));
  });
}

// The tag of each of the first `count` words; the values of a word stand together.
export function tags(values, labels, count) {
  const size = labels.length;
  return Array.from({length: count}, (_, place) => labels[largest(values.subarray(place * size, (place + 1) * size))]);
}

const split = tag => {
  const [letter, ...rest] = tag.split("-");
  return "BIMES".includes(letter) && letter.length === 1 ? [letter, rest.join("-")] : ["O", ""];
};

// Whether tags mark entities in one of the schemes BIO, BIOES, BMES.
export const marksEntities = labels => labels.every(tag => tag === "O" || split(tag)[0] !== "O");

// Entities as {type, start, end} in words, read as conlleval does: one starts at B or S, after E or S, after O, and where
// the type changes.
export function entities(tagged) {
  const found = [];
  let start = null, [previous, previousType] = ["O", ""];
  [...tagged, "O"].forEach((tag, place) => {
    const [letter, type] = split(tag);
    if (!"IME".includes(letter) || "OES".includes(previous) || type !== previousType) {
      if (start !== null) found.push({type: previousType, start, end: place});
      start = letter === "O" ? null : place;
    }
    [previous, previousType] = [letter, type];
  });
  return found;
}

// The values of an output by column, in the units of the data.
export function units(values, columns) {
  return [...values].map((value, place) => {
    const {name, factor, offset} = columns[place % columns.length];
    return [name, value * factor + offset];
  });
}
