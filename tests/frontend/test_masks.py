"""What `check` says of masks: refused where Keras would fail or hide the wrong values, warned where they are lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.masks import follow_masks, masked_means
from nnspec.frontend.pipeline import check

WORDS = "inputs: {x: {shape: [null], dtype: int32}}\nlayers:\n  - Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}\n"
NAMED = WORDS.replace(
    "- Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}",
    "- {Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}, name: e}",
)
SENTENCES = WORDS.replace("[null]", "[6, 3]")
STEPS = "inputs: {x: [6, 3]}\nlayers:\n  - Masking\n"
LATER = "  - LSTM: 4\n"
PAIRS = "inputs: {x: [6, 4]}\nlayers:\n  - Masking\n  - {TimeDistributed: {layer: {Reshape: [2, 2]}}}\n"

FOUND = {
    "an axis too few to be joined": (
        "inputs: {x: [6, 4]}\nlayers:\n  - Masking\n  - {TimeDistributed: {layer: {Reshape: [2, 2]}}, name: a}\n"
        "  - {Concatenate: , from: [a, a]}\n",
        [("E0603", 6)],
    ),
    "an axis too few to be weighed": (
        "inputs: {x: [6, 4]}\nlayers:\n  - Masking\n  - {TimeDistributed: {layer: {Reshape: [2, 2]}}}\n"
        "  - BatchNormalization\n",
        [("E0603", 6)],
    ),
    # taken off while it runs
    "a second attention behind one whose input is added": (
        NAMED + "  - {MultiHeadAttention: {num_heads: 1, key_dim: 2}, from: [e, e], name: a}\n"
        "  - {Add: , from: [e, a], name: b}\n  - {MultiHeadAttention: {num_heads: 1, key_dim: 2}, from: [b, b]}\n",
        [("W0609", 5)],
    ),
    "an attention to what another reads through a Dropout": (
        NAMED + "  - {Dropout: 0.1, from: e, name: d}\n"
        "  - {MultiHeadAttention: {num_heads: 1, key_dim: 2}, from: [d, d], name: a}\n  - {Attention: , from: [e, a]}\n",
        [("W0609", 6)],
    ),
    "two attentions, one to what has no mask": (
        NAMED.replace("{x:", "{z: [6, 4], x:").replace("name: e}", "from: x, name: e}")
        + "  - {MultiHeadAttention: {num_heads: 1, key_dim: 2}, from: [z, e], name: a}\n  - {Attention: , from: [z, e, a]}\n",
        [("W0609", 5)],
    ),
    "an attention to what another read": (
        NAMED
        + "  - {MultiHeadAttention: {num_heads: 1, key_dim: 2}, from: [e, e], name: a}\n  - {Attention: , from: [a, e]}\n",
        [("W0609", 5)],
    ),
    "a mean is built with its mask": (
        NAMED + "  - {MultiHeadAttention: {num_heads: 1, key_dim: 2}, from: [e, e], name: a}\n"
        "  - {Add: , from: [e, a]}\n  - GlobalAveragePooling1D\n",
        [],
    ),
    "an attention with a normalization of its own": (
        NAMED + "  - {LayerNormalization: , from: e, name: n}\n"
        "  - {MultiHeadAttention: {num_heads: 1, key_dim: 2}, from: [n, n], name: a}\n"
        "  - {Add: , from: [e, a]}\n  - GlobalAveragePooling1D\n",
        [],
    ),
    # lost on the way
    "joined with features that have no mask": (
        "inputs: {x: [6, 4], z: [6, 4]}\nlayers:\n  - {Masking: , from: x, name: masked}\n"
        "  - {Concatenate: , from: [masked, z]}\n" + LATER,
        [("W0609", 5)],
    ),
    "joined steps of which none has a mask": (
        "inputs: {x: [6, 4], z: [6, 4]}\nlayers:\n  - {Masking: , from: x}\n  - {LSTM: 4, name: a}\n"
        "  - {Concatenate: 1, from: [z, z]}\n  - {LSTM: 4, name: b}\n  - {Concatenate: , from: [a, b]}\n",
        [],
    ),
    "joined with steps that have no mask": (
        "inputs: {x: [6, 4], z: [6, 4]}\nlayers:\n  - {Masking: , from: x, name: masked}\n"
        "  - {Concatenate: 1, from: [masked, z]}\n" + LATER,
        [],
    ),
    **{
        f"past {layer}": (STEPS + f"  - {layer}\n" + LATER, [("W0609", 5)])
        for layer in (
            "Conv1D: {filters: 4, kernel_size: 3}",
            "MaxPooling1D: 2",
            "Cropping1D: 1",
            "ZeroPadding1D: 1",
            "UpSampling1D: 2",
            "Permute: [2, 1]",
            "Reshape: [3, 6]",
            "RMSNormalization",
            "SpectralNormalization: {layer: {Dense: 4}}",
        )
    },
    **{
        f"kept by {layer}": (STEPS + f"  - {layer}\n" + LATER, [])
        for layer in (
            "LeakyReLU",
            "ELU",
            "PReLU",
            "GaussianNoise: 0.1",
            "GaussianDropout: 0.1",
            "AlphaDropout: 0.1",
            "SpatialDropout1D: 0.1",
            "ActivityRegularization",
            "GroupNormalization: {groups: 1}",
            "UnitNormalization",
            "BatchNormalization",
            "Rescaling: 2",
            "Identity",
            "TimeDistributed: {layer: {Dense: 4}}",
            "GRU: {units: 4, return_sequences: true}",
            "Bidirectional: {layer: {GRU: {units: 4, return_sequences: true}}}",
        )
    },
    "past an Add of something without a mask": (
        STEPS + "  - {Dense: 3, name: bare, from: x}\n  - {Add: , from: [masking, bare]}\n" + LATER,
        [("W0609", 6)],
    ),
    "an Add of two with masks": (
        STEPS + "  - {Dense: 3, name: more}\n  - {Add: , from: [masking, more]}\n" + LATER,
        [],
    ),
    "an Add of one step to several": (
        "inputs: {x: [6, 3], y: [1, 3]}\nlayers:\n  - {Masking: , from: x, name: a}\n"
        "  - {Masking: , from: y, name: b}\n  - {Add: , from: [a, b]}\n" + LATER,
        [],
    ),
    "of the keys alone, which an attention does not ask for": (
        "inputs: {x: [6, 4], z: [6, 4]}\nlayers:\n  - {Masking: , from: x, name: masked}\n"
        "  - {Attention: , from: [z, z, masked]}\n  - GlobalAveragePooling1D\n",
        [("W0609", 5)],
    ),
    "lost to an attention": (
        WORDS
        + "  - Conv1D: {filters: 4, kernel_size: 3}\n"
        + "  - {MultiHeadAttention: {num_heads: 1, key_dim: 2}, from: [conv1d, conv1d]}\n",
        [("W0609", 5)],
    ),
    "lost to a masked mean": (
        WORDS + "  - Conv1D: {filters: 4, kernel_size: 3}\n  - GlobalAveragePooling1D\n",
        [("W0609", 5)],
    ),
    "used by nobody": (WORDS + "  - GlobalMaxPooling1D\n", [("W0610", 4)]),
    "used by nobody, beside a normalization of something else": (
        "inputs: {x: {shape: [20], dtype: int32}, y: [4]}\nlayers:\n"
        "  - {Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}, from: x}\n  - {GlobalMaxPooling1D: , name: a}\n"
        "  - {BatchNormalization: , name: b, from: y}\n  - {Concatenate: , from: [a, b]}\n",
        [("W0610", 4)],
    ),
    "made within TimeDistributed": (
        "inputs: {x: [6, 3, 2]}\nlayers:\n  - TimeDistributed: {layer: Masking}\n  - TimeDistributed: {layer: {LSTM: 3}}\n",
        [("W0610", 4)],
    ),
    "ended by a recurrent layer": (STEPS + "  - LSTM: 3\n  - RepeatVector: 4\n" + LATER, []),
    "not handed over": (
        "inputs: {x: {shape: [5], dtype: int32}, s: [4]}\nlayers:\n"
        "  - {Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}, from: x}\n  - {GRU: 4, from: [embedding, s]}\n",
        [("W0611", 5)],
    ),
    "in another order": (
        STEPS + "  - GRU: {units: 3, go_backwards: true, return_sequences: true}\n" + LATER,
        [("W0612", 6)],
    ),
    "in another order, and used by nobody": (
        STEPS + "  - GRU: {units: 3, go_backwards: true, return_sequences: true}\n  - Dense: 3\n  - Flatten\n",
        [],
    ),
    # of other axes
    "words into a layer of sentences": (
        SENTENCES + "  - TimeDistributed: {layer: GlobalAveragePooling1D}\n" + LATER,
        [("E0603", 6)],
    ),
    "as many units as words": (SENTENCES + "  - TimeDistributed: {layer: {LSTM: 3}}\n" + LATER, [("E0603", 6)]),
    "into Softmax": (WORDS + "  - Softmax\n", [("E0603", 5)]),
    "into the Softmax of Activation": (WORDS + "  - Activation: softmax\n  - LSTM: 2\n", []),
    "steps into a recurrent layer at each step": (
        "inputs: {x: {shape: [6, 3], dtype: int32}}\nlayers:\n"
        "  - Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}\n"
        "  - TimeDistributed: {layer: GlobalAveragePooling1D}\n  - TimeDistributed: {layer: BatchNormalization}\n",
        [("E0603", 6)],
    ),
    "into an attention with several axes of places": (
        SENTENCES + "  - {MultiHeadAttention: {num_heads: 1, key_dim: 2}, from: [embedding, embedding]}\n",
        [("E0603", 5)],
    ),
    "two masks of other axes": (
        "inputs: {x: {shape: [6, 3], dtype: int32}, y: [6, 4]}\nlayers:\n"
        "  - {Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}, from: x}\n"
        "  - TimeDistributed: {layer: GlobalAveragePooling1D}\n  - {Masking: , from: y}\n"
        "  - {Add: , from: [time_distributed, masking]}\n",
        [("E0603", 7)],
    ),
    "channels first": (
        "inputs: {x: [6, 3]}\nlayers:\n  - Masking\n  - GlobalAveragePooling1D: {data_format: channels_first}\n",
        [("E0603", 5)],
    ),
    "of as many axes as what is joined": (
        "inputs: {x: [6, 1]}\nlayers:\n  - Masking\n  - {TimeDistributed: {layer: {Reshape: []}}, name: a}\n"
        "  - {Concatenate: , from: [a, a]}\n",
        [],
    ),
    "on the loss": (
        SENTENCES + "  - TimeDistributed: {layer: {LSTM: 3}}\ntrain: {loss: MeanSquaredError}\n",
        [("E0604", 5)],
    ),
    "on the loss of every word": (WORDS + "  - Dense: 3\ntrain: {loss: MeanSquaredError}\n", []),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_is_said_of_a_mask_and_where(tmp_path: Path, name: str) -> None:
    text, expected = FOUND[name]
    path = tmp_path / "spec.yaml"
    path.write_text("nnspec: 1\n" + text)
    found = [(item.code, item.span and item.span.line) for item in check(path).diagnostics]
    assert [pair for pair in found if pair[0] != "W0502"] == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PAIRS + "  - BatchNormalization", "(batch, 6, 2)"),
        (PAIRS + "  - {Attention: , from: [time_distributed, time_distributed]}", "(batch, 6, 2)"),
        (
            SENTENCES + "  - {MultiHeadAttention: {num_heads: 1, key_dim: 2}, from: [embedding, embedding]}",
            "it takes one of (batch, 6)",
        ),
    ],
)
def test_the_mask_that_is_asked_for_is_told(tmp_path: Path, text: str, said: str) -> None:
    """All axes of the input but the last; with heads, one of places."""
    path = tmp_path / "spec.yaml"
    path.write_text("nnspec: 1\n" + text)
    (found,) = [item for item in check(path).diagnostics if item.code == "E0603"]
    assert said in found.message, found.message


def test_masked_means_are_known(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("nnspec: 1\n" + SENTENCES + "  - TimeDistributed: {layer: GlobalAveragePooling1D}\n")
    spec = check(path).spec
    assert spec is not None and masked_means(spec) == ["time_distributed"]
    path.write_text(
        "nnspec: 1\ninputs: {x: {shape: [6], dtype: int32}, y: [6, 4]}\nlayers:\n"
        "  - {Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}, from: x}\n"
        "  - {GlobalAveragePooling1D: , name: words}\n  - {GlobalAveragePooling1D: , name: numbers, from: y}\n"
        "outputs: [words, numbers]\n"
    )
    spec = check(path).spec
    assert spec is not None and masked_means(spec) == ["words"]


@pytest.mark.parametrize(("mode", "outputs"), [("null", [0, 1]), ("concat", [0])])
def test_each_direction_has_the_mask(mode: str, outputs: list[int], tmp_path: Path) -> None:
    both = f"{{layer: {{LSTM: {{units: 2, return_sequences: true}}}}, merge_mode: {mode}}}"
    path = tmp_path / "spec.yaml"
    path.write_text(f"nnspec: 1\n{STEPS}  - {{Bidirectional: {both}, name: b}}\n", encoding="utf-8")
    spec = check(path).spec
    assert spec is not None
    carried = follow_masks(spec.graph, spec.facts).carried
    assert sorted(ref.index for ref in carried if ref.layer == "b") == outputs
