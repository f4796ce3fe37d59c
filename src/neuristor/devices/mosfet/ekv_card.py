"""Parameters of an EKV `.model` card (level 44): names, units, defaults and their sources, what is refused.

Names and units are those of the EKV 2.6 manual (M. Bucher et al., EPFL 1997), all in SI. The defaults are a transistor
of 0.35 um; where they come from:

  card    BSIM3 card of MOSIS run N88Y (TSMC 0.35 um): COX = eps_ox / TOX, KP = U0 COX, UCRIT = VSAT / U0,
          GAMMA = K1, VTO = VTH0, XJ, CGDO, CGSO, CGBO and the junctions are its own
  doping  PHI = 2 V_T ln(NCH / n_i) of that card at 300 K
  manual  default of EKV 2.6
  chosen  THETA fits the card's UA and UB at 2 V above threshold; JS, JSW, N, KF are of the usual order, in no source
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import InputError, nearest
from ..base import read_number

EPS_SI, EPS_OX = 1.03594e-10, 3.453133e-11  # F/m
INSTANCE = {"w": None, "l": None, "ad": 0.0, "as": 0.0, "pd": 0.0, "ps": 0.0, "m": 1.0, "delvto": 0.0, "mulu0": 1.0}

# name -> (NMOS, PMOS, lowest, highest)
CARD: dict[str, tuple[float, float, float, float]] = {
    "vto": (0.496, -0.664, -100.0, 100.0),  # V, negative for a PMOS; card
    "gamma": (0.531, 0.456, 0.0, 10.0),  # V^0.5; card
    "phi": (0.84, 0.84, 0.2, 2.0),  # V; doping
    "kp": (2.02e-4, 6.87e-5, 1e-9, 1.0),  # A/V^2; card
    "cox": (4.54e-3, 4.54e-3, 1e-6, 1.0),  # F/m^2; card
    "theta": (0.2, 0.2, 0.0, 10.0),  # 1/V; chosen
    "ucrit": (2.54e6, 6.55e6, 1e4, 1e20),  # V/m; card
    "lambda": (0.5, 0.5, 0.0, 10.0),  # of the pinched-off length; manual
    "eta": (0.0, 0.0, 0.0, 0.5),  # the threshold falls by ETA (V_DB + V_SB); chosen
    "xj": (1.5e-7, 1.5e-7, 1e-9, 1e-5),  # m; card
    "dl": (0.0, 0.0, -1e-5, 1e-5),  # m, added to the length; manual
    "dw": (0.0, 0.0, -1e-5, 1e-5),  # m, added to the width; manual
    "tcv": (1e-3, -1e-3, -0.1, 0.1),  # V/K: VTO falls by this, so negative for a PMOS; manual
    "bex": (-1.5, -1.5, -5.0, 5.0),  # KP ~ T^BEX; manual
    "ucex": (0.8, 0.8, -5.0, 5.0),  # UCRIT ~ T^UCEX; manual
    "tnom": (27.0, 27.0, -200.0, 300.0),  # C
    "cgso": (1.96e-10, 2.307e-10, 0.0, 1e-6),  # F/m; card
    "cgdo": (1.96e-10, 2.307e-10, 0.0, 1e-6),  # F/m; card
    "cgbo": (0.0, 0.0, 0.0, 1e-6),  # F/m; card
    "cj": (9.277e-4, 1.420e-3, 0.0, 1.0),  # F/m^2; card
    "pb": (0.816, 0.99, 0.2, 2.0),  # V; card
    "mj": (0.356, 0.549, 0.0, 0.95),  # card
    "cjsw": (3.181e-10, 4.774e-10, 0.0, 1.0),  # F/m; card
    "pbsw": (0.687, 0.99, 0.2, 2.0),  # V; card
    "mjsw": (0.1, 0.2, 0.0, 0.95),  # card
    "js": (1e-6, 1e-6, 0.0, 1e6),  # A/m^2; chosen
    "jsw": (0.0, 0.0, 0.0, 1e6),  # A/m; chosen
    "n": (1.0, 1.0, 0.5, 10.0),  # ideality of the junctions; chosen
    "xti": (3.0, 3.0, -10.0, 10.0),  # of the junctions' saturation current, as in SPICE
    "kf": (0.0, 0.0, 0.0, 1.0),  # J Hz^(AF-1), noise KF gm^2 / (W L COX f^AF); manual
    "af": (1.0, 1.0, 0.5, 3.0),  # manual
}
REFUSED = {
    "leta": "the short-channel effect", "weta": "the narrow-channel effect", "q0": "the reverse short-channel effect",
    "e0": "mobility by the vertical field (use THETA)", "iba": "impact ionisation", "rsh": "series resistance",
    "rsc": "series resistance", "rdc": "series resistance", "rs": "series resistance", "rd": "series resistance",
    "nqs": "non-quasi-static charge",
}  # fmt: skip
# Of effects that are refused, or of statistics that do not change the nominal transistor.
NO_EFFECT = {"level", "satlim", "lk", "ibb", "ibn", "ibbt", "hdif", "avto", "akp", "agamma", "lmin", "lmax",
             "wmin", "wmax"}  # fmt: skip


def read_card(params: Mapping[str, Any], kind: str, where: str) -> tuple[dict[str, float], list[str]]:
    """All parameters of a card, and the names of those that it leaves out.

    U0 (cm^2/(V s)) and TOX (m) may stand for KP = U0 COX and COX. InputError for a parameter that is unknown, not built
    in or out of range.
    """
    given: dict[str, float] = {}
    for raw, value in params.items():
        name = raw.lower()
        if name not in CARD and name not in {"u0", "tox", *REFUSED, *NO_EFFECT}:
            raise InputError(f"{where}: EKV has no parameter {raw!r}{nearest(name, [*CARD, 'u0', 'tox', *REFUSED])}")
        if name in NO_EFFECT:
            continue
        number = read_number(name, value, "EKV", where)
        if name in REFUSED and number != 0:
            raise InputError(f"{where}: {name} = {number:g}: {REFUSED[name]} is not built into EKV; use {name} = 0")
        if name not in REFUSED:
            given[name] = number
    column = 1 if kind == "pmos" else 0
    derived(given, CARD["cox"][column], where)
    values = {name: given.get(name, row[column]) for name, row in CARD.items()}
    for name, value in values.items():
        low, high = CARD[name][2:]
        if not low <= value <= high:
            raise InputError(f"{where}: {name} = {value:g} of EKV must lie between {low:g} and {high:g}")
    return values, [name for name in CARD if name not in given]


def derived(given: dict[str, float], cox: float, where: str) -> None:
    """Replace TOX by COX and U0 by KP."""
    for name, meaning in (("tox", "cox"), ("u0", "kp")):
        if name in given and meaning in given:
            raise InputError(f"{where}: EKV takes {name} or {meaning}, not both")
        if given.get(name, 1.0) <= 0.0:
            raise InputError(f"{where}: {name} = {given[name]:g} of EKV must be positive")
    if "tox" in given:
        given["cox"] = EPS_OX / given.pop("tox")
    if "u0" in given:
        given["kp"] = 1e-4 * given.pop("u0") * given.get("cox", cox)
