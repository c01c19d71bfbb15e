"""What people write on the command line out of habit, from other tools, and what to write here."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence

import click

from nnspec.frontend.suggest import closest, did_you_mean

SPEC_ENDS = (".yaml", ".yml", ".json")

# Commands, and what others call them.
_COMMANDS = {
    "train": "fit run learn start main resume continue",
    "evaluate": "test eval score val validation",
    "check": "validate lint valid dry-run compile",
    "show": "summary info describe print view cat inspect-spec layers",
    "draw": "plot viz visualize visualise graph diagram netron",
    "predict": "infer inference classify detect prediction serve apply",
    "new": "init create scaffold generate startproject quickstart",
    "fmt": "format black",
    "sweep": "tune tuner search hpo optimize optimise grid hyperopt",
    "runs": "list ls history log logs status experiments",
    "export": "quantize quantise deploy tflite onnx save freeze package publish",
    "bench": "benchmark profile time latency",
    "doctor": "env environment diagnose",
    "import": "load from-keras migrate",
    "data": "dataset datasets eda preview",
}
# Options, and what others call them; the first that the command has is meant.
_OPTIONS = {
    "--epochs": "-e -n --epoch --num-epochs --num_epochs --n-epochs --max-epochs --max_epochs --nb-epoch "
    "--num_train_epochs",
    "--batch-size": "-b -bs --bs --batch --batch_size --batchsize --train-batch-size",
    "--lr": "--learning-rate --learning_rate --lr0 --rate --base-lr",
    "--seed": "-s --random-seed --random_seed --random-state --manual-seed",
    "--run": "-o --output --out --output-dir --output_dir --out-dir --save-dir --save_dir --logdir --log-dir --workdir "
    "--project --name --run-name --run_name --experiment --exp --model --checkpoint --ckpt --weights",
    "--quantize int8": "--int8",
    "--quantize float16": "--half --fp16 --float16",
    "--target": "-t -f --format --to --type --targets --backend",
    "--page": "-o --output --html --report --out --save",
    "--output": "-o --out --save --output-file --to --file --export",
    "--quantize": "--quantization --quant --precision --dtype",
    "--top": "-k --topk --top-k --top_k --top5 --top1",
    "--debug": "-v --verbose --trace --traceback --log-level",
    "--quiet": "--silent --no-progress --no-verbose",
    "--set": "-D -p --override --overrides --param --params --option --config-override --opts --cfg-options",
    "--fix": "--write --autofix --apply",
    "--diff": "--dry-run --dry_run --preview",
    "--split": "--part --subset --on --dataset",
    "--kind": "--layer --name --type",
    "--over": "--grid --search --space --params",
}
# Options that no command has, and why.
_REMARKS = {
    "a GPU that TensorFlow finds is used by itself; CUDA_VISIBLE_DEVICES=0 before the command chooses one, and "
    "`--set train.strategy=mirrored` takes several": "--gpu --gpus --device --devices --cuda --use-gpu --use_gpu -g "
    "--gpu-id --gpu_ids --accelerator --cpu --no-cuda --num-gpus",
    "data are read beside the training, as fast as the machine can: leave it out": "-j -w --workers --num-workers "
    "--num_workers --jobs --threads",
    "the same command goes on where a training was interrupted: leave it out; `--fresh` begins a new run": "--resume "
    "--continue -r --resume-from --restore",
    "data are told in the spec: `--set data.source.ImageFolder.path=FOLDER`; `nnspec new FILE --data PATH` writes one "
    "for data": "--data --dataset --data-dir --data_dir --train --train-dir --data-path --root --train-data",
    "inputs stand behind the spec, without an option": "--input --inputs --image --images --img --source --text --file "
    "--predict-data -i",
    "the spec stands behind the command, without an option": "--config --spec --cfg --config-file --yaml -c --conf -f "
    "--model-config --model",
    "each setting of the spec can be given by `--set`, such as `--set data.batch_size=8`": "--optimizer --loss "
    "--metrics --patience --augment --imgsz --image-size --momentum --weight-decay --dropout --validation-split",
    "the name of the file says it: `--output net.png`": "--png --svg --html",
    "`nnspec check SPEC` says what is wrong, and trains nothing": "--dry-run --dry_run --preview --check",
    "write `NO_COLOR=1` before the command": "--no-color --no-colour --color --colour",
    "`nnspec --version` tells it": "--versions -V",
}
_VALUES = "a setting and its values are given together: `--over 'data.batch_size=[32, 64]'`"
_BEGIN = "a training begins with weights that are there by `--set train.initial_weights=FILE.keras`"
_SCORES = "each answer has its score: `--format csv` writes them all; `--top 3` gives the three best"
# What an option means to one command alone, before what it means to all.
_BY_COMMAND: dict[tuple[str, ...], dict[str, str]] = {
    ("train", "launch", "sweep"): {_BEGIN: "--weights --checkpoint --ckpt --pretrained --finetune --init-weights"},
    ("sweep",): {_VALUES: "--lr --learning-rate --epochs --batch-size --batch_size --bs --optimizer --seed --dropout"},
    ("predict",): {_SCORES: "--conf --threshold --scores --prob --proba --probabilities --min-score"},
}
# Values of options, and what others call them.
_CHOICES = {
    "float16": "fp16 half f16 float_16",
    "none": "fp32 float32 float no off",
    "int8": "uint8 8bit full_integer integer",
    "dynamic": "dynamic_range weights weight_only",
    "validation": "val valid dev eval",
    "test": "testing",
    "train": "training",
}
_COUNTS = {
    "is not a valid integer range": "is no whole number",
    "is not a valid integer": "is no whole number",
    "is not a valid float range": "is no number",
    "is not a valid float": "is no number",
}


def command(name: str) -> str | None:
    """What to write for a command that there is not; None where nothing but spelling helps."""
    if name.lower().endswith(SPEC_ENDS) or os.path.exists(name):
        return f"a command comes first: `nnspec check {shlex.quote(name)}`, `nnspec train {shlex.quote(name)}`"
    if name in ("help", "version"):
        return f"write `nnspec --{name}`"
    found = next((ours for ours, others in _COMMANDS.items() if name.lower() in others.split()), None)
    return None if found is None else f"write `nnspec {found}`"


def message(error: click.ClickException) -> str:
    """A fault of usage in plain words."""
    if isinstance(error, click.NoSuchOption):
        return f"there is no option `{error.option_name}`"
    text = error.format_message()
    for words, plain in _COUNTS.items():
        text = text.replace(f"{words}.", f"{plain}.")
    if found := re.search(r"is not in the range x>=(\S+)\.$", text):
        text = f"{text[: found.start()]}is too small: {found[1]} or more."
    return text


def hint(error: click.ClickException, arguments: Sequence[str]) -> str | None:
    """What to write in the place of a command line that is at fault; None where the message says it all."""
    if not isinstance(error, click.UsageError) or error.ctx is None or error.ctx.command.name is None:
        return None
    if isinstance(error, click.NoSuchOption):
        return _option(error)
    if isinstance(error, click.MissingParameter):
        return _missing(error)
    if isinstance(error, click.BadParameter):
        return _choice(error)
    found = re.fullmatch(r"Got unexpected extra arguments? \((.*)\)", error.format_message())
    return _extra(error.ctx, found[1].split(), list(arguments)) if found else None


def _has(ctx: click.Context, option: str) -> bool:
    return any(option in parameter.opts for parameter in ctx.command.params)


def _option(error: click.NoSuchOption) -> str | None:
    ctx, name = error.ctx, error.option_name
    assert ctx is not None
    own = [says for commands, says in _BY_COMMAND.items() if ctx.command.name in commands]
    for says in own:
        if found := _says(says, name):
            return found
    if (path := re.fullmatch(r"--(\w+(?:\.\w+)+)", name)) and _has(ctx, "--set"):
        return f"write `--set {path[1]}=VALUE`"
    meant = next(
        (ours for ours, words in _OPTIONS.items() if name in words.split() and _has(ctx, ours.split()[0])), None
    )
    if meant is not None:
        return f"write `{meant}`"
    near = closest(name.lstrip("-"), [one.lstrip("-") for one in error.possibilities or ()])
    return _says(_REMARKS, name) or (near and f"did you mean `--{near}`?")


def _says(remarks: Mapping[str, str], name: str) -> str | None:
    return next((says for says, names in remarks.items() if name in names.split()), None)


def _choice(error: click.BadParameter) -> str | None:
    """The choice of an option that was probably meant."""
    found = re.search(r"'([^']*)' is not one of", error.format_message())
    kind = error.param.type if error.param is not None else None
    if found is None or not isinstance(kind, click.Choice):
        return None
    word = found[1].lower().replace("-", "_")
    meant = next((ours for ours, words in _CHOICES.items() if ours in kind.choices and word in words.split()), None)
    return f"did you mean `{meant}`?" if meant else did_you_mean(word, map(str, kind.choices))


def _missing(error: click.MissingParameter) -> str | None:
    """An example of an argument; of an option what it says."""
    ctx, parameter = error.ctx, error.param
    assert ctx is not None
    if isinstance(parameter, click.Option):
        return parameter.help
    given = [str(value) for value in ctx.params.values() if isinstance(value, str | os.PathLike)]
    names = [one.make_metavar(ctx) for one in ctx.command.params if isinstance(one, click.Argument)]
    first = f"; `{given[0]}` was taken for {names[0]}" if given and names and not given[0].endswith(SPEC_ENDS) else ""
    example = " ".join(_EXAMPLES.get(name.strip(".[]"), name) for name in names)
    return f"for example `{ctx.command_path} {example}`{first}"


_EXAMPLES = {
    "SPEC": "shapes.yaml",
    "INPUT": "photo.png",
    "MODEL": "model.keras",
    "RUN": "runs/shapes/1",
    "FOLDER": "shards",
}


def _extra(ctx: click.Context, words: list[str], arguments: list[str]) -> str | None:
    first = words[0]
    at = arguments.index(first) if first in arguments else 0
    before = arguments[at - 1] if at else ""
    if at > 1 and arguments[at - 2] == "--set" and _has(ctx, "--set"):
        value = next((word for word in words if word != "="), "VALUE")
        return f"write `--set {before.rstrip('=')}={value}`, without spaces around `=`"
    first = first.lstrip("+")
    if re.fullmatch(r"[A-Za-z_][\w.]*=.*", first) and _has(ctx, "--set"):
        path = first if "." in first.partition("=")[0] else f"train.{first}"
        return f"write `--set {path}`" if path == first else f"write `--set PATH=VALUE`, such as `--set {path}`"
    if first.lower() in ("true", "false", "1", "0", "yes", "no") and before.startswith("-"):
        return f"`{before}` takes no value: leave `{first}` out"
    if first.lower().endswith(SPEC_ENDS) and not _has(ctx, "--output"):
        return "one spec at a time"
    for option in ("--target", "--output", "--kind", "--over"):
        if _has(ctx, option):
            return f"write `{option} {shlex.quote(first)}`"
    return None
