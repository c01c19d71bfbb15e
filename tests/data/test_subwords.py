from __future__ import annotations

import json
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.config import DataConfig
from nnspec.data.dataset import load
from nnspec.data.errors import DataError
from nnspec.data.new_examples import remarks
from nnspec.data.protocol import Assets
from nnspec.data.sources.running_text import RunningText
from nnspec.data.sources.table import Table
from nnspec.data.sources.text import Text
from nnspec.data.text.subwords import Subwords, learned, read, untrained
from nnspec.data.text.vocabulary import Vocabulary
from nnspec.frontend.pipeline import check as checked
from nnspec.frontend.spec import KindValue

tokenizers = pytest.importorskip("tokenizers", reason="subwords need nnspec[subwords]")

PAGE = Path(__file__).parents[2] / "nnspec/export/web/assets/subwords.js"
TEXTS = [
    "Unhappily, the unhappiest players replayed it.",
    "  two  spaces,\ttabs\nand lines ",
    "İstanbul’da ΣΊΣΥΦΟΣ, naïve café and cafe\u0301: 12½ €",
    "我喜欢 音乐, 한국어 ภาษาไทย नमस्ते 👩‍👩‍👧 🫠",
    "don't we'll <unk> [UNK] <pad> ## ##ing __init__ a_b 3.14",
    "",
    "\u00a0\u200b\ufeff\u2028end",
]


def counted(blank: Subwords, texts: list[str]) -> dict[str, int]:
    words = [word for text in texts for word in blank.words(text)]
    return {word: words.count(word) for word in words}


def made(kind: str, lower: bool = True, size: int = 500) -> Subwords:
    blank = untrained(kind, lower)  # type: ignore[arg-type]
    return learned(kind, blank, counted(blank, TEXTS * 3), size, 1)  # type: ignore[arg-type]


def unigram(tmp: Path, **model: Any) -> Subwords:
    pieces = [("<unk>", 0.0), ("▁", -2.0), ("un", -3.0), ("▁un", -2.5), ("happi", -3.5), ("ly", -3.0), ("est", -3.1)]
    pieces += [(letter, -5.0 - number / 7) for number, letter in enumerate("abcdefghijklmnopqrstuvwxyz,.é")]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.Unigram(pieces, 0, **model))
    tokenizer.normalizer = tokenizers.normalizers.Sequence(
        [tokenizers.normalizers.NFC(), tokenizers.normalizers.Lowercase(), tokenizers.normalizers.Replace("``", '"')]
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    tokenizer.decoder = tokenizers.decoders.Metaspace()
    return saved(tmp, tokenizer)


def saved(tmp: Path, tokenizer: Any) -> Subwords:
    tokenizer.save(str(tmp / "tokenizer.json"))
    return read(tmp / "tokenizer.json")


def bert(tmp: Path) -> Subwords:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##happi", "##ly", "##est", "the", "cafe", ",", "我", "##s"]
    model = tokenizers.models.WordPiece({word: number for number, word in enumerate(words)}, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    tokenizer.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return saved(tmp, tokenizer)


def with_bytes(tmp: Path) -> Subwords:
    """As Llama's: BPE whose unknown letters become bytes, a space written as a letter."""
    letters = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"abcdefghijklmnopqrstuvwxyz", "un", "▁un"]
    model = tokenizers.models.BPE(
        {piece: number for number, piece in enumerate(letters)},
        [("u", "n"), ("▁", "un")],
        unk_token="<unk>",
        byte_fallback=True,
        fuse_unk=True,
    )
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = tokenizers.normalizers.Sequence(
        [tokenizers.normalizers.Prepend("▁"), tokenizers.normalizers.Replace(" ", "▁")]
    )
    return saved(tmp, tokenizer)


MAKERS = {
    "bpe": lambda tmp: made("bpe"),
    "bpe as written": lambda tmp: made("bpe", lower=False),
    "wordpiece": lambda tmp: made("wordpiece"),
    "few pieces": lambda tmp: made("wordpiece", size=200),
    "unigram": unigram,
    "unigram of bytes": lambda tmp: unigram(tmp, byte_fallback=True),
    "bert": bert,
    "bytes": with_bytes,
}


def pieces_of(subwords: Subwords, text: str) -> list[str]:
    return [piece for word in subwords.words(text) for piece in subwords.cut(word)]


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Subwords]:
    return {name: make(tmp_path_factory.mktemp("subwords")) for name, make in MAKERS.items()}


