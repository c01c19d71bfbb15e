"""CPU seconds of epochs from files, beside the tf.data pipeline that one would write by hand.

`python benchmarks/epochs.py [--small 60000] [--large 100] [--sounds 5000] [--epochs 1]` makes JPEGs of 32 x 32 pixels,
large JPEGs (12 megapixels, which networks get as 224 x 224), WAV files of a second, and the small JPEGs as shards.
Each number is that of a process of its own, from after its imports to the end of the epochs: listing, and what the
first epoch costs more, included. The ratio is ours over tf.data's; nothing is learned from the batches.

By hand: names shuffled, files read and decoded in parallel, tf.data's autotuner at work. `ratio` is for who knows
beforehand that each JPEG may be decoded at an eighth of its size; others decode it whole.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

BATCH = 128
BEGIN = """
import json, pathlib, sys, time
import tensorflow as tf
folder, epochs, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
next(iter(tf.data.Dataset.range(4).map(lambda number: number + 1, tf.data.AUTOTUNE).shuffle(2).prefetch(1)))
begun = time.process_time()
"""
END = """
print(json.dumps({"seconds": time.process_time() - begun, "examples": seen}))
"""
FILES = """
names = sorted(map(str, pathlib.Path(folder).glob("*/*")))
classes = sorted({name.split("/")[-2] for name in names})
labels = [classes.index(name.split("/")[-2]) for name in names]
files = tf.data.Dataset.from_tensor_slices((names, labels)).shuffle(len(names))
def through(read):
    seen = 0
    for _ in range(epochs):
        made = files.map(lambda name, label: (read(tf.io.read_file(name)), label), tf.data.AUTOTUNE)
        for values, _ in made.batch(batch).prefetch(tf.data.AUTOTUNE):
            seen += len(values)
    return seen
"""
BY_HAND = {
    "small": FILES + "seen = through(lambda content: tf.cast(tf.io.decode_jpeg(content, 3), tf.float32))",
    "large": FILES + "seen = through(lambda content: tf.image.resize(tf.io.decode_jpeg(content, 3), (224, 224)))",
    "ratio": FILES
    + "seen = through(lambda content: tf.image.resize(tf.io.decode_jpeg(content, 3, ratio=8), (224, 224)))",
    "sounds": FILES + "seen = through(lambda content: tf.audio.decode_wav(content, 1, 16000)[0][:, 0])",
    "shards": """
parts = sorted(map(str, pathlib.Path(folder).glob("train-*")))
told = {"image": tf.io.FixedLenFeature((), tf.string), "label": tf.io.FixedLenFeature((), tf.int64)}
def read(record):
    found = tf.io.parse_single_example(record, told)
    return tf.cast(tf.io.decode_jpeg(found["image"], 3), tf.float32), found["label"]
seen, auto = 0, tf.data.AUTOTUNE
for _ in range(epochs):
    records = tf.data.Dataset.from_tensor_slices(parts).interleave(tf.data.TFRecordDataset, num_parallel_calls=auto)
    for values, _ in records.shuffle(10_000).map(read, auto).batch(batch).prefetch(auto):
        seen += len(values)
""",
}
OURS = """
import yaml
from nnspec.data.config import DataConfig
from nnspec.data.dataset import open_dataset
from nnspec.layers.types import KindValue
begun = time.process_time()
[(kind, arguments)] = yaml.safe_load(sys.argv[4]).items()
split = open_dataset(DataConfig(KindValue(kind, arguments)), pathlib.Path(folder), 0).splits["train"]
seen = 0
for epoch in range(epochs):
    for values, _ in split.batches(batch, epoch=epoch):
        seen += len(next(iter(values.values())))
"""
IMAGE = "{decode: image, image_size: [32, 32]}"
SOURCES = {
    "small": "ImageFolder: {path: ., image_size: [32, 32]}",
    "large": "ImageFolder: {path: ., image_size: [224, 224]}",
    "sounds": "AudioFolder: {path: ., sample_rate: 16000, duration: 1}",
    "shards": f"TFRecord: {{path: train-*.tfrecord, inputs: [image], targets: [label], "
    f"features: {{image: {IMAGE}, label: {{dtype: int64}}}}}}",
}


def pictures(folder: Path, count: int, height: int, width: int, different: int) -> None:
    """JPEGs of smooth noise in two classes; only so many are drawn, the others are links to them."""
    import numpy as np
    from PIL import Image

    draw = np.random.default_rng(0)
    for number in range(count):
        path = folder / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number < different:
            rough = Image.fromarray(draw.integers(0, 256, (-(-height // 8), -(-width // 8), 3), np.uint8))
            rough.resize((width, height), Image.Resampling.BICUBIC).save(path, quality=90)
        else:
            os.link(folder / "ab"[number % different % 2] / f"{number % different}.jpg", path)


def sounds(folder: Path, count: int) -> None:
    """A second of noise each, 16 bits, 16,000 samples."""
    draw = __import__("random").Random(0)
    for number in range(count):
        path = folder / "ab"[number % 2] / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(draw.randbytes(32_000))


def measured(program: str, *arguments: object, cache: Path) -> float:
    environment = {**os.environ, "NNSPEC_CACHE": str(cache), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", BEGIN + program + END, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=60_000)
    parser.add_argument("--large", type=int, default=100)
    parser.add_argument("--sounds", type=int, default=5_000)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--only", choices=BY_HAND, nargs="+", default=list(BY_HAND))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        root = Path(text)
        pictures(root / "small", given.small, 32, 32, 1000)
        pictures(root / "large", given.large, 3000, 4000, 5)
        sounds(root / "sounds", given.sounds)
        spec = root / "small.yaml"
        spec.write_text(
            "nnspec: 1\ninputs: {image: [32, 32, 3]}\nlayers: [Flatten, {Dense: 2}]\n"
            "data: {source: {ImageFolder: {path: small, image_size: [32, 32]}}}\n"
        )
        convert = ["-m", "nnspec", "convert", str(spec), str(root / "shards")]
        subprocess.run([sys.executable, *convert], check=True, capture_output=True)
        print(f"{'epochs from':<12}{'ours s':>10}{'by hand s':>11}{'ratio':>8}")
        for name, program in ((name, BY_HAND[name]) for name in given.only):
            data = "large" if name == "ratio" else name
            theirs = measured(program, root / data, given.epochs, BATCH, cache=root)
            arguments = (root / data, given.epochs, BATCH, SOURCES[data])
            ours = measured(OURS, *arguments, cache=root / f"cache-{name}")
            print(f"{name:<12}{ours:>10.2f}{theirs:>11.2f}{ours / theirs:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
