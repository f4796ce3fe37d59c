"""Instance lines of elements, one function for each kind; sources are in `sources`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...devices import model_of
from ...errors import InputError, nearest
from ..netlist import KINDS, Element, Model
from .expressions import read_number, suffix_of
from .frames import Frame
from .places import Line, Unplaced
from .sources import read_source
from .words import Token, Words

MOSFET = ("w", "l", "ad", "as", "pd", "ps", "nrd", "nrs", "m", "delvto", "mulu0")
ALIASES = {"delvt0": "delvto"}
SUSPICIOUS_CAPACITOR = 0.5e-3  # F
REFUSED = {
    "a": "code models are not read", "b": "behavioural sources are not read: use e, g, f or h",
    "j": "JFETs are not read", "k": "coupled inductors are not read", "n": "memristors are written as y",
    "o": "transmission lines are not read", "p": "transmission lines are not read",
    "q": "bipolar transistors are not read", "t": "transmission lines are not read",
    "w": "current-controlled switches are not read", "z": "MESFETs are not read",
}  # fmt: skip

Read = Callable[[Words, Frame, Mapping[str, Model]], Element]


def read_element(line: Line, frame: Frame, models: Mapping[str, Model]) -> Element:
    """The element of one line; Unplaced for whatever is wrong in it."""
    words = Words(line, frame.scope)
    name = words.name("a name")
    kind = name[0]
    if kind not in KINDS:
        hint = REFUSED.get(kind, f"elements begin with one of {' '.join(KINDS)} x")
        raise Unplaced(f"unknown element {name!r}: {hint}")
    if len(name) == 1:
        raise Unplaced(f"an element needs a name after its letter, as in '{name}1'")
    return READERS[kind](words, frame, models)


def _element(
    words: Words, frame: Frame, nodes: list[Token], params: Mapping[str, float], model: str = "", control: str = ""
) -> Element:
    flat = tuple(_node(words, t, frame) for t in nodes)
    return Element(frame.element(words.first), words.first[0], flat, params, model, None, control, words.line.place)


def _node(words: Words, token: Token, frame: Frame) -> str:
    if token.kind != "word":
        raise Unplaced(f"expected a node of {words.first}, found {token.text!r}")
    return frame.node(token.text)


def _passive(words: Words, frame: Frame, models: Mapping[str, Model]) -> Element:
    """R, C and L: `r1 a b 1k`, `c1 a b c=1p ic=0.5`."""
    kind = words.first[0]
    what = KINDS[kind][0]
    found = words.positional()
    pairs = words.pairs()
    known = (kind,) if kind == "r" else (kind, "ic")
    for key in pairs:
        if key not in known:
            raise Unplaced(f"{words.first}: a {what} has no parameter {key!r}{nearest(key, known)}")
    if len(found) + (kind in pairs) != 3 or len(found) < 2:
        raise Unplaced(f"{words.first} needs two nodes and a value, as in '{kind}1 a b 1k', not {_listed(found, pairs)}")
    token = pairs[kind] if kind in pairs else found[2]
    value = words.number(token, "a value")
    _check_passive(words.first, kind, value, token)
    params = {kind: value}
    if "ic" in pairs:
        params["ic"] = words.number(pairs["ic"], "a value after ic=")
    return _element(words, frame, found[:2], params)


def _listed(found: list[Token], pairs: Mapping[str, Token]) -> str:
    shown = [t.text for t in found] + [f"{k}={t.text}" for k, t in pairs.items()]
    return repr(" ".join(shown)[:60]) if shown else "nothing"


def _check_passive(name: str, kind: str, value: float, token: Token) -> None:
    if kind == "r" and value == 0:
        raise Unplaced(f"{name} = 0 is a short: join the nodes or give a value")
    if kind == "c" and value < 0 or kind == "l" and value <= 0:
        bound = {"c": "zero or more", "l": "more than zero"}[kind]
        raise Unplaced(f"{name} = {token.text}: the value of this {KINDS[kind][0]} must be {bound}")
    if token.kind == "word":
        _check_suffix(name, kind, value, token.text)


def _check_suffix(name: str, kind: str, value: float, text: str) -> None:
    """Refuse what SPICE reads otherwise than most people mean it."""
    if read_number(text) is None:
        return  # the name of a parameter
    suffix = suffix_of(text)
    if kind == "r" and suffix == "M":
        raise Unplaced(f"{name} = {text} is in milliohm (M is milli in SPICE): write meg for 1e6, or a small m")
    if kind == "c" and suffix == "F":
        raise Unplaced(f"{name} = {text} is in femtofarad (F is femto in SPICE): write 1f for femto or 1.0 for one farad")
    if kind != "c" or value < SUSPICIOUS_CAPACITOR:
        return
    if suffix.lower() in ("m", "mf"):
        raise Unplaced(f"{name} = {text} is in millifarad (m is milli): write u, n, p or f, or 1e-3 if it is meant")
    if not suffix and not set(text.lower()) & {".", "e"}:
        raise Unplaced(f"{name} = {text} is in farad: write a suffix such as p, or the value as 1.0 if it is meant")


def _controlled(words: Words, frame: Frame, models: Mapping[str, Model]) -> Element:
    """E and G: out+ out- in+ in- gain; F and H: out+ out- vsource gain."""
    kind = words.first[0]
    what = KINDS[kind][0]
    by_voltage = kind in "eg"
    found = words.positional()
    wanted = "four nodes" if by_voltage else "two nodes, a voltage source"
    if words.more and words.peek() != "gain":
        raise Unplaced(f"{words.first}: a {what} has a constant gain only, {words.peek()!r} is not read")
    pairs = words.parameters(("gain",), what)
    if len(found) + len(pairs) != (5 if by_voltage else 4):
        raise Unplaced(f"{words.first} needs {wanted} and a gain")
    gain = pairs["gain"] if pairs else words.number(found[-1], "a gain")
    if by_voltage:
        return _element(words, frame, found[:4], {"gain": gain})
    return _element(words, frame, found[:2], {"gain": gain}, control=frame.element(found[2].text))


def _switch(words: Words, frame: Frame, models: Mapping[str, Model]) -> Element:
    found = words.positional()
    words.end()
    if len(found) not in (5, 6):
        raise Unplaced(f"{words.first} needs four nodes (two switched, two controlling) and a model")
    params = {}
    if len(found) == 6:
        state = found[5].text.lower()
        if state not in ("on", "off"):
            raise Unplaced(f"{words.first} ends with on or off, not {state!r}")
        params["on"] = float(state == "on")
    return _element(words, frame, found[:4], params, model=frame.model(found[4].text, ("sw",), models))


def _diode(words: Words, frame: Frame, models: Mapping[str, Model]) -> Element:
    found = words.positional()
    params = words.parameters(("area", "m"), "diode")
    if len(found) not in (3, 4):
        raise Unplaced(f"{words.first} needs two nodes and a model, as in 'd1 a k dmod'")
    if len(found) == 4:
        if "area" in params:
            raise Unplaced(f"{words.first} has two areas")
        params["area"] = words.number(found[3], "an area")
    _check_positive(words.first, params, ("area", "m"))
    return _element(words, frame, found[:2], params, model=frame.model(found[2].text, ("d",), models))


def _mosfet(words: Words, frame: Frame, models: Mapping[str, Model]) -> Element:
    found = words.positional()
    params = words.parameters((*MOSFET, *ALIASES), "MOSFET")
    if len(found) != 5:
        raise Unplaced(f"{words.first} needs four nodes (drain gate source bulk) and a model, found {len(found)} names")
    for old, new in ALIASES.items():
        if old in params:
            if new in params:
                raise Unplaced(f"{words.first} has both {old}= and {new}=")
            params[new] = params.pop(old)
    for key in ("w", "l"):
        if key not in params:
            raise Unplaced(f"{words.first} has no {key}: write its size in metres, as in {key}=1u")
    _check_positive(words.first, params, ("w", "l", "m", "mulu0"))
    for key in ("ad", "as", "pd", "ps", "nrd", "nrs"):
        if params.get(key, 0.0) < 0:
            raise Unplaced(f"{words.first} has {key} = {params[key]:g}, which may not be negative")
    return _element(words, frame, found[:4], params, model=frame.model(found[4].text, ("nmos", "pmos"), models))


def _memristor(words: Words, frame: Frame, models: Mapping[str, Model]) -> Element:
    """`ymr1 a b model x0=0.1 tau=1m`, or as Xyce has it `ymemristor mr1 a b model`, whose name becomes "ymr1"."""
    found = words.positional()
    if words.first == "ymemristor":
        if not found:
            raise Unplaced("ymemristor lacks a name, as in 'ymemristor mr1 a b model'")
        given = found.pop(0).text.lower()
        words.first = given if given.startswith("y") else f"y{given}"
    if len(found) != 3:
        raise Unplaced(f"{words.first} needs two nodes and a model, as in 'ymr1 a b mr x0=0.1'")
    return _modelled(words, frame, found, ("memristor",), models)


def _amplifier(words: Words, frame: Frame, models: Mapping[str, Model]) -> Element:
    """`u1 in+ in- v+ v- out model gbw=2meg on=1`."""
    found = words.positional()
    if len(found) != 6:
        raise Unplaced(f"{words.first} needs five nodes (in+ in- v+ v- out) and a model, found {len(found)} names")
    return _modelled(words, frame, found, ("opamp", "comparator"), models)


def _modelled(
    words: Words, frame: Frame, found: list[Token], kinds: tuple[str, ...], models: Mapping[str, Model]
) -> Element:
    """An element whose last name is its model, which says what other parameters there are."""
    name = frame.model(found[-1].text, kinds, models)
    card = models[name]
    device = model_of(card.kind, card.kind, card.params, f"the model {name!r}")
    params = {k: words.number(token, f"a value after {k}=") for k, token in words.pairs().items()}
    try:
        device.check_instance(params, 27.0, words.first)
    except InputError as error:
        raise Unplaced(str(error)) from None
    return _element(words, frame, found[:-1], params, model=name)


def _check_positive(name: str, params: Mapping[str, float], keys: tuple[str, ...]) -> None:
    for key in keys:
        if params.get(key, 1.0) <= 0:
            raise Unplaced(f"{name} has {key} = {params[key]:g}, which must be more than zero")


def _source(words: Words, frame: Frame, models: Mapping[str, Model]) -> Element:
    return read_source(words, frame)


READERS: dict[str, Read] = {
    "r": _passive, "c": _passive, "l": _passive, "v": _source, "i": _source, "e": _controlled, "g": _controlled,
    "f": _controlled, "h": _controlled, "s": _switch, "d": _diode, "m": _mosfet,
    "y": _memristor, "u": _amplifier,
}  # fmt: skip