@pytest.fixture(scope="module")
def of_page(every: dict[str, Subwords], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    """The pieces of all texts by each of these, as a page cuts them: one process does it."""
    if shutil.which("node") is None:
        pytest.skip("no Node.js")
    folder = tmp_path_factory.mktemp("page")
    shutil.copy(PAGE, folder / "subwords.mjs")
    (folder / "main.mjs").write_text(
        'import {Subwords} from "./subwords.mjs"; import {readFileSync} from "node:fs";\n'
        'const {rules, texts} = JSON.parse(readFileSync("given.json", "utf8"));\n'
        "const cut = one => { const subwords = new Subwords(one); return texts.map(text => subwords.pieces(text)); };\n"
        "console.log(JSON.stringify(rules.map(cut)));\n"
    )
    given = {"rules": [json.loads(subwords.text) for subwords in every.values()], "texts": TEXTS}
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    answer = subprocess.run(["node", "main.mjs"], cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    return dict(zip(every, json.loads(answer.stdout), strict=True))


@pytest.mark.parametrize("name", MAKERS)
def test_pieces_are_those_of_the_library(every: dict[str, Subwords], name: str) -> None:
    subwords = every[name]
    found = [pieces_of(subwords, text) for text in TEXTS]
    whole = tokenizers.Tokenizer.from_str(subwords.text)
    assert found == [whole.encode(text).tokens for text in TEXTS]
    assert len(found[0]) > len(TEXTS[0].split())
    assert subwords.foreign_to_page() is None


@pytest.mark.parametrize("name", MAKERS)
def test_a_page_cuts_the_same_pieces(
    every: dict[str, Subwords], of_page: dict[str, list[list[str]]], name: str
) -> None:
    assert of_page[name] == [pieces_of(every[name], text) for text in TEXTS]


@pytest.mark.parametrize("kind", ["bpe", "wordpiece"])
def test_the_same_texts_give_the_same_pieces(kind: str) -> None:
    assert made(kind).text == made(kind).text
    vocabulary = Vocabulary.of(made(kind))
    assert vocabulary.words[:2] == ("<pad>", "<unk>")
    assert len(vocabulary) <= 500 and len(set(vocabulary.words)) == len(vocabulary)


def test_bytes_are_never_unknown_and_come_back() -> None:
    subwords = made("bpe", lower=False)
    for text in (*TEXTS, "Ж日\x00"):
        assert subwords.joined(pieces_of(subwords, text)) == unicodedata.normalize("NFC", text)
    assert Vocabulary.of(made("wordpiece")).encode(["Ж"]) == [1]


def test_a_run_keeps_its_tokenizer(tmp_path: Path) -> None:
    vocabulary = Vocabulary.of(made("wordpiece"))
    Assets(classes=("a",), vocabulary=vocabulary).save(tmp_path)
    again = Assets.load(tmp_path).vocabulary
    assert again == vocabulary and again.encode(["unhappily"]) == vocabulary.encode(["unhappily"])
    path = tmp_path / "tokenizer.json"
    path.write_text(path.read_text(encoding="utf-8").replace("##", "#@"), encoding="utf-8")
    with pytest.raises(DataError, match="its hash is another"):
        Assets.load(tmp_path)


def section(source: Any, split: dict[str, Any]) -> DataConfig:
    name = type(source).__name__
    args = {key: value for key, value in vars(source).items() if key in type(source).__dataclass_fields__}
    return DataConfig(source=KindValue(name, args), split=split)


def labelled(folder: Path, **told: Any) -> Text:
    rows = ["good\tunhappily replayed", "bad\tthe unhappiest player", "good\treplaying", "bad\tplayers play happily"]
    (folder / "a.tsv").write_text("".join(f"{row}\n" for row in rows * 3), encoding="utf-8")
    return Text(path="a.tsv", **told)


def test_texts_as_pieces(tmp_path: Path) -> None:
    source = labelled(tmp_path, subwords="bpe", max_size=262, max_length=5)
    dealt = load(section(source, {"validation": 0.25}), tmp_path)
    part = dealt.parts["train"]
    table = part.examples.table(dealt.assets)
    column = table.features["text"]
    vocabulary = dealt.assets.vocabulary
    assert vocabulary is not None and vocabulary.subwords is not None and len(vocabulary) <= 262
    wanted = vocabulary.encode(vocabulary.subwords.words("unhappily replayed"))
    assert len(wanted) > 5 and column.take(np.array([0]))[0].tolist() == wanted[:5]
    assert "over 5 subwords" in str(part.examples.problems[-1])
    new = source.encode(["Unhappily replayed"], dealt.assets, tmp_path)["text"]
    assert new.take(np.array([0]))[0].tolist() == wanted[:5]
    assert part.examples.report(part.indices, dealt.assets)["unknown_tokens"] == 0
    with pytest.raises(DataError, match="on_long: cut"):
        load(
            section(labelled(tmp_path, subwords="bpe", max_size=262, max_length=5, on_long="fail"), {}), tmp_path
        ).parts["train"].examples.columns(dealt.assets)


@pytest.mark.parametrize("told", [{"text": {"subwords": "bpe", "max_size": 262}}, {"tokenizer": "tokenizer.json"}])
def test_texts_of_a_table_as_pieces(tmp_path: Path, told: dict[str, Any]) -> None:
    bert(tmp_path)
    rows = ["unhappily replayed,the player,1", "the unhappiest player,replay it,2"]
    (tmp_path / "t.csv").write_text("".join(f"{row}\n" for row in ("a,b,y", *rows * 3)), encoding="utf-8")
    inputs = {"a": {"type": "text", "max_length": 3}, "b": {"type": "text", "length": 9}}
    source = Table(path="t.csv", inputs=inputs, targets={"y": {"type": "number"}}, **told)  # type: ignore[arg-type]
    dealt = load(section(source, {}), tmp_path)
    vocabulary, examples = dealt.assets.vocabulary, dealt.parts["train"].examples
    assert vocabulary is not None and vocabulary.subwords is not None
    assert (source.named_tokenizer(tmp_path) is not None) == ("tokenizer" in told)
    columns = examples.table(dealt.assets).features
    new = source.encode([{"a": "unhappily replayed", "b": "the player"}], dealt.assets, tmp_path)
    for name, text, most in (("a", "unhappily replayed", 3), ("b", "the player", 9)):
        wanted = vocabulary.encode(vocabulary.subwords.words(text))[:most]
        for column in (columns[name], new[name]):
            assert column.take(np.array([0]))[0].tolist()[: len(wanted)] == wanted
        rule = source.preprocessing(name, dealt.assets)
        assert rule is not None and (rule["kind"], rule["tokenizer"]) == ("subwords", "tokenizer.json")
    assert any("texts are cut to 3 subwords" in str(problem) for problem in examples.problems)


def test_a_file_of_pieces(tmp_path: Path) -> None:
    bert(tmp_path)
    source = labelled(tmp_path, tokenizer="tokenizer.json")
    dealt = load(section(source, {}), tmp_path)
    vocabulary = dealt.assets.vocabulary
    assert vocabulary is not None
    assert vocabulary.words[:4] == ("<pad>", "<unk>", "[PAD]", "[CLS]")  # its own [UNK] is entry 1
    column = dealt.parts["train"].examples.table(dealt.assets).features["text"]
    pieces = [vocabulary.words[number] for number in column.take(np.array([0]))[0]]
    assert pieces == ["un", "##happi", "##ly", "<unk>"]


def test_windows_of_pieces(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("the unhappiest player replayed it unhappily\n" * 40, encoding="utf-8")
    (tmp_path / "b.txt").write_text("the player replayed\r\n" * 20, encoding="utf-8", newline="")
    source = RunningText(path="a.txt", subwords="bpe", max_size=300, length=6)
    split = {"validation": "b.txt", "test": 0.2}
    dealt = load(section(source, split), tmp_path)
    vocabulary = dealt.assets.vocabulary
    assert vocabulary is not None and vocabulary.subwords is not None and dealt.assets.classes == vocabulary.words
    part = dealt.parts["train"]
    whole = pieces_of(vocabulary.subwords, (tmp_path / "a.txt").read_text())
    table = part.examples.table(dealt.assets)
    seen = [vocabulary.words[number] for number in table.features["text"].take(np.array([1]))[0]]
    assert seen == whole[6:12]
    assert [vocabulary.words[number] for number in table.targets["next"].take(np.array([1]))[0]] == whole[7:13]
    assert len(part.indices) + len(dealt.parts["test"].indices) <= len(whole) // 6
    other = dealt.parts["validation"].examples
    assert other.texts([0])[0] == vocabulary.subwords.joined(
        pieces_of(vocabulary.subwords, "the player replayed\n" * 20)[:6]
    )
    goes = source.taught(dealt.assets).goes_on()
    assert goes is not None and goes.joined(goes.cut("The player\nreplayed")) == "The player\nreplayed"
    again = load(section(source, split), tmp_path, dealt.assets)
    assert again.parts["train"].indices == part.indices


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"subwords": "bpe", "tokenizer": "a.json"}, "one of them is enough"),
        ({"subwords": "bpe", "tokenization": "characters"}, "`tokenization` does not go with `subwords`"),
        ({"subwords": "bpe", "vectors": "v.txt"}, "`vectors` does not go"),
        ({"subwords": "bpe", "on_long": "skip"}, "`on_long: skip` does not go"),
        ({"tokenizer": "a.json", "max_size": 9}, "`max_size` does not go with `tokenizer`"),
    ],
)
def test_what_does_not_go_together(told: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Text(path="a.tsv", **told)


@pytest.mark.parametrize("told", [{"text": {"subwords": "bpe"}}, {"tokenizer": "a.json"}])
def test_marks_are_no_pieces(told: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="`mark` does not go with"):
        Table(path="t.csv", targets={"y": {"type": "text", "mark": "end"}}, **told)  # type: ignore[dict-item]


def test_tokenizers_that_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(dropout=0.1))
    for change, message in (
        (lambda: None, "cuts a word another way"),
        (lambda: setattr(tokenizer, "model", tokenizers.models.WordLevel({"a\nb": 0, "u": 1}, "u")), "a line break"),
        (lambda: tokenizer.add_tokens(["added"]), "'added' is added beside"),
    ):
        change()
        tokenizer.save(str(path))
        with pytest.raises(DataError, match=message):
            read(path)
    path.write_text("{}")
    with pytest.raises(DataError, match="no file of a tokenizer"):
        read(path)
    with pytest.raises(DataError, match="less than padding, unknown and the 256 letters"):
        made("bpe", size=100)


