"""The places of a file's inputs and outputs, as interpreters count them, by the names of its signature."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema


def ports_of(content: bytes) -> tuple[dict[str, int], dict[str, int]]:
    """Inputs and outputs: name -> place."""
    model = schema.Model.GetRootAsModel(content, 0)
    graph, entry = model.Subgraphs(0), model.SignatureDefs(0)
    given, found = list(graph.InputsAsNumpy()), list(graph.OutputsAsNumpy())
    inputs = (entry.Inputs(number) for number in range(entry.InputsLength()))
    outputs = (entry.Outputs(number) for number in range(entry.OutputsLength()))
    return (
        {port.Name().decode(): given.index(port.TensorIndex()) for port in inputs},
        {port.Name().decode(): found.index(port.TensorIndex()) for port in outputs},
    )
