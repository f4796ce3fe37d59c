"""BSIM3v3.3: sizes and temperatures that the equations cannot take, said before anything is simulated."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from ...errors import InputError
from ...kernel.split import Split
from .bsim3_card import BINNED, NOT_NEGATIVE, POSITIVE, card_symbols, check_sign
from .bsim3_geometry import sized

SIGNS = [name for name in (*POSITIVE, *NOT_NEGATIVE) if name in BINNED]
ABOVE_ZERO = {  # what it is, where the mistake may be
    "leff": ("effective channel length (m)", "L + XL - 2 LINT and the terms LL, LW, LWL"),
    "weff": ("effective channel width (m)", "W + XW - 2 WINT and the terms WL, WW, WWL"),
    "leff_cv": ("effective channel length for charges (m)", "L + XL - 2 DLC and the terms LLC, LWC, LWLC"),
    "weff_cv": ("effective channel width for charges (m)", "W + XW - 2 DWC and the terms WLC, WWC, WWLC"),
    "u0_temp": ("mobility at this temperature", "U0, UTE and MULU0"),
    "vsat_temp": ("saturation velocity at this temperature (m/s)", "VSAT and AT"),
    "phi": ("surface potential (V)", "NCH"),
    "m": ("number of parallel transistors", "M"),
}
NOT_ZERO = {"w0_weff": "W0", "b1_weff": "B1"}


def check_instance(options: Any, values: Mapping[str, Any], where: str) -> None:
    """InputError if the equations cannot take an instance; values of all symbols, numbers or arrays."""
    for name in ("w", "l"):
        if values[name] is None:
            raise InputError(f"{where}: a MOSFET needs {name.upper()}")
    for name in ("ad", "as", "pd", "ps"):
        if np.min(values[name]) < 0:
            raise InputError(f"{where}: {name} = {np.min(values[name]):g} of a MOSFET must not be negative")
    names = [*ABOVE_ZERO, "nlx_leff", *NOT_ZERO, *SIGNS]
    found = dict(zip(names, quantities(options).full({}, values), strict=True))
    for name, (meaning, source) in ABOVE_ZERO.items():
        if not np.min(found[name]) > 0:
            raise InputError(f"{where}: the {meaning} is {np.min(found[name]):g} and must be positive: see {source}")
    if np.min(found["nlx_leff"]) < 0:
        raise InputError(f"{where}: NLX of BSIM3 must not be below minus the effective channel length")
    for name, source in NOT_ZERO.items():
        if np.any(found[name] == 0):
            raise InputError(f"{where}: {source} of BSIM3 must not be minus the effective channel width")
    for name in SIGNS:
        for value in (np.min(found[name]), np.max(found[name])):
            check_sign(name, float(value), where)


@cache
def quantities(options: Any) -> Split:
    """What `check_instance` looks at, as functions of all parameters."""
    c, symbols = card_symbols()
    p = sized(c, options.given, options.zero, options.binunit)
    more = [p.nlx + p.leff, p.w0 + p.weff, p.b1 + p.weff]
    return Split({}, symbols, [getattr(p, k) for k in ABOVE_ZERO] + more + [getattr(p, k) for k in SIGNS])
