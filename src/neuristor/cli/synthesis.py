"""`neuristor synthesize NETWORK | layer NAME=VALUE ...`: the cells that digital neurons take, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..digital.shift_stdp import PlasticLayer
from .digital_words import ALONE, hardware_layers, read_layer, read_options
from .measure import read_list
from .screen import Screen

if TYPE_CHECKING:
    from ..digital.synthesis import Resources

LINKS = "queues, control, counts"  # the part that joins the layers of a network
Part = tuple[str, Callable[[str], "Resources"]]  # what a row is called, and its cells for a target


def run_synthesize(subject: str, words: Sequence[str], screen: Screen, *, target: str) -> None:
    """Read the words, count the cells of every part for every target, show tables."""
    from ..digital.synthesis import TARGETS, check_target, yosys_version

    targets = list(dict.fromkeys(read_list(target, "--target")))
    for name in targets:
        check_target(name)
    yosys_version()
    what, parts = layer_parts(words) if subject == ALONE else network_parts(subject, words)
    found: dict[str, list[Resources]] = {name: [] for name in targets}
    with screen.progress(f"synthesizing {what}") as tell:
        for k, name in enumerate(targets):
            for n, (_, count) in enumerate(parts, 1):
                found[name].append(count(name))
                tell((k + n / len(parts)) / len(targets))
    rows = {name: named_rows(parts, counted) for name, counted in found.items()}
    tool = found[targets[0]][0].tool
    screen.json({"design": what, "targets": rows, "tool": tool})
    if not screen.as_json:
        for name, told in rows.items():
            show_table(screen, f"{what}: {TARGETS[name].title}", told)
        print(f"Counted by {tool} after mapping; nothing is placed or routed.")


def network_parts(network: str, words: Sequence[str]) -> tuple[str, list[Part]]:
    """The layers of a network, and what joins them."""
    from ..digital.synthesis import synthesize, synthesize_links

    layers = hardware_layers(network, read_options(words))
    parts = [
        (f"layer {k}: {layer.inputs} to {layer.neurons}", bound(synthesize, layer)) for k, layer in enumerate(layers, 1)
    ]
    return network, [*parts, (LINKS, bound(synthesize_links, layers))]


def layer_parts(words: Sequence[str]) -> tuple[str, list[Part]]:
    """A layer of random weights by its words; without and with learning if they ask for it."""
    from ..digital.synthesis import synthesize

    design = read_layer(words)
    learns = isinstance(design, PlasticLayer)
    layer = design.layer if isinstance(design, PlasticLayer) else design
    parts = [("without learning" if learns else "layer", bound(synthesize, layer))]
    what = f"{layer.inputs} to {layer.neurons}, weights of {layer.weight_bits} bits"
    return what, [*parts, ("with STDP", bound(synthesize, design))] if learns else parts


def bound(count: Callable[[Any, str], Resources], design: Any) -> Callable[[str], Resources]:
    """What counts the cells of a design for a target."""
    return lambda target: count(design, target)


def named_rows(parts: Sequence[Part], found: Sequence[Resources]) -> list[dict[str, Any]]:
    """Every part's cells; of a network also their sum."""
    rows: list[dict[str, Any]] = [
        {"part": title, "counts": dict(part.counts), "cells": sum(part.cells.values()), "memory_bits": part.memory_bits}
        for (title, _), part in zip(parts, found, strict=True)
    ]
    if parts[-1][0] == LINKS:
        counts = {name: sum(row["counts"][name] for row in rows) for name in rows[0]["counts"]}
        whole = {name: sum(row[name] for row in rows) for name in ("cells", "memory_bits")}
        rows.append({"part": "network", "counts": counts, **whole})
    return rows


def show_table(screen: Screen, title: str, rows: Sequence[dict[str, Any]]) -> None:
    """A row for each part."""
    kinds = list(rows[0]["counts"])
    columns = ["part", *(name.replace("_", " ") for name in kinds), "all cells", "memory bits"]
    texts = [
        [row["part"], *(str(row["counts"][name]) for name in kinds), str(row["cells"]), str(row["memory_bits"])]
        for row in rows
    ]
    screen.table(title, columns, texts)
