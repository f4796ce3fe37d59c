"""DC transfer of a mixed-signal neuron: output voltage against the input of its first synapse, beside the closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..circuits import analyses
from ..circuits.cells.mixed_signal_mac import MixedSignalMAC, whole
from ..circuits.differential_pair import WeakInversion
from ..circuits.netlist import Dc, Sweep
from ..errors import InputError
from ..quantities import one_number, show
from .base import Result
from .mac_point import Limit, limits_of, mac_of, standing

MOST_POINTS = 10_001


@dataclass(frozen=True)
class MacTransfer(Result):
    """V_out against V_in of the first synapse; SI units.

    weights (n_weights,), v_in (n_inputs,)
    v_out, closed   (n_weights, n_inputs): of the circuit, of the closed form with n_n and n_p at zero input
    slope           (n_weights,) dV_out/dV_in at zero, by the two inputs next to it
    error           (n_weights,) largest |v_out - closed| over the range of closed; NaN for a weight of zero
    n_n, n_p        slope factors of pair and load;  engine
    limits          what bounds these numbers
    """

    weights: np.ndarray
    v_in: np.ndarray
    v_out: np.ndarray
    closed: np.ndarray
    slope: np.ndarray
    error: np.ndarray
    n_n: float
    n_p: float
    engine: str
    limits: tuple[Limit, ...]


def mac_transfer(
    subject: Any, *, bits: int = 0, weights: Any = None, swing: Any = "100 mV", points: int = 41, engine: str = "native"
) -> MacTransfer:
    """V_out against V_in of a mixed-signal neuron for several weights, beside the closed form in weak inversion.

    bits     of the weights (0: the neuron's own);  weights  of the first synapse (default: full, its half, quarter and 1)
    swing    V_in goes from - to +;  points  an odd number of inputs
    Other synapses keep their weights, with zero input. InputError for what is no mixed-signal neuron.
    """
    cell = mac_of(subject, "mac_transfer", bits)
    chosen = read_weights(cell, weights)
    if not 5 <= points <= MOST_POINTS or not points % 2:
        raise InputError(f"mac_transfer: points = {points} must be odd, so that one input is zero, from 5 to {MOST_POINTS}")
    volts = one_number(swing, "V", "mac_transfer: swing")
    if not 0.0 < volts <= cell.v_dd:
        raise InputError(f"mac_transfer: swing = {show(volts, 'V')} must be above 0 V and at most the supply")
    v_in = np.linspace(-1.0, 1.0, points) * volts
    cell = cell.with_(weights=[int(chosen[0]), *cell.weights[1:]])
    state = standing(cell, engine)
    v_out = np.array([outputs(cell, int(w), v_in, engine) for w in chosen])
    closed = closed_form(cell, state.n_n, state.n_p, chosen, v_in)
    middle = points // 2
    reach = np.ptp(closed, axis=1)
    return MacTransfer(
        weights=chosen,
        v_in=v_in,
        v_out=v_out,
        closed=closed,
        slope=(v_out[:, middle + 1] - v_out[:, middle - 1]) / (v_in[middle + 1] - v_in[middle - 1]),
        error=np.abs(v_out - closed).max(axis=1) / np.where(reach > 0, reach, np.nan),
        n_n=state.n_n,
        n_p=state.n_p,
        engine=engine,
        limits=limits_of(state, cell),
    )


def read_weights(cell: MixedSignalMAC, weights: Any) -> np.ndarray:
    """Weights as whole numbers (n,)."""
    if weights is None:
        return np.unique([cell.w_max, cell.w_max // 2, cell.w_max // 4, 1])[::-1]
    given = weights.split(",") if isinstance(weights, str) else np.ravel(weights).tolist()
    return np.array([whole(w, "weights", -cell.w_max, cell.w_max) for w in given])


def outputs(cell: MixedSignalMAC, weight: int, v_in: np.ndarray, engine: str) -> np.ndarray:
    """V_out (n,) for inputs of the first synapse at a weight, evenly spaced."""
    one = cell.with_(weights=[weight, *cell.weights[1:]])
    plan = Dc((Sweep("vin0", float(v_in[0]), float(v_in[-1]), float(v_in[1] - v_in[0])),))
    found = analyses.dc(one.netlist, plan, engine)
    failures = getattr(found, "failures", None)
    if failures:
        raise InputError(f"{cell.name}: weight {weight}: {failures[0]}")
    return found["outp"] - found["outn"]


def closed_form(cell: MixedSignalMAC, n_n: float, n_p: float, weights: np.ndarray, v_in: np.ndarray) -> np.ndarray:
    """V_out (n_weights, n_inputs) in weak inversion, other inputs at zero."""
    model = WeakInversion(cell.bits, cell.synapses, cell.i_unit, cell.v_dd, n_n, n_p, celsius=cell.temperature)
    return model.output(weights[:, None, None], v_in[None, :, None])
