"""An EKV card that draws the same currents as another MOSFET's card, or as measured: fit over bias and temperature.

    found = extract_ekv(card, "nmos")              # card of any MOSFET of the package, as a dict with its level
    found.card, found.errors["weak"].rms           # parameters of level 44, relative error of I_D in weak inversion
    extract_measured(Measured(points, current), "nmos", {"cox": 0.0187, "phi": 0.98})       # from curves

What both cards mean alike is taken over: effective size (XL, LINT, XW, WINT), oxide, overlaps with the fringe, junctions
with their leakage (in BSIM3 JS = 1e-4 A/m^2 if a card is silent). The rest follows from ln(I_EKV / I_reference) by least
squares: every decade of current counts alike, and small residuals are relative errors. PHI stays as given (of BSIM3
2 V_T ln(NCH / n_i)): with sources at the bulk only the slope factor, GAMMA / sqrt(PHI), shows. XJ sets only the length of
the pinched-off region: free, it serves as a parameter of the output conductance.

EKV has no short or narrow channels, so a set serves the size it was fitted to; and in EKV the slope in weak inversion and
the body effect are one quantity, which in BSIM3 they are not (NFACTOR): `current_errors` tells what other sizes and bulk
biases cost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import casadi as ca
import numpy as np
from scipy.optimize import least_squares

from ...errors import InputError, nearest
from ...kernel.split import Split
from .. import model_of
from ..base import Variant, graph_of
from .bsim3 import BSIM3
from .bsim3_card import EPS_OX
from .bsim3_geometry import K_OVER_Q
from .ekv import EKV
from .ekv_card import CARD

Card = Mapping[str, Any]
FREE = ("vto", "gamma", "kp", "theta", "ucrit", "lambda")
WARM = ("tcv", "bex", "ucex")
REGIONS = {"weak": (0.0, 0.1), "moderate": (0.1, 10.0), "strong": (10.0, math.inf)}  # forward inversion, Enz and Vittoz
SAME = ("tnom", "cj", "pb", "mj", "cjsw", "pbsw", "mjsw", "js", "jsw", "xti", "xj")  # in BSIM3 as in EKV
NI = 1.45e10  # cm^-3 at 300.15 K, BSIM3's own


@dataclass(frozen=True)
class Grid:
    """Where currents are compared: every combination, of the sign of an NMOS; v_gs and v_ds count from the source.

    sizes    (w, l) in m, drawn;  v_gs, v_ds, v_sb  V;  celsius  degrees;  floor  A, smaller currents are left out
    """

    sizes: Sequence[tuple[float, float]] = ((0.7e-6, 0.35e-6),)
    v_gs: Sequence[float] = tuple(round(0.05 * k, 2) for k in range(-4, 37))
    v_ds: Sequence[float] = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 1.8)
    v_sb: Sequence[float] = (0.0,)
    celsius: Sequence[float] = (27.0,)
    floor: float = 1e-13

    def points(self) -> dict[str, np.ndarray]:
        """Columns w, l, v_gs, v_ds, v_sb, celsius of all combinations, each (n,)."""
        axes = (range(len(self.sizes)), self.v_gs, self.v_ds, self.v_sb, self.celsius)
        number, *bias = (x.ravel() for x in np.meshgrid(*[np.asarray(a) for a in axes], indexing="ij"))
        w, length = np.asarray(self.sizes)[number].T
        return dict(zip(("w", "l", "v_gs", "v_ds", "v_sb", "celsius"), (w, length, *bias), strict=True))


COLUMNS = ("w", "l", "v_gs", "v_ds", "v_sb", "celsius")


@dataclass(frozen=True)
class Measured:
    """Drain currents of a transistor, of the sign of an NMOS.

    points  columns w, l (m, drawn), v_gs, v_ds, v_sb (V), celsius, each (n,);  current  A, (n,)
    """

    points: Mapping[str, np.ndarray]
    current: np.ndarray

    def __post_init__(self) -> None:
        missing = [name for name in COLUMNS if name not in self.points]
        if missing:
            raise InputError(f"measured currents need the columns {', '.join(COLUMNS)}; there is no {', '.join(missing)}")
        sizes = {name: np.shape(self.points[name]) for name in COLUMNS}
        wrong = [name for name, size in sizes.items() if size != np.shape(self.current)]
        if wrong or np.ndim(self.current) != 1:
            raise InputError(f"measured currents and their columns must be lists of one length; {wrong or 'current'} is not")

    def above(self, floor: float) -> Measured:
        """The points whose current is larger than `floor` (A)."""
        keep = self.current > floor
        return Measured({name: column[keep] for name, column in self.points.items()}, self.current[keep])


@dataclass(frozen=True)
class RegionError:
    """Relative error of the drain current over the points of one region; share 0.1 means 10 %."""

    points: int
    rms: float
    worst: float


@dataclass(frozen=True)
class Extraction:
    """A fitted card.

    card       all parameters of level 44 that were fitted or taken over, rounded to what the fit determines
    deviation  parameter -> standard deviation by the curvature of the fit (0: at the limit of its range)
    errors     region -> RegionError of the rounded card over the grid
    warm       the same at the temperatures of the second fit
    """

    card: dict[str, float]
    deviation: dict[str, float]
    errors: dict[str, RegionError]
    warm: dict[str, RegionError]
    grid: Grid | None = None


class Channel:
    """Drain current, forward inversion and gate charge of a card at the points of a grid, by NumPy."""

    def __init__(self, card: Card, kind: str, where: str) -> None:
        if kind not in ("nmos", "pmos"):
            raise InputError(f"{where}: a MOSFET is 'nmos' or 'pmos', not {kind!r}")
        self.device = model_of("m", kind, card, where)
        self.sign = -1.0 if kind == "pmos" else 1.0

    def at(
        self, outputs: tuple[str, ...], points: Mapping[str, np.ndarray], by: tuple[str, ...] = (), **changed: float
    ) -> list[np.ndarray]:
        """Outputs ("q_g" or of the model's report: "i_d", "i_f") at points, then d i_d / d parameter `by`, each (n,)."""
        size = {"w": points["w"], "l": points["l"]}
        values = {**self.device.instance_values(size, points["celsius"]), **changed}
        volts = points["v_ds"], points["v_gs"], np.zeros_like(points["v_gs"]), -points["v_sb"]
        terminals = {f"v{k}": self.sign * v for k, v in enumerate(volts)}
        found = program(self.device.variant, outputs, by).full(terminals, values)
        return [np.broadcast_to(v, points["v_gs"].shape) for v in found]

    def current(self, points: Mapping[str, np.ndarray]) -> np.ndarray:
        """I_D (n,), of the sign of an NMOS; without junctions."""
        return self.sign * self.at(("i_d",), points)[0]


@cache
def program(variant: Variant, outputs: tuple[str, ...], by: tuple[str, ...]) -> Split:
    """The graph of a transistor reduced to some outputs (see `Channel.at`)."""
    graph = graph_of(variant)
    known = {**graph.report, "q_g": graph.charges[1]}
    wanted = [*(known[k] for k in outputs), *(ca.jacobian(known["i_d"], graph.params[k]) for k in by)]
    return Split({f"v{k}": v for k, v in enumerate(graph.voltages)}, graph.params, wanted)


def carried_over(card: Card, kind: str, where: str = "card") -> dict[str, float]:
    """Parameters of EKV that a card states in other words: effective size, oxide, overlaps, junctions, PHI.

    InputError for a card without them (a level other than those of BSIM3 and EKV).
    """
    device = model_of("m", kind, card, where)
    v = device.values
    if isinstance(device, EKV):
        return {"level": 44, **{name: v[name] for name in CARD}}
    if not isinstance(device, BSIM3):
        raise InputError(f"{where}: of this level no parameters of EKV are known; give a card of BSIM3 (49) or EKV (44)")
    fringe = v["cf"] if device.options.capmod else 0.0
    phi = 2.0 * K_OVER_Q * 300.15 * math.log(v["nch"] / NI)
    return {
        "level": 44,
        "phi": round(phi, 3),
        "cox": EPS_OX / v["tox"],
        "dl": v["xl"] - 2.0 * v["lint"],
        "dw": v["xw"] - 2.0 * v["wint"],
        "cgso": v["cgso"] + fringe,
        "cgdo": v["cgdo"] + fringe,
        "cgbo": v["cgbo"],
        "n": v["nj"],
        **{name: v[name] for name in SAME},
    }


def current_errors(card: Card, reference: Card, kind: str, grid: Grid = Grid()) -> dict[str, RegionError]:
    """Relative error of I_D of an EKV card against a reference, by region of inversion; empty regions are left out."""
    return measured_errors(card, computed(reference, kind, grid), kind, grid.floor)


def computed(card: Card, kind: str, grid: Grid) -> Measured:
    """What a measurement of a card's transistor would give at the points of a grid."""
    points = grid.points()
    return Measured(points, Channel(card, kind, "reference").current(points))


def measured_errors(card: Card, measured: Measured, kind: str, floor: float = 1e-13) -> dict[str, RegionError]:
    """Relative error of I_D of an EKV card against currents above `floor`, by region; empty regions are left out."""
    ours, kept = Channel(card, kind, "card"), measured.above(floor)
    if not isinstance(ours.device, EKV):
        raise InputError(f"regions of inversion are those of EKV: the first card has level {card.get('level')}, not 44")
    if not kept.current.size:
        raise InputError(f"no current of the reference is above {floor:g} A on this grid: take higher v_gs")
    current, inversion = ours.at(("i_d", "i_f"), kept.points)
    error = ours.sign * current / kept.current - 1.0
    found = {}
    for name, (low, high) in REGIONS.items():
        inside = error[(inversion >= low) & (inversion < high)]
        if inside.size:
            found[name] = RegionError(inside.size, float(np.sqrt(np.mean(inside**2))), float(np.abs(inside).max()))
    return found


def gate_charge_error(card: Card, reference: Card, kind: str, size: tuple[float, float], supply: float = 1.0) -> float:
    """Relative error of the charge that raises the gate from 0 to the supply, drain and source at 0 V, overlaps included."""
    moved = []
    for each in (card, reference):
        points = Grid((size,), (0.0, supply), (0.0,)).points()
        low, high = Channel(each, kind, "card").at(("q_g",), points)[0]
        moved.append(high - low)
    return float(moved[0] / moved[1] - 1.0)


def extract_ekv(
    card: Card,
    kind: str,
    grid: Grid = Grid(),
    *,
    free: Sequence[str] = FREE,
    warm: Sequence[float] = (0.0, 85.0),
    fixed: Mapping[str, float] | None = None,
) -> Extraction:
    """The EKV card (level 44) whose drain currents come nearest to a card's.

    grid    biases, sizes and temperatures of the fit of `free`
    warm    temperatures at which WARM (TCV, BEX, UCEX) is fitted afterwards; () leaves them at their defaults
    fixed   parameters to hold, beyond what is taken over from the card

    InputError for names that EKV does not have, or if fewer than two points a parameter carry a current.
    """
    check_names((*free, *(fixed or {})))
    start = {**carried_over(card, kind), **(fixed or {})}
    found, deviation = fitted(start, computed(card, kind, grid), kind, free, grid.floor)
    warmed: dict[str, RegionError] = {}
    if warm:
        other = replace(grid, celsius=tuple(warm))
        found, more = fitted(found, computed(card, kind, other), kind, WARM, grid.floor)
        deviation, warmed = deviation | more, current_errors(found, card, kind, other)
    return Extraction(found, deviation, current_errors(found, card, kind, grid), warmed, grid)


def extract_measured(
    measured: Measured,
    kind: str,
    fixed: Mapping[str, float],
    *,
    free: Sequence[str] = FREE,
    start: Mapping[str, float] | None = None,
    warm: Measured | None = None,
    floor: float = 1e-13,
) -> Extraction:
    """The EKV card (level 44) whose drain currents come nearest to measured ones above `floor`.

    measured  at one temperature, at which `free` is fitted;  warm  at others, to which WARM is fitted afterwards
    fixed     what the currents do not tell: COX, PHI, DL, DW, overlaps, junctions (left out: EKV's defaults, of 0.35 um)
    start     where the search of `free` begins (left out: there too); far from 0.35 um it must be told roughly

    InputError for names that EKV does not have, or if fewer than two points a parameter carry a current.
    """
    check_names((*free, *fixed, *(start or {})))
    found, deviation = fitted({"level": 44, **fixed}, measured, kind, free, floor, start or {})
    warmed: dict[str, RegionError] = {}
    if warm is not None:
        found, more = fitted(found, warm, kind, WARM, floor)
        deviation, warmed = deviation | more, measured_errors(found, warm, kind, floor)
    return Extraction(found, deviation, measured_errors(found, measured, kind, floor), warmed)


def check_names(names: Sequence[str]) -> None:
    """InputError for what is no parameter of EKV."""
    for name in names:
        if name not in CARD:
            raise InputError(f"EKV has no parameter {name!r}{nearest(name, CARD)}")


def fitted(
    start: Mapping[str, float],
    measured: Measured,
    kind: str,
    free: Sequence[str],
    floor: float,
    begin: Mapping[str, float] | None = None,
) -> tuple[dict[str, float], dict[str, float]]:
    """One least-squares fit of `free` from `begin`, else the defaults of EKV: rounded card, deviations."""
    kept = measured.above(floor)
    points, target = kept.points, kept.current
    if target.size < 2 * len(free):
        raise InputError(f"{target.size} currents above {floor:g} A do not fix {len(free)} parameters of EKV")
    low, high = (np.array([CARD[name][k] for name in free]) for k in (2, 3))
    begin = {name: CARD[name][1 if kind == "pmos" else 0] for name in free} | dict(begin or {})
    first = np.array([begin[name] for name in free])
    present = {name: begin[name] or CARD[name][3] for name in free}  # so that no effect is left out of the equations
    channel = Channel({**start, **present}, kind, "start")
    scale = np.where(first == 0.0, 1e-3 * (high - low), np.abs(first))

    def residual(x: np.ndarray) -> np.ndarray:
        current = channel.at(("i_d",), points, **dict(zip(free, x, strict=True)))[0]
        return np.log(np.maximum(channel.sign * current, 1e-30) / target)

    def slope(x: np.ndarray) -> np.ndarray:
        current, *rates = channel.at(("i_d",), points, tuple(free), **dict(zip(free, x, strict=True)))
        return np.stack([rate / current for rate in rates], axis=1)

    found = least_squares(residual, first, slope, bounds=(low, high), x_scale=scale, xtol=1e-12, ftol=1e-12)
    values = np.select([found.active_mask < 0, found.active_mask > 0], [low, high], found.x)
    deviation = dict(zip(free, deviations(found, scale).tolist(), strict=True))
    rounded = {name: to_digits(float(x), deviation[name]) for name, x in zip(free, values, strict=True)}
    return {**start, **rounded}, deviation


def deviations(found: Any, scale: np.ndarray) -> np.ndarray:
    """Standard deviations of the parameters, (n,); 0 of those that lie at the limit of their range."""
    inner = found.active_mask == 0
    jacobian = (found.jac * scale)[:, inner]
    spread = 2.0 * found.cost / max(len(found.fun) - int(inner.sum()), 1)
    values = np.zeros(len(scale))
    values[inner] = scale[inner] * np.sqrt(spread * np.diag(np.linalg.pinv(jacobian.T @ jacobian)))
    return values


def to_digits(value: float, deviation: float) -> float:
    """A number without digits below a tenth of its deviation; at a limit (deviation 0) four digits."""
    if value == 0.0:
        return 0.0
    if deviation <= 0.0:
        return float(f"{value:.4g}")
    return float(f"{value:.{max(0, math.floor(math.log10(abs(value) / deviation)) + 1)}e}")
