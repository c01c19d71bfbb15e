"""What a .tflite file is made of: its operations, counted, without running it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ai_edge_litert import schema_py_generated as schema

from nnspec.export.tflite.flatbuffer import STATE_INPUTS

NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


@dataclass(frozen=True, slots=True)
class Contents:
    """Operations by name over all subgraphs; `Flex...` and other custom operations under their own names."""

    ops: dict[str, int]
    flex_ops: int
    custom_ops: int
    fused_rnn_ops: int

    def foreign(self) -> list[str]:
        """What a runtime does not have by itself."""
        flex = [name for name in self.ops if name.startswith("Flex")] if self.flex_ops else []
        found = [f"needs Flex for {', '.join(flex)}"] if flex else []
        return [*found, f"holds {self.custom_ops} custom operations"] if self.custom_ops else found


def contents_of(content: bytes) -> Contents:
    """Counts the operations of a .tflite file, loop bodies included; custom operations other than Flex count apart."""
    model = schema.Model.GetRootAsModel(content, 0)
    codes = [model.OperatorCodes(index) for index in range(model.OperatorCodesLength())]
    counts: Counter[tuple[int, str]] = Counter()
    for number in range(model.SubgraphsLength()):
        graph = model.Subgraphs(number)
        for index in range(graph.OperatorsLength()):
            entry = codes[graph.Operators(index).OpcodeIndex()]
            code = max(entry.BuiltinCode(), entry.DeprecatedBuiltinCode())
            custom = code == schema.BuiltinOperator.CUSTOM
            counts[code, entry.CustomCode().decode() if custom else NAMES[code]] += 1
    custom = {name: n for (code, name), n in counts.items() if code == schema.BuiltinOperator.CUSTOM}
    flex = sum(n for name, n in custom.items() if name.startswith("Flex"))
    return Contents(
        ops={name: n for (_, name), n in counts.most_common()},
        flex_ops=flex,
        custom_ops=sum(custom.values()) - flex,
        fused_rnn_ops=sum(n for (code, _), n in counts.items() if code in STATE_INPUTS),
    )
