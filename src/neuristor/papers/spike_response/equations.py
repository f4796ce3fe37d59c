"""What equations 1 to 4 say of one neuron: its responses, its refractoriness, the circuit it resembles."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from ...circuits import parse_spice, tran
from ...networks.membranes import UNIT, standard
from ...neurons.linear_leak import LinearLeak
from ...neurons.spike_response import SpikeResponse, membrane_potential
from ...stimulus import SpikeTrain, Step

SHOWN = 0.4  # s after one spike
DRIVE = 500.0  # Hz, of spikes of weight 1: fires the neuron again and again
WEIGHT = 1e-3  # V
PULSE = 1e-6  # s, of the current that stands for a spike
SHORT = 1e-4  # tau_s over tau_m, for the limit of an integrate-and-fire neuron


@dataclass(frozen=True)
class Equations:
    """time (s) and potentials (V) after one spike of weight 1: both models; then what tests the equations.

    sums            largest distance of the simulation from the sums of eq. 4, over the peak
    peaks           s, of one response: simulated and tau_m tau_s / (tau_m - tau_s) ln(tau_m / tau_s)
    inhibitory      V, lowest after a spike of weight -1
    refractory      time (s) and potential (V) around the first output spike, with eq. 2 as printed and as meant
    fires           spikes in SHOWN as meant, and as printed
    circuit         largest distance of two RC circuits from eq. 1, over the peak
    intervals       s: of the neuron with tau_s -> 0 and tau_r = tau_m, of the integrate-and-fire neuron
    """

    time: np.ndarray
    spike_response: np.ndarray
    linear: np.ndarray
    sums: float
    peaks: tuple[float, float]
    inhibitory: float
    refractory: tuple[np.ndarray, np.ndarray, np.ndarray]
    fires: tuple[int, int]
    circuit: float
    intervals: tuple[float, float]


def equations() -> Equations:
    neuron, linear = standard("spike_response"), standard("linear_leak")
    assert isinstance(neuron, SpikeResponse)
    assert isinstance(linear, LinearLeak)
    options = {"duration": SHOWN, "samples": 4001, "rtol": 1e-10}
    one = neuron.simulate(SpikeTrain([[0.0]], UNIT, unit="V/s"), **options)
    response = one["u_m"][0] - one["u_s"][0]
    straight = linear.simulate(SpikeTrain([[0.0]], UNIT, unit="V/s"), **options)["p_mem"][0]
    tau_m, tau_s = neuron.tau_m, neuron.tau_s
    peak = tau_m * tau_s / (tau_m - tau_s) * np.log(tau_m / tau_s)
    refractory, fires, sums = refractoriness(neuron)
    return Equations(
        time=one.time, spike_response=response, linear=straight, sums=sums,
        peaks=(float(one.time[np.argmax(response)]), float(peak)),
        inhibitory=float(membrane_potential(neuron, one.time, [np.zeros(1)], [-UNIT], [0.0], np.zeros(0)).min()),
        refractory=refractory, fires=fires, circuit=circuit_distance(neuron), intervals=as_integrate_and_fire(neuron),
    )  # fmt: skip


def refractoriness(neuron: SpikeResponse) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], tuple[int, int], float]:
    """Eq. 2 as meant and as printed under the same input, spikes of both, and the distance from the sums of eq. 4."""
    times = np.arange(1, int(SHOWN * DRIVE)) / DRIVE
    driven = neuron.simulate(SpikeTrain([times], WEIGHT, unit="V/s"), duration=SHOWN, samples=4001, rtol=1e-10)
    potential = driven["u_m"][0] - driven["u_s"][0] + driven["r"][0]
    spikes = driven.spikes[0]
    apart = np.abs(driven.time[:, None] - spikes).min(axis=1) > 1e-9
    sums = membrane_potential(neuron, driven.time, [times], [WEIGHT], [0.0], spikes)
    off = np.abs(sums - potential)[apart].max() / np.abs(potential).max()
    printed = SimpleNamespace(tau_m=neuron.tau_m, tau_s=neuron.tau_s, tau_r=-neuron.tau_r, v_th=neuron.v_th)
    grows = membrane_potential(printed, driven.time, [times], [WEIGHT], [0.0], spikes[:1])  # type: ignore[arg-type]
    again = int(np.sum(grows[driven.time > spikes[0]] >= neuron.v_th))
    return (driven.time, potential, grows), (len(spikes), 1 + again), float(off)


def circuit_distance(neuron: SpikeResponse) -> float:
    """Two RC circuits charged by the same short pulse: the difference of their voltages against eq. 1."""
    c = 1e-9
    charge = c * UNIT
    netlist = parse_spice(
        f"""two RC circuits
        im 0 m pulse(0 {charge / PULSE} 0 1p 1p {PULSE} 10)
        is 0 s pulse(0 {charge / PULSE} 0 1p 1p {PULSE} 10)
        cm m 0 {c}
        cs s 0 {c}
        rm m 0 {neuron.tau_m / c}
        rs s 0 {neuron.tau_s / c}
        .tran 0.1m {SHOWN / 4}
        .end
        """
    )
    trace = tran(netlist, rtol=1e-8)
    psp = membrane_potential(neuron, trace.time - PULSE / 2, [np.zeros(1)], [UNIT], [0.0], np.zeros(0))
    late = trace.time > PULSE
    return float(np.abs(trace["m"][0] - trace["s"][0] - psp)[late].max() / psp.max())


def as_integrate_and_fire(neuron: SpikeResponse) -> tuple[float, float]:
    """Interval (s) at a steady input with tau_s -> 0 and tau_r = tau_m, and tau ln(x / (x - v_th / tau)) of the LIF."""
    limit = neuron.with_(tau_s=SHORT * neuron.tau_m, tau_r=neuron.tau_m)
    x = 1.5 * neuron.v_th / neuron.tau_m
    spikes = limit.simulate(Step(x, unit="V/s"), 10 * neuron.tau_m, record=(), rtol=1e-10).spikes[0]
    exact = neuron.tau_m * np.log(x / (x - neuron.v_th / neuron.tau_m))
    return float(np.diff(spikes)[-1]), float(exact)
