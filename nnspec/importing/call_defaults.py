"""What a layer's call says anyway where it says nothing. Keras writes it into every call, so it says nothing there."""

from __future__ import annotations

from nnspec.layers import layer_kind


def is_default(kind: str, flag: str, value: bool) -> bool:
    """Whether a call says with this flag what it would be anyway."""
    if flag == "training":
        return layer_kind(kind).training is value
    return value is False  # return_attention_scores, use_causal_mask, reverse
