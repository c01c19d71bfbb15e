"""What several devices cannot do, or do otherwise than one: told by `check`, without TensorFlow."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.pipeline import load

HEAD = (
    "nnspec: 1\ninputs: {x: [4]}\nlayers: [Dense: 8, BatchNormalization: {synchronized: false}, Dropout: 0.5, Dense: 1]\n"
    "data: {source: {Arrays: {path: a.npz}}, tokens_per_batch: 100}\n"
)


def warnings(folder: Path, train: str, head: str = HEAD) -> dict[str, list[tuple[str, int]]]:
    path = folder / "a.yaml"
    path.write_text(f"{head}train:\n  loss: MeanSquaredError\n{train}")
    found: dict[str, list[tuple[str, int]]] = {}
    for warning in load(path).warnings:
        if warning.span is not None:
            found.setdefault(warning.code, []).append((warning.message, warning.span.line))
    return found


@pytest.mark.parametrize("strategy", ["mirrored", "multi_worker", "tpu"])
def test_each_setting_is_told_with_its_line(strategy: str, tmp_path: Path) -> None:
    settings = "  debug: true\n  optimizer:\n    Adam:\n      gradient_accumulation_steps: 2\n      clipnorm: 1\n"
    found = warnings(tmp_path, f"  strategy: {strategy}\n{settings}")
    assert [line for _, line in found["W0709"]] == [11, 4, 8]
    assert "gradient_accumulation_steps" in found["W0709"][0][0]
    texts = [text for text, _ in found["W0703"]]
    assert any("`clipnorm` clips on each device" in text and line == 12 for text, line in found["W0703"])
    assert any("normalizes over each device's share" in text for text in texts)
    assert any("`dropout` draws the same mask" in text for text in texts)


def test_a_setting_of_a_phase_is_told_and_of_no_phase_is_not(tmp_path: Path) -> None:
    one = "{Adam: {gradient_accumulation_steps: 2, clipnorm: 1}}"
    found = warnings(tmp_path, f"  strategy: mirrored\n  phases:\n  - epochs: 1\n    optimizer: {one}\n")
    assert ("`gradient_accumulation_steps` does not work on several devices", 10) in found["W0709"]
    assert ("`clipnorm` clips on each device before the gradients are added up", 10) in found["W0703"]
    phases = "[{epochs: 1, optimizer: {SGD: 0.1}}]"
    found = warnings(tmp_path, f"  strategy: mirrored\n  optimizer: {one}\n  phases: {phases}\n")
    assert not any(line == 8 for _, line in [*found["W0709"], *found["W0703"]])
    assert ("`optimizer` of the training does nothing: each phase has its own", 8) in found["W0624"]


def test_workers_save_at_a_step_and_not_at_a_time(tmp_path: Path) -> None:
    found = warnings(tmp_path, "  checkpoint_every: 5min\n  strategy: multi_worker\n")
    assert any("cannot agree on a time" in text and line == 7 for text, line in found["W0709"])
    assert "W0709" not in warnings(tmp_path, "  checkpoint_every: 5min\n")


def test_one_device_is_told_nothing(tmp_path: Path) -> None:
    found = warnings(tmp_path, "  optimizer: {Adam: {gradient_accumulation_steps: 2, clipnorm: 1}}\n")
    assert not {"W0709", "W0703"} & set(found)


def test_batches_of_examples_are_shared_by_devices(tmp_path: Path) -> None:
    assert "W0709" not in warnings(tmp_path, "  strategy: mirrored\n", HEAD.replace(", tokens_per_batch: 100", ""))
