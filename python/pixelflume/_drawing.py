"""The text that shows a pipeline: its nodes, what they read, and their launches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixelflume._native import Graph, Operator

MOST_NODES = 100
"""The most nodes that a drawing has."""


def draw(graph: Graph, plan: Mapping[str, Any] | None = None) -> str:
    """Draws a graph: a line for each input and node.

    With a plan (`Pipeline.inspect` with shapes) the lines have shapes, and the number of
    the launch: nodes of one number are fused.
    """
    outputs = set(graph.outputs)
    launches = _launches(graph, plan)
    shapes = _shapes(plan)
    rows = [(name, "(input)", shapes.get(name, ""), "") for name in graph.inputs]
    for name, operator, sources in graph.nodes[:MOST_NODES]:
        rows.append(
            (
                name,
                _expression(operator, sources),
                shapes.get(name, ""),
                " ".join(
                    filter(
                        None,
                        (
                            launches.get(name, ""),
                            "-> output" if name in outputs else "",
                        ),
                    )
                ),
            )
        )
    names = max(len(row[0]) for row in rows)
    expressions = max(len(row[1]) for row in rows)
    widest = max(len(row[2]) for row in rows)
    lines = [f"Pipeline {graph.name!r}"]
    for name, expression, shape, rest in rows:
        line = f"  {name:<{names}} = {expression:<{expressions}}"
        line += f"  {shape:<{widest}}  {rest}" if plan else f"  {rest}"
        lines.append(line.rstrip())
    more = len(graph.nodes) - MOST_NODES
    if more > 0:
        lines.append(f"  ... and {more} more nodes")
    return "\n".join(lines)


def _expression(operator: Operator, sources: list[str]) -> str:
    given = [f"{name}={value!r}" for name, value in operator.given.items()]
    return f"{operator.kind}({', '.join([*sources, *given])})"


def _shapes(plan: Mapping[str, Any] | None) -> dict[str, str]:
    if plan is None:
        return {}
    shapes: dict[str, str] = {}
    for each in [*plan["inputs"], *plan["nodes"]]:
        shape = each["shape"]
        size = (shape["height"], shape["width"], shape["channels"])
        if shape["layout"] == "planar":
            size = (size[2], size[0], size[1])
        shapes[each["name"]] = f"{' x '.join(map(str, size))} {shape['sample']}"
    return shapes


def _launches(graph: Graph, plan: Mapping[str, Any] | None) -> dict[str, str]:
    """The number of the launch of each node."""
    if plan is None:
        return {}
    last_of = {
        name: chain["nodes"][-1]
        for chain in plan["fusion"]["runs"]
        for name in chain["nodes"]
    }
    numbers: dict[str, int] = {}
    launches: dict[str, str] = {}
    for name, _, _ in graph.nodes:
        last = last_of.get(name, name)
        number = numbers.setdefault(last, len(numbers) + 1)
        launches[name] = f"launch {number}"
    return launches