@pytest.mark.parametrize("unknown", [None, "<unk>"])
def test_letters_that_a_tokenizer_leaves_out_are_told(tmp_path: Path, unknown: str | None) -> None:
    """BPE without an unknown piece gives `café` as `caf`, in silence."""
    pieces = ["<unk>", *"abcdefghijklmnopqrstuvwxyz"]
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.BPE({one: n for n, one in enumerate(pieces)}, [], unk_token=unknown)
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    saved(tmp_path, tokenizer)
    source = labelled(tmp_path, tokenizer="tokenizer.json")
    (tmp_path / "a.tsv").write_text("good\tcafé\nbad\ttea\ngood\tmore café\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text("café tea\n" * 4, encoding="utf-8")
    running = RunningText(path="a.txt", tokenizer="tokenizer.json", length=3)
    for one in (source, running):
        dealt = load(section(one, {}), tmp_path)
        examples = dealt.parts["train"].examples
        examples.columns(dealt.assets)
        told = [str(problem) for problem in examples.problems if "leaves out letters, 'café'" in str(problem)]
        assert len(told) == (unknown is None)
        text, assets = ("café", "café tea mo")[one is running], dealt.assets
        with remarks() as found:
            one.encode([text], assets, tmp_path)
        assert ["leaves out letters" in remark for remark in found] == ([True] if unknown is None else []), found
    own = made("bpe"), made("wordpiece")
    assert not any(subwords.loses(word) for subwords in own for text in TEXTS for word in subwords.words(text))


SPEC = """\
nnspec: 1
inputs: {text: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 4, mask_zero: true}
  - LSTM: 4
  - Dense: {units: $data.classes, activation: softmax}
data:
  source:
    Text:
      path: a.tsv
      tokenizer: tokenizer.json
train: {loss: SparseCategoricalCrossentropy}
export:
  - TFLite: {length: 5}
  - Web: {length: 5}
"""


@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_check_says_which_page_cannot_be_made(tmp_path: Path, form: str) -> None:
    labelled(tmp_path)
    bert(tmp_path)
    rules = json.loads((tmp_path / "tokenizer.json").read_text())
    rules["normalizer"] = {"type": form}
    (tmp_path / "tokenizer.json").write_text(json.dumps(rules))
    (tmp_path / "net.yaml").write_text(SPEC)
    found = [one for one in checked(tmp_path / "net.yaml", data=True).diagnostics if one.code == "W0708"]
    if form == "NFC":
        assert not found
        return
    (told,) = found
    assert told.message == (
        "Web cannot be made: the page cannot cut texts exactly as this tokenizer: `normalizer: NFKC` is not among what "
        "it does"
    )
    assert told.span is not None and told.span.line == 15
    (note,) = told.notes
    assert note.span is not None and note.span.line == 11


@pytest.mark.parametrize("argument", ["subwords: bpe", "tokenizer: tokenizer.json"])
def test_a_tagger_has_whole_words(tmp_path: Path, argument: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        f"nnspec: 1\ninputs: {{x: [1]}}\nlayers: [Flatten]\ndata: {{source: {{Conll: {{path: a, {argument}}}}}}}"
    )
    (told,) = (one for one in checked(path).diagnostics if one.severity == "error")
    assert told.code == "E0203" and told.hint is not None
    assert "a tag is of a whole word" in told.hint and "characters: 16" in told.hint


def test_the_page_says_what_it_cannot_do(tmp_path: Path) -> None:
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.normalizer = tokenizers.normalizers.Sequence([tokenizers.normalizers.NFKC()])
    assert saved(tmp_path, tokenizer).foreign_to_page() == "`normalizer: NFKC`"
    tokenizer.normalizer = None
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex(r"\d"), "isolated")
    assert saved(tmp_path, tokenizer).foreign_to_page() == "`pre_tokenizer: Split`"
