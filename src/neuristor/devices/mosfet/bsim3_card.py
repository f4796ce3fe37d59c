"""Parameters of a BSIM3v3.3 `.model` card: names, units of the manual, defaults, and what depends on what was given.

Source: W. Liu et al., "BSIM3v3.3 MOSFET Model Users' Manual", UC Berkeley 2005, appendix A (names, defaults) and B
(defaults that are computed). Lengths in m, doping in cm^-3 (NCH, NSUB, NGATE), the rest in SI.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import casadi as ca

from ...errors import InputError, nearest
from ...quantities import ZERO_CELSIUS
from ..base import read_number

EPS_OX = 3.453133e-11  # F/m; the model's own constants, not CODATA's, are part of every extracted card
EPS_SI = 1.03594e-10

# Parameters that may carry length, width and product terms (L..., W..., P...): name -> default (None: see `defaults`).
BINNED: dict[str, float | None] = {
    "cdsc": 2.4e-4, "cdscb": 0.0, "cdscd": 0.0, "cit": 0.0, "nfactor": 1.0, "xj": 0.15e-6, "vsat": 8e4, "at": 3.3e4,
    "a0": 1.0, "ags": 0.0, "a1": 0.0, "a2": 1.0, "keta": -0.047, "nsub": 6e16, "nch": 1.7e17, "ngate": 0.0,
    "gamma1": 0.0, "gamma2": 0.0, "vbx": 0.0, "vbm": -3.0, "xt": 1.55e-7, "vfb": -1.0, "k1": 0.0, "kt1": -0.11,
    "kt1l": 0.0, "k2": 0.0, "kt2": 0.022, "k3": 80.0, "k3b": 0.0, "w0": 2.5e-6, "nlx": 1.74e-7, "dvt0": 2.2,
    "dvt1": 0.53, "dvt2": -0.032, "dvt0w": 0.0, "dvt1w": 5.3e6, "dvt2w": -0.032, "drout": 0.56, "dsub": None,
    "vth0": None, "ua": 2.25e-9, "ua1": 4.31e-9, "ub": 5.87e-19, "ub1": -7.61e-18, "uc": None, "uc1": None, "u0": None,
    "ute": -1.5, "voff": -0.08, "delta": 0.01, "rdsw": 0.0, "prwb": 0.0, "prwg": 0.0, "prt": 0.0, "eta0": 0.08,
    "etab": -0.07, "pclm": 1.3, "pdiblc1": 0.39, "pdiblc2": 0.0086, "pdiblcb": 0.0, "pscbe1": 4.24e8,
    "pscbe2": 1e-5, "pvag": 0.0, "wr": 1.0, "dwg": 0.0, "dwb": 0.0, "b0": 0.0, "b1": 0.0, "alpha0": 0.0,
    "alpha1": 0.0, "beta0": 30.0, "elm": 5.0, "cgsl": 0.0, "cgdl": 0.0, "ckappa": 0.6, "cf": None, "clc": 0.1e-6,
    "cle": 0.6, "vfbcv": -1.0, "acde": 1.0, "moin": 15.0, "noff": 1.0, "voffcv": 0.0,
}  # fmt: skip
# Parameters without such terms.
PLAIN: dict[str, float | None] = {
    "tox": 150e-10, "toxm": None, "tnom": 27.0, "lint": 0.0, "wint": 0.0, "ll": 0.0, "llc": None, "lln": 1.0, "lw": 0.0,
    "lwc": None, "lwn": 1.0, "lwl": 0.0, "lwlc": None, "wl": 0.0, "wlc": None, "wln": 1.0, "ww": 0.0, "wwc": None,
    "wwn": 1.0, "wwl": 0.0, "wwlc": None, "dwc": None, "dlc": None, "xl": 0.0, "xw": 0.0, "cgdo": None, "cgso": None,
    "cgbo": None, "rsh": 0.0, "js": 1e-4, "jsw": 0.0, "nj": 1.0, "xti": 3.0, "ijth": 0.1, "cj": 5e-4, "mj": 0.5,
    "pb": 1.0, "cjsw": 5e-10, "mjsw": 0.33, "pbsw": 1.0, "cjswg": None, "mjswg": None, "pbswg": None, "tpb": 0.0,
    "tcj": 0.0, "tpbsw": 0.0, "tcjsw": 0.0, "tpbswg": 0.0, "tcjswg": 0.0, "noia": None, "noib": None, "noic": None,
    "em": 4.1e7, "ef": 1.0, "af": 1.0, "kf": 0.0, "lintnoi": 0.0,
}  # fmt: skip
# Selectors: name -> (default, allowed values).
SELECTORS: dict[str, tuple[float, tuple[float, ...]]] = {
    "mobmod": (1, (1, 2, 3)),
    "capmod": (3, (0, 1, 2, 3)),
    "noimod": (1, (1, 2, 3, 4)),
    "binunit": (1, (1, 2)),
    "nqsmod": (0, (0,)),
    "acnqsmod": (0, (0,)),
    "acm": (0, (0,)),
}
# Coefficients of effects that a card may leave out: where all their terms are zero the equations are written without them.
EFFECTS = ("ngate", "dvt0w", "dvt2", "a1", "ags", "b0", "keta", "alpha0", "alpha1", "cdscb", "cdscd", "cit", "etab", "k3b",
           "kt2", "prwg", "prwb", "dwg", "dwb", "pdiblcb", "pvag", "uc", "voffcv", "cgsl", "cgdl")  # fmt: skip
ALIASES = {"npeak": "nch", "pdibl1": "pdiblc1", "pdibl2": "pdiblc2", "pdiblb": "pdiblcb",
           **{prefix + "vtho": prefix + "vth0" for prefix in ("", "l", "w", "p")}}  # fmt: skip
PER_CUBIC_METRE = {"nch": 1e20, "ngate": 1e23}  # above this a doping is in m^-3
NO_EFFECT = {"level", "paramchk", "lmin", "lmax", "wmin", "wmax", "vgs_max", "vgd_max", "vgb_max", "vds_max", "vbs_max",
             "vbd_max"}  # fmt: skip
NAMES = [*PLAIN, *(prefix + name for name in BINNED for prefix in ("", "l", "w", "p"))]
INSTANCE = {"w": None, "l": None, "ad": 0.0, "as": 0.0, "pd": 0.0, "ps": 0.0, "m": 1.0, "delvto": 0.0, "mulu0": 1.0}
VERSIONS = ("3.3", "3.3.0", "3.30")
# What the equations need, of a card and (those with size terms) of every instance.
POSITIVE = ("tox", "toxm", "nj", "pb", "pbsw", "pbswg", "nch", "nsub", "xj", "delta", "pclm", "moin", "ckappa", "noff")
NOT_NEGATIVE = ("ijth", "cj", "cjsw", "cjswg", "ngate", "dvt1", "dvt1w", "drout", "dsub", "clc")
HIGHEST_NGATE = 1e25


def read_card(params: Mapping[str, Any], is_pmos: bool, where: str) -> dict[str, Any]:
    """All parameters of a card: {"values": name -> float, "given": set, "selectors": name -> int, "defaulted": list}.

    Raises InputError for an unknown parameter, a selector outside the model, or a VERSION other than 3.3.
    """
    given: dict[str, float] = {}
    selectors = {name: int(default) for name, (default, _) in SELECTORS.items()}
    for raw, value in params.items():
        name = ALIASES.get(raw.lower(), raw.lower())
        if name == "version":
            check_version(value, where)
        elif name in SELECTORS:
            selectors[name] = read_selector(name, value, where)
        elif name == "xpart" or name in NAMES:
            given[name] = read_doping(name, read_number(name, value, "BSIM3", where))
        elif name not in NO_EFFECT:
            raise InputError(f"{where}: BSIM3 has no parameter {raw!r}{nearest(name, [*NAMES, *SELECTORS])}")
    values = {**dict.fromkeys(NAMES, 0.0), "xpart": 0.0}
    values |= {k: v for k, v in {**PLAIN, **BINNED}.items() if v is not None}
    values |= given
    check_sign("tox", values["tox"], where)
    values |= {k: v for k, v in computed_defaults(values, given, selectors, is_pmos).items() if k not in given}
    check_values(values, where)
    defaulted = [name for name in (*PLAIN, *BINNED) if name not in given]
    return {"values": values, "given": set(given), "selectors": selectors, "defaulted": defaulted}


def card_symbols() -> tuple[SimpleNamespace, dict[str, ca.SX]]:
    """Symbols of all parameters of card and instance, as attributes and by name."""
    symbols = {name: ca.SX.sym(name) for name in (*NAMES, *INSTANCE, "type", "temp")}
    return SimpleNamespace(**symbols), symbols


def check_version(value: Any, where: str) -> None:
    if str(value) not in VERSIONS:
        raise InputError(
            f"{where}: VERSION {value} of BSIM3 is not built in: its threshold and charge equations differ from 3.3 (a "
            "spike of the neuron of 0.35 um is 7 % wider); write VERSION=3.3.0 to use this card with 3.3"
        )


def read_selector(name: str, value: Any, where: str) -> int:
    allowed = SELECTORS[name][1]
    if value not in allowed:
        why = "non-quasi-static charge is not built in" if "nqs" in name else "not built in"
        known = " or ".join(f"{a:g}" for a in allowed)
        raise InputError(f"{where}: {name} = {value} of BSIM3: {why}; use {name} = {known}")
    return int(value)


def read_doping(name: str, value: float) -> float:
    """A number of the card; densities that are plainly in m^-3, or their size terms, in cm^-3."""
    limit = PER_CUBIC_METRE.get(name) or PER_CUBIC_METRE.get(name[1:])
    return value * 1e-6 if limit and value > limit else value


def computed_defaults(
    p: Mapping[str, float], given: Mapping[str, float], selectors: Mapping[str, int], is_pmos: bool
) -> dict[str, float]:
    """Defaults that depend on other parameters (manual, appendix A, notes)."""
    sign = -1.0 if is_pmos else 1.0
    tox = p["tox"]
    cox = EPS_OX / tox
    mobility3 = selectors["mobmod"] == 3
    lint, wint = p["lint"], p["wint"]
    dlc, dwc = given.get("dlc", lint), given.get("dwc", wint)
    overlap = dlc * cox if given.get("dlc", 0.0) > 0 else None

    def edge(inner: str) -> float:
        return overlap - p[inner] if overlap is not None else 0.6 * p["xj"] * cox

    return {
        "toxm": tox,
        "dsub": p["drout"],
        "vth0": 0.7 * sign,
        "uc": -0.0465 if mobility3 else -0.0465e-9,
        "uc1": -0.056 if mobility3 else -0.056e-9,
        "u0": 0.025 if is_pmos else 0.067,
        "cf": 2.0 * EPS_OX / 3.141592654 * math.log(1.0 + 0.4e-6 / tox),
        "llc": p["ll"],
        "lwc": p["lw"],
        "lwlc": p["lwl"],
        "wlc": p["wl"],
        "wwc": p["ww"],
        "wwlc": p["wwl"],
        "dlc": dlc,
        "dwc": dwc,
        "cgdo": edge("cgdl"),
        "cgso": edge("cgsl"),
        "cgbo": 2.0 * dwc * cox,
        "cjswg": p["cjsw"],
        "mjswg": p["mjsw"],
        "pbswg": p["pbsw"],
        "noia": 9.9e18 if is_pmos else 1e20,
        "noib": 2.4e3 if is_pmos else 5e4,
        "noic": 1.4e-12 if is_pmos else -1.4e-12,
    }


def check_values(p: Mapping[str, float], where: str) -> None:
    """What the equations cannot take, as far as it does not depend on an instance's size."""
    for name in (*POSITIVE, *NOT_NEGATIVE):
        if not any(p.get(prefix + name) for prefix in "lwp"):
            check_sign(name, p[name], where)
    for name in ("mj", "mjsw", "mjswg"):
        if p[name] >= 1:
            raise InputError(f"{where}: {name} = {p[name]:g} of BSIM3 must be below 1")
    if p["tnom"] <= -ZERO_CELSIUS:
        raise InputError(f"{where}: tnom = {p['tnom']:g} of BSIM3, in degrees Celsius, is below the absolute zero")


def check_sign(name: str, value: float, where: str) -> None:
    """InputError if a parameter has a value that its equations cannot take."""
    if name in POSITIVE and value <= 0:
        raise InputError(f"{where}: {name} = {value:g} of BSIM3 must be positive")
    if name in NOT_NEGATIVE and value < 0:
        raise InputError(f"{where}: {name} = {value:g} of BSIM3 must not be negative")
    if name == "ngate" and value > HIGHEST_NGATE:
        raise InputError(f"{where}: ngate = {value:g} of BSIM3 must be at most {HIGHEST_NGATE:g} cm^-3")
