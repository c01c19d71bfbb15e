"""A folder of sounds for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from nnspec.data.errors import DataError, Remark
from nnspec.data.folder_examples import FolderExamples
from nnspec.data.formats import sounds
from nnspec.data.formats.class_folders import Wanted, class_folders, class_of, list_folders, read_list
from nnspec.data.formats.sounds import SPAN, SoundDecoder
from nnspec.data.keeping import Cache
from nnspec.data.protocol import Assets, Columns, Facts, Source, doc, labels_alone
from nnspec.data.sound_files import SoundFiles, described, new_sounds
from nnspec.data.table import Column, FeatureSpec, Table
from nnspec.quick_classes import dataclass

# Speech Commands brings minutes of noise in a folder beside those of its words.
WANTED = Wanted("sound", "AudioFolder", sounds.SUFFIXES, frozenset({"_background_noise_"}))
LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}  # as Speech Commands names them


@dataclass(frozen=True)
class AudioFolder(Source):
    """WAV, FLAC, OGG, MP3, AIFF and AU under `path/<class>/`; the classes are the names of the folders."""

    suffixes: ClassVar = ("/",)
    example_suffixes: ClassVar = sounds.SUFFIXES
    written_as: ClassVar = "path"

    path: str = field(metadata=doc("The folder that holds a folder for each class.", path=True))
    sample_rate: int | None = field(
        default=None, metadata=doc("Samples a second to resample to; null: sounds have one rate already.")
    )
    duration: float | None = field(
        default=None,
        metadata=doc(
            "Seconds that every sound is padded with zeros or cut to, at its end; "
            "null: each has its own length, and a batch that of its longest."
        ),
    )
    on_error: Literal["fail", "skip"] = field(
        default="fail", metadata=doc("Whether an unreadable sound ends the loading or is skipped and reported.")
    )
    cache: Cache = field(
        default="auto", metadata=doc("Where decoded sounds are kept: on disk, in memory, or nowhere; see ImageFolder.")
    )
    files: str | None = field(
        default=None,
        metadata=doc("A text file that lists the sounds to use, one a line, relative to `path`.", path=True),
    )
    without: list[str] | None = field(
        default=None,
        metadata=doc("Text files that list sounds to leave out: those of the other parts, for one.", path=True),
    )

    def without_files(self) -> Facts:
        return labels_alone()

    def for_part(self, path: str) -> AudioFolder:
        """The source of a part that the split gives by a path: a list of files, or another folder."""
        if path.lower().endswith(".txt"):
            return replace(self, files=path, without=None)
        return replace(self, path=path, files=None, without=None)

    def facts(self, base: Path) -> Facts:
        """Lists folders alone: a million sounds are as quick as ten. Lists of files are read."""
        root = base / self.path
        if self.files is not None or self.without:
            return Facts(classes=len(set(map(class_of, self.names(base, [])))))
        return Facts(classes=len(class_folders(root, WANTED, self.path)))

    def names(self, base: Path, problems: list[DataError]) -> list[str]:
        """The files, `class/name`. Raises DataError."""
        root = base / self.path
        if self.files is not None:
            names = read_list(base / self.files, root, WANTED, problems)
        else:
            names = list_folders(root, WANTED, self.path, problems)
        left_out = {name for file in self.without or () for name in read_list(base / file, root, WANTED, problems)}
        kept = [name for name in names if name not in left_out]
        if left_out and not kept:
            raise DataError("`without` leaves no sound", file=str(root))
        return kept

    def listing(self, base: Path) -> AudioExamples:
        examples = self.load(base)
        examples.decoded.look_at_heads()
        return examples

    def load(self, base: Path) -> AudioExamples:
        problems: list[DataError] = []
        names = self.names(base, problems)
        problems += self.unused_lists(base)
        return AudioExamples(self, base / self.path, names, problems)

    def unused_lists(self, base: Path) -> list[DataError]:
        """A remark on lists of parts that lie beside the folders and are not used."""
        if self.files is not None or self.without is not None:
            return []
        found = {part: name for part, name in LISTS.items() if (base / self.path / name).is_file()}
        if not found:
            return []
        lists = [f"{self.path}/{name}" for name in found.values()]
        split = ", ".join(f"{part}: {file}" for part, file in zip(found, lists, strict=True))
        hint = f"for the parts that they name say `without: [{', '.join(lists)}]` and `split: {{{split}}}`"
        return [Remark("W0925", f"{' and '.join(found.values())} are not used", file=str(base / self.path), hint=hint)]

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Column]:
        """Paths of sounds, or samples at the rate of the training, as the column `sound`."""
        return {"sound": new_sounds(raw, self.decoder(assets))}

    def decoder(self, assets: Assets) -> SoundDecoder:
        return SoundDecoder(assets.said("sample_rate"), assets.said("samples"))

    def preprocessing(self, feature: str, assets: Assets) -> Mapping[str, Any] | None:
        return described(assets.said("sample_rate"), assets.said("samples"))


class AudioExamples(FolderExamples):
    """Sounds as examples: `sound` in, `label` out."""

    decoded: SoundFiles

    def __init__(
        self, source: AudioFolder, root: Path, names: Sequence[str], problems: Sequence[DataError] = ()
    ) -> None:
        super().__init__(root, names, problems)
        self.source = source
        self.decoded = SoundFiles(root, names, source.on_error, source.cache, self.problems)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        found = self.classes(train, classes)
        rate = self.decoded.rate(self.source.sample_rate)
        samples = sounds.samples_of(self.source.duration, rate)
        return Assets(classes=found, extra={"sample_rate": rate, "samples": samples})

    def columns(self, assets: Assets) -> Columns:
        self.numbers(assets)
        samples = assets.said("samples")
        targets = {"label": FeatureSpec((), "int32")}
        spec = FeatureSpec((samples,), "float32")
        return Columns({"sound": spec}, targets, varies=samples is None, ranges={"sound": SPAN})

    def table(self, assets: Assets) -> Table:
        """sound, float32 [n, samples], -1 to 1, padded with 0 at the end; label, int32 [n]."""
        self.numbers(assets)
        return self.as_table("sound", *self.decoded.sounds(self.source.decoder(assets)), assets)
