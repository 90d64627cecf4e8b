"""An ONNX graph that grows node by node, and becomes the same bytes whenever it is grown alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any  # what onnx takes and gives are protobuf messages, which no type describes

import numpy as np
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

ROWS = "rows"
REFUSED = "refused"
OPSETS = (("", 18), ("ai.onnx.ml", 5))
IR_VERSION = 9
TYPES: Mapping[str, int] = {
    "float64": TensorProto.DOUBLE,
    "float32": TensorProto.FLOAT,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
}
BOOLEANS = ("And", "Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "Not", "Or")
RESULTS: Mapping[str, int] = {"ArgMax": TensorProto.INT64, **dict.fromkeys(BOOLEANS, TensorProto.BOOL)}
"""What operators give that do not give the type of what they are given."""


class Graph:
    """Takes a matrix of float64, `rows`, a row of the model's columns each; a tensor is known by its name."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._nodes: list[Any] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], Any] = {}
        self._refusals: list[str] = []
        self._types: dict[str, Any] = {ROWS: TensorProto.DOUBLE}

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """The tensor that an operator makes of others."""
        name = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(op, list(inputs), [name], domain=domain, **attributes))
        self._types[name] = RESULTS.get(op) or attributes.get("to") or self._types[inputs[op == "Where"]]
        return name

    def ranked(self, tensor: str, count: int) -> tuple[str, str]:
        """The least numbers of each row, rising, and their places; of equal ones the first place first."""
        name, places = f"t{len(self._nodes)}", f"t{len(self._nodes)}_places"
        inputs = [tensor, self.constant([count], "int64")]
        self._nodes.append(helper.make_node("TopK", inputs, [name, places], axis=1, largest=0))
        self._types |= {name: self._types[tensor], places: TensorProto.INT64}
        return name, places

    def constant(self, values: ArrayLike, dtype: str = "float64") -> str:
        array = np.asarray(values, dtype=dtype)
        key = (dtype, array.shape, array.tobytes())
        if key not in self._constants:
            made = self._constants[key] = numpy_helper.from_array(array, f"c{len(self._constants)}")
            self._types[made.name] = TYPES[dtype]
        return str(self._constants[key].name)

    def cast(self, tensor: str, dtype: str) -> str:
        return self.add("Cast", tensor, to=TYPES[dtype])

    def dtype(self, tensor: str) -> str:
        """The name of a tensor's type."""
        return next(name for name, number in TYPES.items() if number == self._types[tensor])

    def through(self, tensor: str, dtype: str) -> str:
        """A tensor of float64 rounded to what `dtype` can hold."""
        return tensor if dtype == "float64" else self.cast(self.cast(tensor, dtype), "float64")

    def refuse(self, flags: str) -> None:
        """The model does not take the rows if one of these booleans is true."""
        self._refusals.append(self.add("ReduceMax", self.cast(flags, "float64"), keepdims=0))

    def refuse_all_but_finite(self, tensor: str) -> None:
        """The model does not take rows that lead to NaN or infinity here."""
        # zero times a number is zero, unless the number is not finite: then it is NaN
        zeros = self.add("Mul", tensor, self.constant(0.0))
        self._refusals.append(self.add("ReduceSum", zeros, keepdims=0))

    def model(self, answers: Mapping[str, str], metadata: Mapping[str, str]) -> bytes:
        """The file: one output for each answer, by its name, and `refused` where rows can be refused."""
        outputs = self._distinct(dict(answers) | self._refused())
        nodes = _needed(self._nodes, outputs.values())
        for node in nodes:
            names = {tensor: name for name, tensor in outputs.items()}
            node.input[:], node.output[:] = (
                [names.get(one, one) for one in ones] for ones in (node.input, node.output)
            )
        used = {name for node in nodes for name in node.input}
        graph = helper.make_graph(
            nodes,
            "model",
            [helper.make_tensor_value_info(ROWS, TensorProto.DOUBLE, ["n", self._columns])],
            [helper.make_tensor_value_info(name, self._types[tensor], None) for name, tensor in outputs.items()],
            [constant for constant in self._constants.values() if constant.name in used],
        )
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="")
        helper.set_model_props(model, dict(sorted(metadata.items())))
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def _refused(self) -> dict[str, str]:
        if not self._refusals:
            return {}
        return {REFUSED: reduce(lambda one, other: self.add("Add", one, other), self._refusals)}

    def _distinct(self, outputs: Mapping[str, str]) -> dict[str, str]:
        """Outputs with a node of its own for each, which bears its name."""
        made: dict[str, str] = {}
        for name, tensor in outputs.items():
            plain = tensor == ROWS or tensor in made.values()
            made[name] = self.add("Identity", tensor) if plain else tensor
        return made


def _needed(nodes: Sequence[Any], outputs: Iterable[str]) -> list[Any]:
    """The nodes that lead to one of the outputs."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted & {*node.output}:
            wanted |= {*node.input}
            kept.append(node)
    return kept[::-1]


def softmax(graph: Graph, scores: str) -> str:
    return graph.add("Softmax", scores, axis=1)


def complement(graph: Graph, probability: str, dtype: str = "float64") -> str:
    """Both classes' probabilities, of the second's in a column of its own."""
    return graph.add("Concat", graph.add("Sub", graph.constant(1, dtype), probability), probability, axis=1)


def largest(graph: Graph, scores: str) -> str:
    """The position of each row's largest number, the first of several."""
    return graph.add("ArgMax", scores, axis=1, keepdims=0)


def flat(graph: Graph, column: str) -> str:
    """A single column as a vector."""
    return graph.add("Squeeze", column, graph.constant([1], "int64"))


def above(graph: Graph, scores: str, limit: float = 0.0, *, op: str = "Greater", dtype: str = "float64") -> str:
    """1 where a number of a vector is above the limit, else 0."""
    return graph.cast(graph.add(op, scores, graph.constant(limit, dtype)), "int64")


def ordered_sum(graph: Graph, tensor: str, axis: int, length: int) -> str:
    """The sum over an axis, added in its order: so that it is the same number to the last bit."""
    sums = graph.add("CumSum", tensor, graph.constant(axis, "int64"))
    return graph.add("Gather", sums, graph.constant(length - 1, "int64"), axis=axis)
