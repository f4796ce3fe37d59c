"""Transistor cards for cells: published ones by name, a user's own by the path of a SPICE library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, nearest
from ..presets import mosis_n88y, n88y_ekv, ptm65_ekv
from .spice import parse_spice

EPS_OX = 3.453133e-11  # F/m, 3.9 times vacuum


@dataclass(frozen=True)
class Card:
    """One NMOS and one PMOS model. models: "nmos", "pmos" -> parameters; source: where they come from."""

    name: str
    models: Mapping[str, Mapping[str, float | str]]
    source: str

    @property
    def oxide(self) -> float:
        """Capacitance of the NMOS gate oxide (F/m^2), from TOX or COX; InputError if the card has neither."""
        params = self.models["nmos"]
        if "tox" in params:
            return EPS_OX / float(params["tox"])
        if "cox" in params:
            return float(params["cox"])
        raise InputError(f"card {self.name}: its NMOS model has neither TOX nor COX, so its oxide's thickness is not known")


CARDS: dict[str, Card] = {
    c.name: c
    for c in (
        Card(
            "n88y",
            {"nmos": mosis_n88y.NMOS, "pmos": mosis_n88y.PMOS},
            "MOSIS run N88Y (TSMC 0.35 um), BSIM3v3.1 values in the equations of 3.3.0",
        ),
        Card(
            "n88y_ekv",
            {"nmos": n88y_ekv.NMOS, "pmos": n88y_ekv.PMOS},
            "EKV fitted to the BSIM3 card n88y at W/L 0.7/0.35 um (errors in presets/n88y_ekv.py)",
        ),
        Card(
            "ptm65_ekv",
            {"nmos": ptm65_ekv.NMOS, "pmos": ptm65_ekv.PMOS},
            "EKV fitted to curves of the 65 nm Predictive Technology Model, 120/130 nm (errors in presets/ptm65_ekv.py)",
        ),
        Card(
            "ptm65_ekv_logic",
            {"nmos": ptm65_ekv.LOGIC_NMOS, "pmos": ptm65_ekv.LOGIC_PMOS},
            "the same of 120/65 nm (NMOS) and 240/65 nm (PMOS)",
        ),
    )
}


def card_of(name: str | Card) -> Card:
    """The card of this name, or of a library file, or the card itself; InputError for one that cannot serve."""
    if isinstance(name, Card):
        return name
    if name in CARDS:
        return CARDS[name]
    path = Path(name).expanduser()
    if not path.is_file():
        known = f"{nearest(name, CARDS)}; there are {', '.join(CARDS)}"
        raise InputError(f"card {name!r}: there is neither such a card nor such a file{known}")
    netlist = parse_spice(f'cards of a library\n.include "{path.resolve()}"\n.end\n')
    models = {}
    for kind in ("nmos", "pmos"):
        found = [m for m in netlist.models.values() if m.kind == kind]
        if len(found) != 1:
            told = f"{len(found)} {kind.upper()} models ({', '.join(m.name for m in found)})"
            raise InputError(
                f"card {name}: the library has {told if found else f'no {kind.upper()} model'}; one NMOS and one PMOS model"
                " are needed"
            )
        models[kind] = found[0].params
    return Card(name, models, str(path))
