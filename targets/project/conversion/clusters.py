"""scikit-learn's k-means, as what it tells the next step: how far a row is from each centre."""

from __future__ import annotations

from .fitted import Fitted
from .graph import Graph
from .tables import Table, finite, numbered
from .vectors import squares


def distances(graph: Graph, model: Fitted, table: Table) -> Table:
    away = squares(graph, finite(graph, table).tensor, model.cluster_centers_)
    return Table(tensor=graph.add("Sqrt", away), columns=numbered(len(model.cluster_centers_)))
