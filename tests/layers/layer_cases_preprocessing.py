"""Random calls of layers for numbers, categories, text and sound."""

from __future__ import annotations

from random import Random
from typing import Any

from layer_draws import Case, common, dim, dims, number, rarely, some


def normalization(r: Random) -> Case:
    shape = dims(r, r.randint(1, 3), unknown=0.08)
    args = {**some(r, axis=(None, -1, 1, 2, [1, 2], 8)), **common(r)}
    if rarely(r, 0.3):
        mean: Any = r.choice((0.5, [0.5] * (shape[-1] or 1 if shape else 1), [0.1, 0.2]))
        args |= {"mean": mean, "variance": mean if not rarely(r) else 0.5}
    return Case("Normalization", args, [(shape, number(r))])


def category_encoding(r: Random) -> Case:
    args = {
        "num_tokens": r.choice((1, 4, 7)),
        **some(r, output_mode=("multi_hot", "one_hot", "count", "int")),
        **common(r),
    }
    return Case("CategoryEncoding", args, [(dims(r, r.randint(0, 2), high=2), "int32")])


def discretization(r: Random) -> Case:
    args: dict[str, Any] = r.choice(
        ({"bin_boundaries": [0.0, 1.0, 2.5]}, {"num_bins": 4}, {}, {"bin_boundaries": [1.0], "num_bins": 2})
    )
    args = {**args, **some(r, output_mode=("int", "one_hot", "multi_hot", "count"))}
    return Case("Discretization", args, [(tuple(dim(r, 1, 2) for _ in range(r.randint(1, 3))), "float32")])


def hashing(r: Random) -> Case:
    args = {"num_bins": r.choice((1, 5, 0)), **some(r, output_mode=("int", "one_hot", "multi_hot", "count"))}
    args |= some(r, dtype=("int32", "float32", None)) if rarely(r, 0.2) else {}
    return Case("Hashing", args, [(dims(r, r.randint(0, 2), high=2), r.choice(("string", "int32")))])


def hashed_crossing(r: Random) -> Case:
    shape = r.choice(((1,), (1,), (3,), ()))
    args = {"num_bins": 5, **some(r, output_mode=("int", "one_hot"))}
    other = shape if not rarely(r) else (2,)
    return Case("HashedCrossing", args, [(shape, "string"), (other, "string")])


def lookup(r: Random, kind: str) -> Case:
    words: Any = ["a", "b", "c"] if kind == "StringLookup" else [11, 12, 13]
    listed = [*words, words[0]] if rarely(r) else ["[UNK]", *words] if kind == "StringLookup" and rarely(r) else words
    args = some(r, vocabulary=(listed, listed, None), num_oov_indices=(0, 1, 2), max_tokens=(None, 3, 10))
    args |= some(r, output_mode=("int", "one_hot", "multi_hot", "count"), pad_to_max_tokens=(False, True))
    args |= some(r, mask_token=(None, "" if kind == "StringLookup" else 0))
    return Case(kind, args, [(dims(r, r.randint(0, 2), high=2), "string" if kind == "StringLookup" else "int64")])


def text_vectorization(r: Random) -> Case:
    args = some(r, vocabulary=(["a", "b"], None), max_tokens=(None, 3, 10), output_sequence_length=(None, None, 6))
    args |= some(r, output_mode=("int", "one_hot", "multi_hot", "count"), pad_to_max_tokens=(False, True))
    args |= some(r, split=("whitespace", "character", None))
    return Case("TextVectorization", args, [(r.choice(((), (1,))), "string")])


def mel_spectrogram(r: Random) -> Case:
    args = {
        "fft_length": r.choice((8, 16)),
        **some(r, sequence_stride=(2, 3), num_mel_bins=(4, 5), sequence_length=(None, 4, 32)),
        **common(r),
    }
    return Case("MelSpectrogram", args, [((dim(r, 2, 50, unknown=0.2),), "float32")])


def log_mel(r: Random, kind: str) -> Case:
    args = {
        "frame_length": r.choice((8, 16)),
        "sampling_rate": r.choice((100, 4000)),
        **some(r, frame_step=(2, 3, 7), num_mel_bins=(1, 2, 3), fft_length=(None, 4, 32, 30), min_freq=(0, 5.0)),
        **some(r, mag_exp=(1, 2, 3), max_freq=(None, 2, 40.0), window=("hann", "hamming"), mask_zero=(False, True)),
        **common(r),
    }
    args |= some(r, num_coefficients=(1, 2, 5)) if kind == "MFCC" else {}
    return Case(kind, args, [((dim(r, 2, 50, unknown=0.2),), "float32")])


def sound_change(r: Random, kind: str) -> Case:
    args = some(r, factor=(0.0, 0.5, 2)) if kind in ("RandomTimeShift", "RandomSpeed") else {}
    args |= some(r, decibels=(0.0, 3)) if kind == "RandomGain" else {}
    args |= some(r, stddev=(0.0, 0.5)) if kind == "RandomNoise" else {}
    args |= some(r, decibels=(0.0, 3), bands=(1, 2, 5)) if kind == "RandomEqualizer" else {}
    args |= some(r, lowest=(0.0, 0.5, 2)) if kind == "RandomLowPass" else {}
    args |= some(r, time_masks=(0, 2), frequency_width=(0, 3)) if kind == "SpecAugment" else {}
    return Case(kind, {**args, **common(r)}, [(dims(r, 2 if kind == "SpecAugment" else r.randint(1, 2)), "float32")])
