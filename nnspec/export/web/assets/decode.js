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
