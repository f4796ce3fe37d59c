"""`.model` cards."""

from __future__ import annotations

import re
from pathlib import Path

from ...devices import model_of
from ...devices.amplifier import AMPLIFIERS
from ...devices.memristive import MODELS
from ...devices.memristor import load_memristor
from ...errors import InputError, nearest
from ..modelled import memristor_model
from ..netlist import Model
from .frames import Frame
from .places import Line, Unplaced, short
from .words import Token, Words

KINDS = ("nmos", "pmos", "d", "sw", "memristor", *AMPLIFIERS)
SWITCH = ("vt", "vh", "ron", "roff")
REFUSED = {
    "r": "write the value on the line of the resistor", "res": "write the value on the line of the resistor",
    "c": "write the value on the line of the capacitor", "cap": "write the value on the line of the capacitor",
    "l": "write the value on the line of the inductor",
    "vswitch": "write it as sw with vt and vh", "csw": "only voltage-controlled switches (sw) are read",
}  # fmt: skip
TEXTS = ("version", "mfg", "vendor")  # parameters that may be words
MEMRISTOR_TEXTS = {"model", "preset", *(key for model in MODELS.values() for key in model.options)}
_DOTTED = re.compile(r"\d+(\.\d+){2,}")  # 3.3.0


def read_model(line: Line, frame: Frame) -> Model:
    """A model with every parameter of the card: floats, or text for what is no number, such as version=3.3.0.

    Of a memristor `file="fitted.toml"` stands for the model, options and parameters saved there; what else the card has
    goes before them.
    """
    words = Words(line, frame.scope)
    words.take(".model")
    name = words.name("a name")
    kind = words.name("a type")
    _check_kind(kind, name)
    opened = words.skip("(")
    if opened:
        if words.tokens[-1].kind != "mark" or words.tokens[-1].text != ")":
            raise Unplaced(f"unbalanced parenthesis in the model {short(name)}: ')' is missing at its end")
        words.tokens.pop()
    if any(t.kind == "mark" and t.text in "()" for t in words.tokens[words.at :]):
        raise Unplaced(f"unbalanced parenthesis in the model {short(name)}")
    params = {key: _value(key, token, words, kind) for key, token in words.pairs().items()}
    if kind == "memristor" and "file" in params:
        params = _saved(params, line, name)
    model = Model(frame.path + name, kind, params, line.place)
    if kind == "sw":
        _check_switch(model)
    if kind in ("nmos", "pmos"):
        _check_level(model)
    if kind == "memristor" or kind in AMPLIFIERS:
        _check_device(model)
    return model


def _check_kind(kind: str, name: str) -> None:
    if kind.startswith("ako"):
        raise Unplaced(f"the model {short(name)} is derived from another one (ako), which is not read")
    if kind not in KINDS:
        hint = REFUSED.get(kind, f"types are {', '.join(KINDS)}{nearest(kind, KINDS)}")
        raise Unplaced(f"the model {short(name)} is of type {short(kind)}, which is not read: {hint}")


def _value(name: str, token: Token, words: Words, kind: str) -> float | str:
    if kind == "memristor" and name == "file":
        return token.text
    if token.kind == "string" or token.kind == "word" and _DOTTED.fullmatch(token.text):
        return token.text
    if name in TEXTS[1:] and token.kind == "word":
        return token.text
    if kind == "memristor" and name in MEMRISTOR_TEXTS or kind in AMPLIFIERS and name == "preset":
        return token.text.lower()
    return words.number(token, f"a value after {name}=")


def _saved(params: dict[str, float | str], line: Line, name: str) -> dict[str, float | str]:
    """The parameters of a card with those of the saved memristor that it names; a relative path starts at the netlist."""
    others = {key: value for key, value in params.items() if key != "file"}
    for key in ("model", "level", "preset"):
        if key in others:
            raise Unplaced(f"the model {short(name)} has file= and {key}=: the file says which model it is")
    try:
        device = load_memristor(line.folder / Path(str(params["file"])).expanduser())
    except InputError as error:
        raise Unplaced(f"the model {short(name)}: {error}") from None
    return {**memristor_model(name, device).params, **others}


def _check_switch(model: Model) -> None:
    for key, value in model.params.items():
        if key not in SWITCH:
            raise Unplaced(f"the switch model {short(model.name)} has no parameter {short(key)}{nearest(key, SWITCH)}")
        if isinstance(value, str) or key in ("ron", "roff") and value <= 0:
            raise Unplaced(f"the switch model {short(model.name)} needs {key} > 0, not {value}")


def _check_device(model: Model) -> None:
    """Unplaced for what a memristor or an amplifier cannot be."""
    try:
        model_of(model.kind, model.kind, model.params, f"the model {short(model.name)}")
    except InputError as error:
        raise Unplaced(str(error)) from None


def _check_level(model: Model) -> None:
    level = model.params.get("level", 1.0)
    if isinstance(level, str) or level != int(level) or level < 1:
        raise Unplaced(f"the level of the model {short(model.name)} is a whole number such as 1, 49 or 54, not {level}")
