"""Subcircuits as written (blocks) and their instances (frames), which give nodes, elements and models flat names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...errors import nearest
from ..netlist import GROUND, KINDS, Model, Place
from .places import Line, Unplaced, located, short
from .scopes import Scope, assignments, unquoted
from .words import Words

GROUND_NAMES = (GROUND, "gnd")


@dataclass
class Block:
    """The top of a text, or one `.subckt`: ports, default parameters, and the lines of its body sorted by purpose."""

    name: str
    place: Place
    outer: Block | None = None
    ports: tuple[str, ...] = ()
    defaults: list[tuple[str, str, Place]] = field(default_factory=list)
    parameters: list[tuple[str, str, Place]] = field(default_factory=list)
    models: dict[str, Line] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


@dataclass
class Frame:
    """One instance of a block. `path` is "" at the top, else "x1.x2."; `outer` is the frame its definition stands in."""

    block: Block
    path: str
    scope: Scope
    global_nodes: set[str]
    outer: Frame | None = None
    ports: dict[str, str] = field(default_factory=dict)
    chain: tuple[Block, ...] = ()

    def node(self, name: str) -> str:
        """Flat name of a node."""
        name = name.lower()
        if name in self.ports:
            return self.ports[name]
        if name in GROUND_NAMES:
            return GROUND
        return name if name in self.global_nodes else self.path + name

    def element(self, name: str) -> str:
        """Flat name of an element: "m2" of instance x1 and "m.x1.m2" as simulators write it are both "x1.m2"."""
        return self.path + flat_name(name.lower())

    def model(self, name: str, kinds: tuple[str, ...], models: Mapping[str, Model]) -> str:
        """Flat name of a model seen from here; Unplaced if there is none or it is of another kind."""
        name, frame, seen = name.lower(), self, list[str]()
        while name not in frame.block.models:
            seen += frame.block.models
            if frame.outer is None:
                raise Unplaced(f"there is no .model {short(name)}{nearest(name, seen)}")
            frame = frame.outer
        flat = frame.path + name
        if models[flat].kind not in kinds:
            raise Unplaced(f"the model {short(name)} is of type {models[flat].kind}, but {' or '.join(kinds)} is needed")
        return flat

    def definition(self, name: str) -> tuple[Block, Frame]:
        """The subcircuit of this name seen from here, and the frame it is defined in."""
        frame, seen = self, list[str]()
        while name not in frame.block.blocks:
            seen += frame.block.blocks
            if frame.outer is None:
                raise Unplaced(f"there is no .subckt {short(name)}{nearest(name, seen)}")
            frame = frame.outer
        return frame.block.blocks[name], frame


def flat_name(name: str) -> str:
    """ "m.x1.m2" to "x1.m2"; other names unchanged."""
    letter, _, rest = name.partition(".")
    parts = rest.split(".")
    mapped = letter in KINDS and len(parts) > 1 and parts[-1][:1] == letter and all(p[:1] == "x" for p in parts[:-1])
    return rest if mapped else name


def spice_name(name: str, kind: str) -> str:
    """The inverse of flat_name: "x1.m2" to "m.x1.m2", so that the letter comes first."""
    return f"{kind}.{name}" if "." in name and flat_name(f"{kind}.{name}") == name else name


def blocks_of(lines: Iterable[Line], name: str) -> tuple[Block, set[str]]:
    """Sort lines into the top block with its subcircuits, and the names of `.global` nodes."""
    top = block = Block("", Place(name, 1))
    global_nodes: set[str] = set()
    for line in lines:
        with located(line.place):
            word = line.text.split(None, 1)[0].lower()
            if word == ".subckt":
                block = _begin(line, block)
            elif word == ".ends":
                block = _end(line, block)
            elif word in (".param", ".params", ".parameters"):
                block.parameters += [(n, text, line.place) for n, text in assignments(line.text[len(word) :])]
            elif word == ".model":
                _add_model(line, block)
            elif word == ".global":
                global_nodes |= _global_nodes(line)
            else:
                block.lines.append(line)
    if block is not top:
        with located(block.place):
            raise Unplaced(f"the subcircuit {short(block.name)} has no .ends")
    return top, global_nodes


def _begin(line: Line, outer: Block) -> Block:
    """A new block from its `.subckt` line."""
    words = Words(line, Scope())
    words.take("a name")
    name = words.name("a name")
    if name in outer.blocks:
        raise Unplaced(f"the subcircuit {short(name)} is defined twice (first on {outer.blocks[name].place})")
    ports = tuple(_port(name, t.text.lower()) for t in words.positional())
    ports = tuple(p for p in ports if p not in ("params:", "param:"))
    if not ports:
        raise Unplaced(f"the subcircuit {short(name)} has no nodes")
    twice = next((p for i, p in enumerate(ports) if p in ports[:i]), None)
    if twice:
        raise Unplaced(f"the subcircuit {short(name)} has the node {short(twice)} twice")
    defaults = [(n, unquoted(t.text), line.place) for n, t in words.pairs().items()]
    outer.blocks[name] = Block(name, line.place, outer, ports, defaults)
    return outer.blocks[name]


def _port(block: str, name: str) -> str:
    if name == GROUND:
        raise Unplaced(f"the subcircuit {short(block)} has 0 among its nodes, which is ground everywhere; leave it out")
    return name


def _end(line: Line, block: Block) -> Block:
    names = line.text.split()[1:]
    if block.outer is None:
        raise Unplaced(".ends ends a subcircuit that no .subckt began")
    if names and [n.lower() for n in names] != [block.name]:
        raise Unplaced(f"this .ends is of {short(' '.join(names))}, but the open subcircuit is {short(block.name)}")
    return block.outer


def _add_model(line: Line, block: Block) -> None:
    words = Words(line, Scope())
    words.take(".model")
    name = words.name("a name")
    if name in block.models:
        raise Unplaced(f"the model {short(name)} is defined twice (first on {block.models[name].place})")
    block.models[name] = line


def _global_nodes(line: Line) -> set[str]:
    nodes = {n.lower() for n in line.text.split()[1:]}
    if not nodes:
        raise Unplaced(".global lacks node names")
    return nodes - set(GROUND_NAMES)
