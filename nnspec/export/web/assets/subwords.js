// A text as pieces of words, by the file tokenizer.json: what the library tokenizers does with it in Python. The file holds a
// normalizer, a way to cut texts into words, and a model that cuts words into pieces; nnspec refuses files with other parts
// than those here.

const MARK = /\p{Mn}/u, SPACE = /\s|\x85/u, PUNCTUATION = /[!-/:-@[-`{-~]|\p{P}/u, OTHER = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\ufffd]/u;
const IDEOGRAPH = /[\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{f900}-\u{faff}\u{2f800}-\u{2fa1f}]/u;
const GPT2 = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\p{L}\p{N}]+|[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+(?![^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000])|[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;
const WORDS = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;

const each = (text, change) => [...text].map(change).join("");
const lower = text => each(text, letter => letter.toLowerCase());
const without = (text, what) => each(text, letter => (what.test(letter) ? "" : letter));
const isSpace = letter => SPACE.test(letter) && letter !== "\ufeff";

const NORMALIZERS = {
  Sequence: (rule, text) => rule.normalizers.reduce((found, one) => NORMALIZERS[one.type](one, found), text),
  Lowercase: (_, text) => lower(text),
  NFC: (_, text) => text.normalize("NFC"),
  NFD: (_, text) => text.normalize("NFD"),
  StripAccents: (_, text) => without(text, /\p{M}/u),
  Replace: (rule, text) => text.replaceAll(rule.pattern.String, () => rule.content),
  Prepend: (rule, text) => (text ? rule.prepend + text : text),
  BertNormalizer(rule, text) {
    let found = text;
    if (rule.clean_text) found = each(found, letter => (OTHER.test(letter) ? "" : isSpace(letter) ? " " : letter));
    if (rule.handle_chinese_chars) found = each(found, letter => (IDEOGRAPH.test(letter) ? ` ${letter} ` : letter));
    if (rule.strip_accents ?? rule.lowercase) found = without(found.normalize("NFD"), MARK);
    return rule.lowercase ? lower(found) : found;
  },
};

// A letter for each byte, as GPT-2 writes them.
const BYTES = (() => {
  const own = byte => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({length: 256}, (_, byte) => String.fromCodePoint(own(byte) ? byte : next++));
})();
const spelled = text => Array.from(new TextEncoder().encode(text), byte => BYTES[byte]).join("");

const CUTS = {
  Sequence: (rule, words) => rule.pretokenizers.reduce((found, one) => CUTS[one.type](one, found), words),
  WhitespaceSplit: (_, words) => words.flatMap(word => split(word, isSpace)),
  Whitespace: (_, words) => words.flatMap(word => word.match(WORDS) ?? []),
  BertPreTokenizer: (_, words) => words.flatMap(word => split(word, isSpace)).flatMap(word => split(word, () => false, letter => PUNCTUATION.test(letter))),
  ByteLevel(rule, words) {
    const begun = words.map(word => (rule.add_prefix_space && !word.startsWith(" ") ? ` ${word}` : word));
    return begun.flatMap(word => (rule.use_regex ? word.match(GPT2) ?? [] : [word])).map(spelled);
  },
  Metaspace(rule, words) {
    return words.flatMap((word, place) => {
      const found = word.replaceAll(" ", rule.replacement);
      const begins = rule.prepend_scheme === "always" || (rule.prepend_scheme === "first" && place === 0);
      const whole = begins && !found.startsWith(rule.replacement) ? rule.replacement + found : found;
      return rule.split ? split(whole, () => false, () => false, letter => letter === rule.replacement) : [whole];
    });
  },
};

// The parts of a text: what is dropped ends one, what is alone is one, what begins starts one.
function split(text, dropped, alone = () => false, begins = () => false) {
  const found = [];
  let open = false;
  for (const letter of text) {
    if (dropped(letter)) open = false;
    else if (open && !alone(letter) && !begins(letter)) found[found.length - 1] += letter;
    else {
      found.push(letter);
      open = !alone(letter);
    }
  }
  return found;
}

const hex = letter => Array.from(new TextEncoder().encode(letter), byte => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);

class Bpe {
  constructor(model) {
    this.model = model;
    this.known = new Set(Object.keys(model.vocab));
    this.ranks = new Map(model.merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  }

  pieces(word) {
    if (this.model.ignore_merges && this.known.has(word)) return [word];
    const found = this.symbols(word), skipped = this.model.continuing_subword_prefix?.length ?? 0;
    for (;;) {
      let best = Infinity, place = -1;
      for (let at = 0; at + 1 < found.length; at += 1) {
        const rank = this.ranks.get(`${found[at]} ${found[at + 1]}`) ?? Infinity;
        if (rank < best) [best, place] = [rank, at];
      }
      if (place < 0) return found;
      found.splice(place, 2, found[place] + found[place + 1].slice(skipped));
    }
  }

  symbols(word) {
    const {unk_token: unknown, continuing_subword_prefix: prefix, end_of_word_suffix: suffix} = this.model, letters = [...word], found = [];
    let fuses = false;
    letters.forEach((letter, place) => {
      const symbol = (place ? prefix ?? "" : "") + letter + (place === letters.length - 1 ? suffix ?? "" : "");
      const bytes = this.model.byte_fallback ? hex(symbol) : [];
      const known = this.known.has(symbol) ? [symbol] : bytes.length && bytes.every(byte => this.known.has(byte)) ? bytes : null;
      if (known) found.push(...known);
      else if (unknown != null && !(fuses && this.model.fuse_unk)) found.push(unknown);
      fuses = !known;
    });
    return found;
  }
}

class WordPiece {
  constructor(model) {
    this.model = model;
    this.known = new Set(Object.keys(model.vocab));
  }

  pieces(word) {
    const letters = [...word], found = [];
    if (letters.length > this.model.max_input_chars_per_word) return [this.model.unk_token];
    for (let start = 0; start < letters.length;) {
      let end = letters.length, piece;
      for (; end > start; end -= 1) {
        piece = (start ? this.model.continuing_subword_prefix : "") + letters.slice(start, end).join("");
        if (this.known.has(piece)) break;
      }
      if (end === start) return [this.model.unk_token];
      found.push(piece);
      start = end;
    }
    return found;
  }
}

class WordLevel {
  constructor(model) {
    this.model = model;
    this.known = new Set(Object.keys(model.vocab));
  }

  pieces(word) {
    return [this.known.has(word) ? word : this.model.unk_token];
  }
}

const PENALTY = 10; // of an unknown letter, below the least likely piece

class Unigram {
  constructor(model) {
    this.model = model;
    this.scores = new Map(model.vocab);
    this.longest = model.vocab.reduce((most, [piece]) => Math.max(most, piece.length), 0);
    this.least = model.vocab.reduce((least, [, score]) => Math.min(least, score), Infinity) - PENALTY;
  }

  // The likeliest pieces (Viterbi); of two that are as likely the one whose last piece starts first.
  pieces(word) {
    const best = Array.from({length: word.length + 1}, () => ({score: 0, start: -1, known: true}));
    for (let at = 0; at < word.length;) {
      const step = String.fromCodePoint(word.codePointAt(at)).length, before = best[at].score;
      let single = false;
      for (let end = at + 1; end <= Math.min(word.length, at + this.longest); end += 1) {
        const score = this.scores.get(word.slice(at, end));
        if (score === undefined) continue;
        reach(best[end], before + score, at, true);
        single ||= end - at === step;
      }
      if (!single) reach(best[at + step], before + this.least, at, false);
      at += step;
    }
    return this.named(this.along(best, word));
  }

  along(best, word) {
    const found = [];
    let unknown = "";
    for (let end = word.length; end > 0; end = best[end].start) {
      const {start, known} = best[end], piece = word.slice(start, end);
      if (!known) unknown = piece + unknown;
      else {
        if (unknown) found.push(unknown);
        unknown = "";
        found.push(piece);
      }
    }
    return (unknown ? [...found, unknown] : found).reverse();
  }

  // What is unknown stays as it is written, unless its bytes are pieces.
  named(pieces) {
    return pieces.flatMap(piece => {
      const bytes = this.model.byte_fallback ? hex(piece) : [];
      return !this.scores.has(piece) && bytes.length && bytes.every(byte => this.scores.has(byte)) ? bytes : [piece];
    });
  }
}

function reach(node, score, start, known) {
  if (node.start < 0 || score > node.score) Object.assign(node, {score, start, known});
}

const MODELS = {BPE: Bpe, WordPiece, WordLevel, Unigram};

export class Subwords {
  constructor(rules) {
    this.rules = rules;
    this.model = new MODELS[rules.model.type](rules.model);
  }

  // The piece that stands for what the model does not know.
  get unknown() {
    const {unk_token: name, unk_id: number, vocab} = this.rules.model;
    return name ?? (number === undefined || number === null ? null : vocab[number][0]);
  }

  words(text) {
    const {normalizer, pre_tokenizer: cut} = this.rules, found = normalizer ? NORMALIZERS[normalizer.type](normalizer, text) : text;
    if (!found) return [];
    return (cut ? CUTS[cut.type](cut, [found]) : [found]).filter(word => word);
  }

  pieces(text) {
    return this.words(text).flatMap(word => this.model.pieces(word));
  }
}
