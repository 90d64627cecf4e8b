"""The exponential function of float32 as glibc computes it, for libraries whose answers are made by it.

The exponential function of float64, rounded, differs from it in the last bit once in 2000 times.
"""

from __future__ import annotations

from .graph import Graph, complement

# The constants of glibc's sysdeps/ieee754/flt-32/e_expf.c and e_exp2f_data.c: exp(x) = 2^(k/32) 2^(r/32), k whole.
STEPS = 32
INVERSE_LN2 = float.fromhex("0x1.71547652b82fep+0")
CUBE, SQUARE, FIRST = (
    float.fromhex(text) for text in ("0x1.c6af84b912394p-5", "0x1.ebfce50fac4f3p-3", "0x1.62e42ff0c52d6p-1")
)
LARGEST = 88.7


def exponential(graph: Graph, tensor: str) -> str:
    """e to the power of a tensor of float32, as float32; for powers up to LARGEST."""

    def known(value: float) -> str:
        return graph.constant(value)

    scaled = graph.add("Mul", graph.cast(tensor, "float64"), known(INVERSE_LN2 * STEPS))
    whole = graph.add("Round", scaled)
    rest = graph.add("Sub", scaled, whole)
    power = graph.add("Pow", known(2.0), graph.add("Mul", whole, known(1 / STEPS)))
    high = graph.add("Add", graph.add("Mul", rest, known(CUBE / STEPS**3)), known(SQUARE / STEPS**2))
    low = graph.add("Add", graph.add("Mul", rest, known(FIRST / STEPS)), known(1.0))
    both = graph.add("Add", graph.add("Mul", high, graph.add("Mul", rest, rest)), low)
    return graph.cast(graph.add("Mul", both, power), "float32")


def sigmoid(graph: Graph, margins: str) -> str:
    """XGBoost's: 1 / (1 + e^-x)."""
    turned = graph.add("Min", graph.add("Neg", margins), graph.constant(LARGEST, "float32"))
    one = graph.constant(1.0, "float32")
    return graph.add("Div", one, graph.add("Add", exponential(graph, turned), one))


def pair(graph: Graph, margins: str) -> str:
    """Both classes' probabilities."""
    return complement(graph, sigmoid(graph, margins), "float32")


def softmax(graph: Graph, margins: str) -> str:
    """XGBoost's: it adds in float64 and divides in float32."""
    axis = graph.constant([1], "int64")
    powers = exponential(graph, graph.add("Sub", margins, graph.add("ReduceMax", margins, axis, keepdims=1)))
    total = graph.add("ReduceSum", graph.cast(powers, "float64"), axis, keepdims=1)
    return graph.add("Div", powers, graph.cast(total, "float32"))
