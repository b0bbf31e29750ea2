"""The graph of a loss: every number that the lesson's Values would be."""

from dataclasses import dataclass

import numpy as np

from glassgpt.errors import invalid
from glassgpt.kernel.bindings.arguments import Floats, Ints, address
from glassgpt.kernel.bindings.library import constants
from glassgpt.kernel.bindings.model import Kernel

WITH_GRAPH = (1, 2)
"""The steps whose model has one here: Step 2's network, which Step 1 has, too."""


@dataclass(frozen=True)
class Graph:
    """A row a node, children before what is made of them and the loss last.

    `made`, `part`, `pair` and `place` say what a node is, in the header's numbers;
    children (size, 2) are rows, -1 for none; slopes (size, 2) are how the node moves
    with each of them.
    """

    made: Ints
    part: Ints
    pair: Ints
    place: Ints
    children: Ints
    data: Floats
    grad: Floats
    slopes: Floats


def loss_graph(kernel: Kernel, document: object) -> Graph:
    """The graph of a document's loss. Raises UsageError for a step that has none here,
    and for a document whose graph is too large."""
    if kernel.model.step not in WITH_GRAPH:
        why = "its graph is not drawn"
        raise invalid("step", kernel.model.step, why, "Take 1 or 2.")
    read = kernel.cut(document)
    given = (kernel.g, address(read), len(read) - 1)
    size = int(kernel.call.loss_graph_size(*given))
    if not size:
        raise invalid("document", f"{len(read)} tokens", "its graph is too large")
    about = np.empty((size, constants()["GRAPH_ABOUT"]), np.int32)
    numbers = np.empty((size, constants()["GRAPH_NUMBERS"]))
    kernel.call.loss_graph(*given, address(about), address(numbers))
    return Graph(
        made=about[:, 0],
        part=about[:, 1],
        pair=about[:, 2],
        place=about[:, 3],
        children=about[:, 4:],
        data=numbers[:, 0],
        grad=numbers[:, 1],
        slopes=numbers[:, 2:],
    )
