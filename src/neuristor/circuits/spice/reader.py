"""SPICE text to a flat netlist."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError, nearest
from ..netlist import GROUND, Netlist, Place
from .cards import CARDS, IN_SUBCIRCUITS, REFUSED, read_card
from .draft import Draft
from .elements import read_element
from .expressions import read_number
from .frames import GROUND_NAMES, Block, Frame, blocks_of
from .lexer import Loader, decoded, load
from .models import read_model
from .places import Line, Unplaced, located, short
from .scopes import Scope
from .words import Token, Words

DEEPEST = 40  # levels of subcircuits
MOST_INSTANCES = 200_000


def read_spice(path: str | Path) -> Netlist:
    """The circuit of a SPICE file with all it includes.

    Numbers are SI, names lower case; "x1.m2" is element m2 of instance x1. Raises InputError with one sentence,
    "file.cir:12: ...", for anything that is wrong or not read; nothing is ignored.
    """
    path = Path(path).expanduser()
    try:
        text = load(path, str(path))
    except Unplaced as error:
        raise InputError(str(error)) from None
    loader = Loader(open=[(path.resolve(), "")])
    return _read(text, path.name, path.parent, loader)


def parse_spice(text: str | bytes, name: str = "<text>", folder: str | Path | None = None) -> Netlist:
    """The circuit of a SPICE text, whose first line is its title.

    name    stands for the file in messages
    folder  where relative names of included files start (None: the current folder)
    Raises InputError as read_spice does.
    """
    if isinstance(text, bytes):
        text = decoded(text, name)
    return _read(text, name, Path(folder or "."), Loader())


def _read(text: str, name: str, folder: Path, loader: Loader) -> Netlist:
    title, lines = loader.lines(text, name, folder, title=True)
    _check_title(title, lines, Place(name, 1), text)
    top, global_nodes = blocks_of(loader.expanded(lines, top=True), name)
    draft = Draft(title)
    _expand(Frame(top, "", Scope(), global_nodes), draft)
    return draft.finished()


def _check_title(title: str, lines: list[Line], place: Place, text: str) -> None:
    """Refuse an empty text, and a first line that looks like a card, which SPICE would drop as the title."""
    with located(place):
        if not lines:
            raise Unplaced("the text is empty" if not title else "nothing follows the title, which is the first line")
        words = title.lower().split()
        if text.lstrip("\ufeff").startswith("*") or not words:
            return
        card = words[0] in CARDS or words[0] in (".subckt", ".param", ".model", ".include", ".lib", ".end", ".global")
        if card or _looks_like_element(words):
            raise Unplaced(f"the first line is the title, but {short(title)} looks like a card: put a title line before it")


def _looks_like_element(words: list[str]) -> bool:
    """Whether a title such as "r1 a 0 1k" must be an element."""
    if len(words) < 4 or not any(c.isdigit() for c in words[0]):
        return False
    if words[0][0] == "m":
        return any(w.startswith("w=") for w in words)
    if words[0][0] in "vi" and words[3].split("(")[0] in ("dc", "ac", "pulse", "sin", "exp", "pwl"):
        return True
    return words[0][0] in "rclvi" and len(words) == 4 and words[3][0] in "0123456789." and _is_number(words[3])


def _is_number(text: str) -> bool:
    try:
        return read_number(text) is not None
    except Unplaced:
        return False


def _expand(frame: Frame, draft: Draft) -> None:
    """Add the elements, models and cards of one instance (or of the top) to the draft, subcircuits included."""
    block = frame.block
    for name, text, place in block.parameters:
        with located(place, frame.path):
            frame.scope.define(name, text, place)
    frame.scope.resolve_all()
    for line in block.models.values():
        with located(line.place, frame.path):
            model = read_model(line, frame)
            if model.name in draft.models:
                raise Unplaced(f"there are two models named {short(model.name)}")
            draft.models[model.name] = model
    for line in block.lines:
        with located(line.place, frame.path):
            _read_line(line, frame, draft)


def _read_line(line: Line, frame: Frame, draft: Draft) -> None:
    word = line.text.split(None, 1)[0].lower()
    if word[0] == "x":
        _instance(line, frame, draft)
    elif word[0] != ".":
        draft.add(read_element(line, frame, draft.models))
    elif word in CARDS:
        if frame.path and word not in IN_SUBCIRCUITS:
            raise Unplaced(f"{word} may not stand in a subcircuit: write it outside of .subckt ... .ends")
        read_card(word, Words(line, frame.scope), frame, draft)
    else:
        known = [*CARDS, ".param", ".model", ".subckt", ".ends", ".include", ".lib", ".global", ".end"]
        raise Unplaced(REFUSED.get(word) or f"unknown directive {short(word)}{nearest(word, known)}")


def _instance(line: Line, frame: Frame, draft: Draft) -> None:
    """`x1 n1 n2 ... name [params:] a=1`: expand the subcircuit."""
    words = Words(line, frame.scope)
    name = words.name("a name")
    found = [t for t in words.positional() if t.text.lower() not in ("params:", "param:")]
    pairs = words.pairs()
    if len(found) < 2 or len(name) < 2:
        raise Unplaced(f"{name} needs a name after its letter, nodes and the name of a subcircuit, as in 'x1 a b cell'")
    block, outer = frame.definition(found[-1].text)
    _check_depth(block, frame, draft)
    ports = _ports(name, block, found[:-1], frame)
    path = frame.path + name + "."
    scope = _parameters(name, block, pairs, words, Scope(frame.scope, path))
    if path in draft.paths:
        raise Unplaced(f"there are two instances named {short(name)}")
    draft.paths.add(path)
    _expand(Frame(block, path, scope, frame.global_nodes, outer, ports, (*frame.chain, block)), draft)


def _check_depth(block: Block, frame: Frame, draft: Draft) -> None:
    if any(b is block for b in frame.chain):
        names = [b.name for b in frame.chain]
        chain = " -> ".join([*names[names.index(block.name) :], block.name])
        raise Unplaced(f"the subcircuit {short(block.name)} contains itself: {chain}")
    if len(frame.chain) >= DEEPEST or len(draft.paths) >= MOST_INSTANCES:
        raise Unplaced(f"there are more than {MOST_INSTANCES} instances, or they are more than {DEEPEST} levels deep")


def _ports(name: str, block: Block, found: list[Token], frame: Frame) -> dict[str, str]:
    if len(found) != len(block.ports):
        raise Unplaced(
            f"{name} connects {len(found)} nodes, but the subcircuit {block.name!r} has {len(block.ports)}:"
            f" {short(' '.join(block.ports))}"
        )
    ports = {}
    for port, token in zip(block.ports, found, strict=True):
        if token.kind != "word":
            raise Unplaced(f"expected a node of {name}, found {short(token.text)}")
        ports[port] = frame.node(token.text)
        if port in GROUND_NAMES and ports[port] != GROUND:
            raise Unplaced(f"the port {port!r} of {block.name!r} is always ground, but {name} connects it to {token.text!r}")
        if port in frame.global_nodes and ports[port] != port:
            raise Unplaced(f"the port {port!r} of {block.name!r} is a global node, but {name} connects it to {token.text!r}")
    return ports


def _parameters(name: str, block: Block, pairs: dict[str, Token], words: Words, scope: Scope) -> Scope:
    """The scope of an instance filled with the parameters given (computed outside), else the subcircuit's defaults."""
    known = [n for n, _, _ in block.defaults]
    for key, token in pairs.items():
        if key not in known:
            raise Unplaced(f"{name}: the subcircuit {block.name!r} has no parameter {short(key)}{nearest(key, known)}")
        scope.values[key] = words.number(token, f"a value after {key}=")
    for key, text, place in block.defaults:
        if key not in scope.values:
            with located(place):
                scope.define(key, text, place)
    return scope
