"""How straight the output of a mixed-signal neuron is in the weight: INL and DNL in least bits, nominal or with mismatch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..circuits import analyses
from ..circuits.cells.mixed_signal_mac import MixedSignalMAC
from ..circuits.variation import Mismatch, vary
from ..errors import InputError
from ..quantities import one_number, show
from .base import Result
from .mac_point import mac_of

ALL_CODES = 10  # bits of which every weight is measured; of more those around the carries, and evenly spaced ones
SPACED = 129
MOST_LANES = 200_000


@dataclass(frozen=True)
class MacLinearity(Result):
    """V_out against the weight of the first synapse at one input; SI units, nonlinearity in least bits.

    codes (n,); v_out (n,) from that of weight 0 on; inl (n,) from the line through both ends; dnl (n,) of the step that ends
    at a code, NaN where the code before was not measured;  v_in  V;  lsb  V at the output;  worst_inl, worst_dnl
    """

    codes: np.ndarray
    v_out: np.ndarray
    inl: np.ndarray
    dnl: np.ndarray
    v_in: float
    lsb: float
    worst_inl: float
    worst_dnl: float
    engine: str


@dataclass(frozen=True)
class MacMismatch(Result):
    """A neuron with random differences between its devices, over samples; SI units.

    a_vt (V m), a_beta (m), tail    what was drawn, of one device or unit tail
    offset    (samples,) V at the first synapse's input (full weight)
    gain      (samples,) between zero and v_in;  nominal_gain
    inl, dnl  (samples,) largest magnitudes over the codes around the carries, least bits
    monotonic   share of samples whose output rises with every such code
    offset_sigma, gain_sigma (relative), inl_median, inl_q95, dnl_median, dnl_q95   of these
    """

    samples: int
    seed: int
    a_vt: float
    a_beta: float
    tail: float
    v_in: float
    offset: np.ndarray
    gain: np.ndarray
    inl: np.ndarray
    dnl: np.ndarray
    nominal_gain: float
    monotonic: float
    offset_sigma: float
    gain_sigma: float
    inl_median: float
    inl_q95: float
    dnl_median: float
    dnl_q95: float


def mac_linearity(subject: Any, *, bits: int = 0, v_in: Any = "10 mV", engine: str = "native") -> MacLinearity:
    """INL and DNL in the weight of a mixed-signal neuron, without mismatch.

    bits   of the weights (0: the neuron's own);  v_in  at the first synapse; the others keep their weights at zero input
    """
    cell = mac_of(subject, "mac_linearity", bits)
    volts = input_voltage(cell, v_in, "mac_linearity")
    codes = every_code(cell.bits)
    v_out = code_outputs(cell, codes, np.full(len(codes), volts), engine=engine)[:, 0]
    lsb, inl, dnl = nonlinearity(codes, v_out[:, None])
    return MacLinearity(
        codes=codes,
        v_out=v_out - v_out[0],
        inl=inl[:, 0],
        dnl=dnl[:, 0],
        v_in=volts,
        lsb=float(lsb[0]),
        worst_inl=float(np.abs(inl).max()),
        worst_dnl=float(np.nanmax(np.abs(dnl))),
        engine=engine,
    )


def mac_mismatch(
    subject: Any,
    *,
    bits: int = 0,
    samples: int = 200,
    seed: int = 0,
    a_vt: Any = "1.3 mV um",
    a_beta: Any = "0.7 % um",
    tail: Any = "0 %",
    v_in: Any = "10 mV",
) -> MacMismatch:
    """Offset, gain, INL and DNL of a mixed-signal neuron whose devices differ at random, one lane a sample.

    a_vt, a_beta   Pelgrom coefficients of one device, sigma = A / sqrt(W L). The default threshold is 1 mV um a nm of
                   oxide for the difference of two (M. Pelgrom, H. Tuinhout, M. Vertregt, IEDM 1998) at 1.85 nm, over
                   sqrt 2; the current factor is chosen
    tail           relative sigma of a unit tail; a tail of 2^b units has 2^(-b/2) of it
    """
    cell = mac_of(subject, "mac_mismatch", bits)
    if samples < 2:
        raise InputError(f"mac_mismatch: samples = {samples}: at least two are needed")
    volts = input_voltage(cell, v_in, "mac_mismatch")
    spread = (
        one_number(a_vt, "V m", "mac_mismatch: a_vt"),
        one_number(a_beta, "m", "mac_mismatch: a_beta"),
        one_number(tail, "1", "mac_mismatch: tail"),
    )
    if min(spread) < 0 or spread[2] > 1:
        raise InputError("mac_mismatch: a_vt and a_beta must not be below zero, and tail must be from 0 to 100 %")
    codes = carries(cell.bits)
    asked, inputs = np.append(codes, cell.w_max), np.append(np.full(len(codes), volts), 0.0)
    v_out = code_outputs(cell, asked, inputs, mismatch=differences(cell, *spread), samples=samples, seed=seed)
    _, inl, dnl = nonlinearity(codes, v_out[:-1])
    gain = (v_out[-2] - v_out[-1]) / volts
    nominal = code_outputs(cell, np.array([cell.w_max] * 2), np.array([0.0, volts]))[:, 0]
    inl, dnl = np.abs(inl).max(axis=0), np.nanmax(np.abs(dnl), axis=0)
    offset = v_out[-1] / gain
    middle, high = (np.quantile([inl, dnl], q, axis=1) for q in (0.5, 0.95))
    return MacMismatch(
        samples, seed, *spread, volts, offset, gain, inl, dnl,
        nominal_gain=float(np.diff(nominal)[0] / volts),
        monotonic=float(np.mean(np.all(np.diff(v_out[:-1], axis=0) * np.sign(volts) > 0, axis=0))),
        offset_sigma=float(offset.std(ddof=1)),
        gain_sigma=float(gain.std(ddof=1) / gain.mean()),
        inl_median=float(middle[0]), inl_q95=float(high[0]), dnl_median=float(middle[1]), dnl_q95=float(high[1]),
    )  # fmt: skip


def input_voltage(cell: MixedSignalMAC, v_in: Any, where: str) -> float:
    """V, other than zero and no more than the supply."""
    volts = one_number(v_in, "V", f"{where}: v_in")
    if abs(volts) > cell.v_dd:
        raise InputError(f"{where}: v_in = {show(volts, 'V')} is beyond the supply of {show(float(cell.v_dd), 'V')}")
    if volts == 0.0:
        raise InputError(f"{where}: v_in must be other than {show(0.0, 'V')}: without an input the weight does not show")
    return volts


def every_code(bits: int) -> np.ndarray:
    """All weights from 0 to 2^N - 1, of more than ALL_CODES bits the carries and evenly spaced ones."""
    if bits <= ALL_CODES:
        return np.arange(2**bits)
    return np.union1d(carries(bits), np.linspace(0, 2**bits - 1, SPACED).astype(int))


def carries(bits: int) -> np.ndarray:
    """0, 2^N - 1 and both sides of every carry, where binary weights err most: 2^k - 1 and 2^k."""
    powers = 2 ** np.arange(bits)
    return np.unique([0, *(powers - 1), *powers, 2**bits - 1])


def differences(cell: MixedSignalMAC, a_vt: float, a_beta: float, tail: float) -> Mismatch:
    """Independent Gaussian differences of all transistors, and of tails."""
    both = {"delvto": a_vt, "mulu0": a_beta}
    tails = {f"i{k}.{b}": tail * 2.0 ** (-b / 2) for k in range(cell.synapses) for b in range(cell.bits)}
    return Mismatch({"nmos": both, "pmos": both}, source=tails if tail else {}, where="mac_mismatch")


def code_outputs(
    cell: MixedSignalMAC, codes: np.ndarray, inputs: np.ndarray, *, engine: str = "native",
    mismatch: Mismatch | None = None, samples: int = 1, seed: int = 0,
) -> np.ndarray:  # fmt: skip
    """V_out (codes, samples) for weights and inputs (V) of the first synapse; others keep their weights, at zero input."""
    if len(codes) * samples > MOST_LANES:
        raise InputError(f"{len(codes)} weights x {samples} samples are more than {MOST_LANES} lanes: take fewer samples")
    weights = np.tile(cell.weights, (len(codes), 1))
    weights[:, 0] = codes
    volts = np.zeros(weights.shape)
    volts[:, 0] = inputs
    netlist = cell.lanes_netlist(weights, volts)
    if mismatch is not None:
        netlist = vary(netlist, mismatch, samples, seed)
    found = analyses.op(netlist, engine)
    if found.failures:
        raise InputError(f"{cell.name}: {found.failures[0]}")
    return (found["outp"] - found["outn"]).reshape(len(codes), samples)


def nonlinearity(codes: np.ndarray, v_out: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Least bit (samples,), INL and DNL (codes, samples) of outputs (codes, samples); first and last code are the ends."""
    lsb = (v_out[-1] - v_out[0]) / (codes[-1] - codes[0])
    inl = (v_out - v_out[0]) / lsb - (codes - codes[0])[:, None]
    dnl = np.full(v_out.shape, np.nan)
    next_to = np.flatnonzero(np.diff(codes) == 1)
    dnl[next_to + 1] = (v_out[next_to + 1] - v_out[next_to]) / lsb - 1.0
    return lsb, inl, dnl
