"""Nodes: operators over images, as expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal

from pixelflume._custom import CustomOperator, custom_operator
from pixelflume._native import Graph, Operator, PipelineError
from pixelflume._operators import Operators

DecodeTuple = tuple[str, str, bool, list[int] | None]
"""How files are decoded: `exif`, `color`, `allow_truncated` and `crop`."""

PER_IMAGE: Final[Literal["input"]] = "input"
"""The value of a parameter that a call gives for each image, by `parameters=`."""


class Node(Operators):
    """An image that a pipeline computes, or one of its inputs.

    Nodes are immutable. Each method adds an operator and gives the node of its result;
    `pixelflume.Pipeline.of` makes a pipeline of nodes. A node that is used twice is
    computed once.

    Example:
        >>> import pixelflume as pf
        >>> before, after = pf.input("before"), pf.input("after")
        >>> difference = before.abs_diff(after)
        >>> p = pf.Pipeline.of(difference=difference, smooth=difference.gaussian_blur(5))
        >>> p.inputs, p.outputs
        (('before', 'after'), ('difference', 'smooth'))
    """

    __slots__ = ("_name", "_operator", "_sources")

    _operator: Operator | None
    _sources: tuple[Node, ...]
    _name: str | None

    @property
    def name(self) -> str | None:
        """The name that the node was given, or that of the input; else `None`."""
        return self._name

    @property
    def kind(self) -> str:
        """The name of the operator in pipeline files; `"input"` for an input."""
        return "input" if self._operator is None else self._operator.kind

    def _then(
        self,
        kind: str,
        others: tuple[Operators, ...],
        parameters: Mapping[str, object],
        name: str | None,
    ) -> Node:
        operator = Operator(kind, dict(parameters))
        return node(operator, (self, *(only_node(other) for other in others)), name)

    def custom(
        self,
        function: Callable[..., object] | CustomOperator,
        *others: Operators,
        name: str | None = None,
        **options: Any,
    ) -> Node:
        """Adds a custom operator: a function over arrays, or a `CustomOperator`.

        The options are those of `pixelflume.custom`; `others` are further images.
        """
        custom = custom_operator(function, 1 + len(others), options)
        sources = (self, *(only_node(other) for other in others))
        return node(Operator.of_custom(custom), sources, name)

    def _only_node(self) -> Node:
        return self

    def __repr__(self) -> str:
        if self._operator is None:
            return f"pixelflume.input({self._name!r})"
        return f"<pixelflume.Node {self._name or self.kind}: {self.kind}>"


def node(
    operator: Operator | None, sources: tuple[Node, ...], name: str | None
) -> Node:
    """Makes a node; without an operator it is an input."""
    if operator is not None and operator.inputs != len(sources):
        raise PipelineError(
            f"{operator.kind}: it reads {operator.inputs} image(s), not {len(sources)}; "
            "pass the others as arguments"
        )
    made = Node()
    made._operator = operator
    made._sources = sources
    made._name = name
    return made


def input(name: str = "input", /) -> Node:
    """An input of a pipeline: images that each call gives.

    Inputs of one name are one input. A call passes the images of several inputs by
    their names.

    Example:
        >>> import pixelflume as pf
        >>> photo = pf.input("photo")
        >>> pf.Pipeline.of(edges=photo.sobel()).inputs
        ('photo',)
    """
    return node(None, (), name)


def only_node(value: object) -> Node:
    """The node of an operand: a node, or the one output of a pipeline."""
    find = getattr(value, "_only_node", None)
    if find is None:
        raise PipelineError(
            "the other image of an operator is a node or a pipeline, not "
            f"{type(value).__name__}; images are given when the pipeline is called"
        )
    return find()


def graph_of(
    outputs: Iterable[tuple[str | None, Node]],
    name: str,
    fusion: bool,
    decode: DecodeTuple | None,
) -> Graph:
    """The checked graph of these outputs, each with the name that it must have."""
    outputs = tuple(outputs)
    if all(node._operator is None for _, node in outputs):
        raise PipelineError(
            f"the pipeline {name!r} has no operators yet; add one, for example by "
            ".resize(224)"
        )
    names = _names(outputs)
    inputs: dict[str, None] = {}
    nodes: list[tuple[str, Operator, list[str]]] = []
    for each in _ordered(node for _, node in outputs):
        if each._operator is None:
            inputs[names[each]] = None
        else:
            sources = [names[source] for source in each._sources]
            nodes.append((names[each], each._operator, sources))
    output_names = [names[each] for _, each in outputs]
    return Graph(name, list(inputs), nodes, output_names, fusion, decode)


def nodes_of(graph: Graph) -> dict[str, Node]:
    """The inputs and nodes of a graph, by name."""
    nodes = {name: input(name) for name in graph.inputs}
    for name, operator, sources in graph.nodes:
        nodes[name] = node(operator, tuple(nodes[source] for source in sources), name)
    return nodes


def _ordered(outputs: Iterable[Node]) -> list[Node]:
    """The nodes on which the outputs depend, each once, after those that it reads."""
    done: dict[Node, None] = {}
    # A node is met twice: before its sources, and behind them.
    open_nodes = [(node, False) for node in reversed(tuple(outputs))]
    while open_nodes:
        node, behind_sources = open_nodes.pop()
        if node in done:
            continue
        if behind_sources:
            done[node] = None
            continue
        open_nodes.append((node, True))
        open_nodes.extend((source, False) for source in reversed(node._sources))
    return list(done)


def _names(outputs: tuple[tuple[str | None, Node], ...]) -> dict[Node, str]:
    """A name for each node: its own, or else its kind, with a number where it is taken."""
    names: dict[Node, str] = {}
    for name, node in outputs:
        if name is None:
            continue
        if node in names:
            raise PipelineError(
                f"the outputs {names[node]!r} and {name!r} are one node; an output has "
                "one name, so leave one of the two out"
            )
        if node._operator is None:
            raise PipelineError(
                f"the output {name!r} is an input; outputs are results of operators"
            )
        names[node] = name
    ordered = _ordered(node for _, node in outputs)
    for node in ordered:
        if node not in names and node._name is not None:
            names[node] = node._name
    taken = set(names.values())
    for node in ordered:
        if node not in names:
            name, number = node.kind, 1
            while name in taken:
                number += 1
                name = f"{node.kind}_{number}"
            names[node] = name
            taken.add(name)
    return names
