"""Export targets that the network cannot have: the same table refuses them at export."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.catalog.targets import known_targets
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.lints.network import warning
from nnspec.frontend.spec import Spec
from nnspec.layers.portable import refused_in


def unportable_layers(spec: Spec) -> Iterator[Diagnostic]:
    """What a TFLite file cannot have: settings, and layers, each with the target that asks for it."""
    varies = any(size is None for tensor in spec.graph.inputs for size in tensor.shape)
    for index, target, wanted in known_targets(spec.export):
        if not wanted.holds_tflite:
            continue
        fuse = wanted.runs_in_interpreter_alone(varies)
        place = spec.place("export", index, target.kind) or spec.place("export")
        refusal = wanted.refuses(varies)
        if refusal is not None:
            message, hint = refusal
            yield warning("W0708", f"{target.kind} cannot be made so: {message}", place, hint)
        for layer in spec.graph.layers:
            outputs = spec.facts[layer.name].outputs
            found = refused_in(
                layer.kind,
                layer.args,
                quantize=wanted.quantize,
                fuse=fuse,
                unroll=wanted.unrolls,
                makes=outputs[0].values if outputs else None,
            )
            if found is not None and layer.shares is None:
                message = f"TFLite cannot have {layer.written} `{layer.name}`: {found.reason}"
                notes = (Note("it is asked for here", place), *layer.trail)
                yield warning("W0708", message, layer.span, found.hint, notes)


def unmeasured(spec: Spec) -> Iterator[Diagnostic]:
    """Settings of a target that are decided on parts of the data, where none is held back."""
    if spec.data is None:
        return
    held = {part for part in ("validation", "test") if spec.data.split.get(part)}
    for index, target, wanted in known_targets(spec.export):
        if getattr(wanted, "quantize", None) == "auto" and "validation" not in held:
            setting, why = "quantize", "`quantize: auto` chooses by the validation part of the data, and there is none"
        elif getattr(wanted, "max_metric_drop", None) is not None and not held:
            setting, why = (
                "max_metric_drop",
                "`max_metric_drop` is measured on the test or validation part, and there is none",
            )
        else:
            continue
        place = spec.place("export", index, target.kind, setting) or spec.place("export", index, target.kind)
        hint = "`split: {validation: 0.1}` holds one back, under `data`"
        yield warning("W0708", f"{target.kind} cannot be made so: {why}", place or spec.place("export"), hint)
