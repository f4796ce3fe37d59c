"""Window functions: factors that slow a state near its ends, in x (1 is ON) and the direction of motion."""

from __future__ import annotations

from typing import Any

from .elementary import exp, larger, power, where

WINDOWS = ("none", "joglekar", "biolek", "prodromakis")
HOLDING = ("joglekar", "prodromakis")  # windows that are zero at an end whatever the direction: an end is for ever


def window(name: str, x: Any, direction: Any, p: Any, j: Any = 1.0) -> Any:
    """The factor f(x); `direction` > 0 towards ON.

    none         1
    joglekar     1 - (2 x - 1)^(2 p)                      Joglekar & Wolf, Eur. J. Phys. 30 (2009) 661
    biolek       1 - x^(2 p) towards ON, 1 - (x - 1)^(2 p) towards OFF
                                                          Biolek et al., Radioengineering 18 (2009) 210
    prodromakis  j (1 - ((x - 1/2)^2 + 3/4)^p)            Prodromakis et al., IEEE T-ED 58 (2011) 3099

    The first and the last of the three hold x = 0 and x = 1 for ever. (MemTorch's code of the last lacks a bracket: it
    computes (1 - (x - 1/2)^2 + 3/4)^p, which is not zero at the ends.)
    """
    if name == "joglekar":
        return 1.0 - power((2.0 * x - 1.0) * (2.0 * x - 1.0), p)
    if name == "biolek":
        away = where(direction > 0, x, x - 1.0)
        return 1.0 - power(away * away, p)
    if name == "prodromakis":
        return j * (1.0 - power((x - 0.5) * (x - 0.5) + 0.75, p))
    return 1.0


def kvatinsky(x: Any, direction: Any, a_on: Any, a_off: Any, width: Any) -> Any:
    """exp(-exp((x - a_on) / width)) towards ON, exp(-exp((a_off - x) / width)) towards OFF (Kvatinsky 2013, TEAM)."""
    return exp(-larger(where(direction > 0, exp((x - a_on) / width), exp((a_off - x) / width)), 0.0))
