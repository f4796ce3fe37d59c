"""NIR graphs, the neuromorphic intermediate representation, to networks and back.

Pedersen et al., "Neuromorphic intermediate representation", Nature Communications 15:8122 (2024); https://neuroir.org.
A spiking node (IF, LIF, CubaLIF) stands for max(0, x), its rate for a constant input without leak; which neuron
computes it is chosen when the network is put on an array. So a ReLU is written as an IF with r = v_threshold = 1, whose
rate is exactly max(0, x).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .assembly import Assembly
from .layers import AvgPool2d, Conv2d, Dense, Flatten, Layer, Shape, SumPool2d, ungrouped
from .network import Network

SPIKING = ("IF", "LIF", "CubaLIF")
LEAKY = ("I", "LI", "CubaLI")  # read-outs: their potential follows the input
NODES_READ = ("Affine", "Linear", "Conv2d", "AvgPool2d", "SumPool2d", "Flatten", "Scale", *SPIKING, *LEAKY)


def nir_or_error(what: str) -> Any:
    try:
        import nir
    except ImportError:
        raise InputError(f"{what} needs the package nir (the extra neuristor[networks])") from None
    return nir


def read_nir(path: Path, *, input_shape: Sequence[int] | None = None, name: str = "") -> Network:
    """The network of a .nir file; InputError, one sentence, where it cannot be read."""
    graph = read_graph(path)
    try:
        return from_nir(graph, input_shape=input_shape, name=name)
    except InputError as why:
        raise InputError(f"{path}: {why}") from None


def read_graph(path: Path) -> Any:
    """The nir.NIRGraph of a file; InputError where it holds none."""
    nir = nir_or_error(f"reading {path}")
    try:
        return nir.read(path, type_check=False)
    except Exception as why:  # h5py and nir raise what they happen to meet
        raise InputError(f"{path} cannot be read as a NIR graph ({why})") from None


def from_nir(graph: Any, *, input_shape: Sequence[int] | None = None, name: str = "") -> Network:
    """A graph whose nodes stand in a row, nested graphs included; InputError names a node that is not known."""
    made = Assembly()
    shape = take_all(graph, lambda label, node, kind: add(made, label, node, kind))
    return made.network(shape if input_shape is None else input_shape, name)


def take_all(graph: Any, take: Callable[[str, Any, str], None]) -> Shape | None:
    """Hand the nodes over in a row, by name and kind; the shape of the input, if the graph says it."""
    shape = None
    for label, node in in_a_row(graph, ""):
        kind = type(node).__name__
        if kind == "Input":
            shape = stored_shape(node)
            continue
        try:
            take(label, node, kind)
        except InputError as why:
            raise InputError(f"node {label!r} ({kind}): {why}") from None
    return shape


def stored_shape(node: Any) -> Shape | None:
    given = node.input_type["input"]
    return None if given is None else tuple(int(n) for n in np.ravel(given))


def in_a_row(graph: Any, prefix: str) -> list[tuple[str, Any]]:
    """Nodes from the input to the output; those of a nested graph in its place, without its ends."""
    behind: dict[str, list[str]] = defaultdict(list)
    for source, target in graph.edges:
        behind[source].append(target)
    fed = Counter(target for targets in behind.values() for target in targets)
    for label in graph.nodes:
        if len(behind[label]) > 1 or fed[label] > 1:
            raise InputError(
                f"node {prefix + label!r} has more than one neighbour on a side: branches and feedback are not read"
            )
    starts = [label for label in graph.nodes if not fed[label]]
    if len(starts) != 1:
        raise InputError(f"the graph begins at {', '.join(map(repr, starts)) or 'no node'}: one beginning is needed")
    row: list[tuple[str, Any]] = []
    ahead = starts
    while ahead:
        here = ahead[0]
        if here not in graph.nodes:
            raise InputError(f"an edge leads to {prefix + here!r}, which the graph does not hold")
        kind = type(graph.nodes[here]).__name__
        if kind == "NIRGraph":
            row += in_a_row(graph.nodes[here], f"{prefix}{here}.")
        elif kind != "Output" and not (kind == "Input" and prefix):
            row.append((prefix + here, graph.nodes[here]))
        ahead = behind[here]
    return row


def add(made: Assembly, label: str, node: Any, kind: str) -> None:
    """One node into the network."""
    if (layer := layer_from(node, label)) is not None:
        made.add(layer)
    elif kind == "Scale":
        made.scale(np.asarray(node.scale, float), 0.0, "the scale")
        made.notes.append(f"{label}: Scale folded into the layer before it")
    elif kind in SPIKING:
        made.relu(label)
        differ = any(np.ptp(p) > 0 for p in (node.r, node.v_threshold))
        made.notes.append(
            f"{label}: {kind} read as max(0, x), its time constants and thresholds left out"
            + " although they differ between neurons" * differ
        )
    elif kind in LEAKY:
        made.notes.append(f"{label}: {kind} read as its input, its time constants left out")
    else:
        raise InputError(f"a node of this kind cannot be read; {', '.join(NODES_READ)} can")


def layer_from(node: Any, label: str) -> Layer | None:
    """The layer that a node is; None for one that is no layer without a state."""
    kind = type(node).__name__
    if kind in ("Affine", "Linear"):
        weight = np.asarray(node.weight)
        if weight.ndim != 2:
            raise InputError(f"its weight has {weight.ndim} axes, two can be read")
        return Dense(weight.T, getattr(node, "bias", None), name=label)
    if kind == "Conv2d":
        kernel = ungrouped(np.asarray(node.weight), int(node.groups))
        return Conv2d(kernel, node.bias, node.stride, node.padding, dilation=node.dilation, name=label)
    if kind in ("AvgPool2d", "SumPool2d"):
        pool = AvgPool2d if kind == "AvgPool2d" else SumPool2d
        return pool(node.kernel_size, node.stride, node.padding, label)
    if kind != "Flatten":
        return None
    if int(node.start_dim) not in (0, 1) or int(node.end_dim) not in (-1, np.size(node.input_type["input"]) - 1):
        raise InputError(f"it flattens axes {node.start_dim} to {node.end_dim} only; all of them (0 to -1) can be read")
    return Flatten(label)


def to_nir(network: Network) -> Any:
    """The network as a nir.NIRGraph; InputError for a layer that NIR does not have (MaxPool2d)."""
    nir = nir_or_error("writing a NIR graph")
    nodes: dict[str, Any] = {"input": nir.Input(np.array(network.input_shape))}
    for k, (layer, before, after) in enumerate(zip(network.layers, network.shapes, network.shapes[1:], strict=False)):
        label = free_label(layer, k, nodes)
        if layer.kind != "ReLU":
            nodes[label] = node_of(nir, layer, before, network.label(k))
        if layer.kind == "ReLU" or layer.activation == "relu":
            nodes[label if layer.kind == "ReLU" else f"{label}_relu"] = nir.IF(r=np.ones(after), v_threshold=np.ones(after))
    nodes["output"] = nir.Output(np.array(network.output_shape))
    return row_of(nir, nodes)


def free_label(stage: Any, k: int, nodes: dict[str, Any]) -> str:
    """A node's name: the stage's own where no other node has it, else kind and place."""
    taken = {*nodes, "output"}
    label = f"{stage.kind.lower()}_{k}" if not stage.name or stage.name in taken else stage.name
    while label in taken:
        label += "_"
    return label


def row_of(nir: Any, nodes: dict[str, Any]) -> Any:
    """The graph whose nodes stand in a row, in this order."""
    names = list(nodes)
    return nir.NIRGraph(nodes, list(zip(names, names[1:], strict=False)))


def node_of(nir: Any, layer: Layer, shape: Shape, label: str) -> Any:
    if isinstance(layer, Dense):
        return nir.Affine(weight=layer.weights.T.copy(), bias=np.array(layer.bias))
    if isinstance(layer, Conv2d):
        if any(a != b for a, b in layer.padding):
            raise InputError(f"{label}: NIR has no padding that differs between two sides")
        sides = tuple(a for a, _ in layer.padding)
        return nir.Conv2d(shape[1:], np.array(layer.kernel), layer.stride, sides, layer.dilation, 1, np.array(layer.bias))
    if isinstance(layer, AvgPool2d | SumPool2d):
        pool = nir.AvgPool2d if isinstance(layer, AvgPool2d) else nir.SumPool2d
        return pool(np.array(layer.size), np.array(layer.stride), np.array(layer.padding))
    if isinstance(layer, Flatten):
        return nir.Flatten(np.array(shape), 0, -1)
    raise InputError(f"{label}: NIR has no {layer.kind}")
