"""The tutorial LIF neuron of the Neuromorphic Engineering Book, chapter 5.1, on the tutorial's own numbers.

The tutorial steps a leaky integrate-and-fire neuron on a grid of 0.1 ms. Its published arithmetic is run here beside
the located solution of the same equations, and the difference is taken apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..experiments import fi_curve, phase_plane
from ..neurons import LIF, HodgkinHuxley, Izhikevich
from ..stimulus import PWL, Step, Triangle
from ..subject import simulate
from .base import Claim, Paper, Reproduction, holds

T_END, PEAK, T_REF = 50e-3, 0.2e-3, 1e-3  # listing "Model Parameters": T, I, tau_ref
V_REST, V_TH, V_SPIKE, R_M, C_M = -70e-3, -40e-3, 50e-3, 1e3, 5e-6


@dataclass(frozen=True)
class GridRun:
    """The tutorial's own run: grid (s), stimulus (A), potential (V), indices of its spikes and of its restarts."""

    dt: float
    time: np.ndarray
    stimulus: np.ndarray
    v_mem: np.ndarray
    spikes: np.ndarray
    restarts: np.ndarray

    @property
    def spike_times(self) -> np.ndarray:
        return self.time[self.spikes]


def published_arithmetic(dt: float = 0.1e-3) -> GridRun:
    """The tutorial's program, statement by statement, in double precision as it runs there.

    The grid is arange(0, T + dt, dt), which by rounding has one point more than T / dt + 1 at dt = 0.1 ms; the stimulus
    is a triangle over these points, held over each step. A step starts only if t > t_init. Where v reaches the
    threshold, the value already computed for the next point stays, and after the refractory period the array's initial
    value, v_rest, is found again.
    """
    time = np.arange(0, T_END + dt, dt)
    stimulus = PEAK * triangle_window(len(time))
    v = np.full(len(time), V_REST)
    decay, t_init = np.exp(-dt / (R_M * C_M)), 0.0
    spikes, restarts = [], []
    waiting = True
    for i, t in enumerate(time[:-1]):
        if t > t_init:
            if waiting:
                restarts.append(i)
                waiting = False
            v_inf = V_REST + R_M * stimulus[i]
            v[i + 1] = v_inf + (v[i] - v_inf) * decay
            if v[i] >= V_TH:
                spikes.append(i)
                v[i] = V_SPIKE
                t_init = t + T_REF
                waiting = True
    return GridRun(dt, time, stimulus, v, np.array(spikes), np.array(restarts))


def triangle_window(n: int) -> np.ndarray:
    """The symmetric triangle of n points without zeros at its ends (SciPy's `triang`)."""
    k = np.arange(1, (n + 1) // 2 + 1)
    rising = 2 * k / (n + 1) if n % 2 else (2 * k - 1) / n
    return np.concatenate([rising, rising[::-1][n % 2 :]])


def located_from_restarts(grid: GridRun) -> np.ndarray:
    """Spike times located on the tutorial's held stimulus, each interval begun where the tutorial began it."""
    found = []
    for start in grid.restarts[: len(grid.spikes)]:
        times, values = grid.time[start:], grid.stimulus[start:]
        held = PWL(np.repeat(times, 2)[1:] - times[0], np.repeat(values, 2)[:-1], unit="A")
        spikes = simulate(LIF.preset("tutorial"), held, record=()).spikes[0]
        found.append(times[0] + spikes[0] if len(spikes) else np.nan)
    return np.array(found)


def closed_form_rate(neuron: LIF, current: np.ndarray) -> np.ndarray:
    """1 / (t_ref + tau_m ln((v_inf - v_reset) / (v_inf - v_th))), 0 at and below rheobase."""
    v_inf = neuron.v_rest + neuron.r_mem * current
    above = v_inf > neuron.v_th
    ratio = np.where(above, (v_inf - neuron.v_reset) / np.where(above, v_inf - neuron.v_th, 1.0), np.inf)
    return np.where(above, 1 / (neuron.t_ref + neuron.r_mem * neuron.c_mem * np.log(ratio)), 0.0)


def reproduce(progress: Callable[[float], None] | None = None) -> Reproduction:
    """Run the tutorial's neuron both ways, its f-I curve, and the other two models of its chapter."""
    tell = progress or (lambda fraction: None)
    neuron = LIF.preset("tutorial")
    grid = published_arithmetic()
    trace = simulate(neuron, Triangle(PEAK, T_END))
    tell(0.3)
    located = trace.spikes[0]
    restarted = located_from_restarts(grid)
    finer = {dt: published_arithmetic(dt).spike_times for dt in (0.1e-3, 0.01e-3, 0.001e-3)}
    tell(0.6)
    curve = fi_curve(neuron, np.arange(1, 120, 2) * 1e-6, duration=1.0)
    closed = closed_form_rate(neuron, curve.currents)
    tell(0.8)
    cell = Izhikevich.preset("RS")
    izhikevich = simulate(cell, Step(10.0, start=20e-3, unit="V/s"), 0.3)
    squid = simulate(HodgkinHuxley(), Step("10 uA/cm2", start=5e-3), 0.1)
    plane = phase_plane(cell, 10.0, duration=0.3)
    tell(1.0)
    return PAPER.reproduction(
        summary=SUMMARY.format(grid=len(grid.spikes), located=len(located), lag=1e3 * free_lag(grid, located)),
        claims=claims(grid, located, restarted, finer, curve.rates, closed),
        results={
            "trace": trace,
            "grid": grid,
            "restarted": restarted,
            "convergence": {
                dt: float(np.abs(first(t, located) - located[: len(first(t, located))]).max()) for dt, t in finer.items()
            },
            "fi_curve": curve,
            "closed_form": closed,
            "izhikevich": izhikevich,
            "hodgkin_huxley": squid,
            "phase_plane": plane,
        },
        chosen=[
            "v_reset = v_rest: the program never writes a reset value; after the refractory period it finds the array's "
            "initial value, vRest, again.",
            "The continuous stimulus is a triangle from 0 over 50 ms with its peak at 25 ms; the program's has 502 points "
            "and peaks at 25.05 ms.",
            "The chapter's Izhikevich and Hodgkin-Huxley pages are not part of the document: their published parameter "
            "sets (Izhikevich 2003 RS; Hodgkin & Huxley 1952) stand for them.",
        ],
        parameters=[("LIF, tutorial", neuron), ("Izhikevich, RS", cell), ("Hodgkin-Huxley, squid", HodgkinHuxley())],
    )


def first(times: np.ndarray, located: np.ndarray) -> np.ndarray:
    """As many spikes as the 0.1 ms run has, so that lags of different grids compare like with like."""
    return times[: min(15, len(located))]


def free_lag(grid: GridRun, located: np.ndarray) -> float:
    n = min(len(located), len(grid.spikes))
    return float(np.abs(grid.spike_times[:n] - located[:n]).max())


SUMMARY = (
    "The tutorial's program gives {grid} spikes in 50 ms; its equations, with every spike located, give {located}. "
    "Each single spike of the program is late by less than one 0.1 ms step, because the threshold is tested on the grid. "
    "But the program starts the next interval from that late spike, and its refractory test (t > t_init, in rounded "
    "numbers) waits eleven steps instead of ten in most intervals. The lags add up, to {lag:.2f} ms at its last spike."
)
LISTED = (7.7, 11.1, 13.9, 16.4, 18.7, 20.9, 23.0, 25.0, 27.0, 29.1, 31.3, 33.7, 36.3, 39.4, 43.8)


def claims(
    grid: GridRun, located: np.ndarray, restarted: np.ndarray, finer: dict[float, np.ndarray], rates: np.ndarray,
    closed: np.ndarray,
) -> list[Claim]:  # fmt: skip
    """Every statement of the listing that can be tested."""
    lags = grid.spike_times - restarted
    gaps = np.round((grid.time[grid.restarts[1:]] - grid.spike_times[: len(grid.restarts) - 1]) / grid.dt).astype(int)
    lag = free_lag(grid, located)
    errors = [float(np.abs(first(t, located) - located[: len(first(t, located))]).max()) for t in finer.values()]
    firing = closed > 0
    deviation = float(np.max(np.abs(rates[firing] / closed[firing] - 1)))
    silent = bool(np.all(rates[~firing] == 0))
    order = float(np.log10(errors[0] / errors[-1]) / 2)
    return [
        Claim(
            "tau", "5.1, Simulation parameters", "The membrane time constant is R_m C_m.", 5.0, "ms",
            1e3 * LIF.preset("tutorial").r_mem * LIF.preset("tutorial").c_mem, "reproduced",
        ),
        Claim(
            "grid-spikes", "5.1, Simulating", "The program, run as published, fires at these times.", list(LISTED), "ms",
            np.round(1e3 * grid.spike_times, 3), holds(np.allclose(1e3 * grid.spike_times, LISTED, atol=1e-6)),
            "The document prints the program, not its output; the times are those of the program under NumPy and SciPy. "
            f"Its time array has {len(grid.time)} points, one more than 50 ms / 0.1 ms + 1, by rounding in arange.",
        ),
        Claim(
            "one-step", "5.1, Simulating", "Each spike lies within one 0.1 ms step of the equations' own.", 0.1, "ms",
            float(1e3 * lags.max()), holds(bool(np.all((lags >= 0) & (lags <= grid.dt * (1 + 1e-9))))),
            "Tested interval by interval: the located neuron starts where the program starts, at v_rest when its "
            "refractory period ends on the grid, under the same held stimulus. Every lag is positive.",
        ),
        Claim(
            "spike-count", "5.1, The resulted LIF model", "The neuron fires this often under the 50 ms triangle.",
            len(grid.spikes), "spikes", len(located), "partly" if len(located) != len(grid.spikes) else "reproduced",
            f"Run freely, the program falls behind by up to {1e3 * lag:.2f} ms and loses the last spike: lags of up to one "
            f"step at each threshold and {int(np.sum(gaps == 11))} of {len(gaps)} refractory periods one step too long "
            "add up. The count holds on its grid only.",
        ),
        Claim(
            "refractory", "5.1, Model Parameters", "The refractory period is 1 ms.", 1.0, "ms",
            [float(g * grid.dt * 1e3) for g in (gaps.min(), gaps.max())], holds(bool(gaps.max() == 10), "partly"),
            "`t > t_init` compares rounded sums: a period of ten steps ends after ten or eleven, as rounding falls.",
        ),
        Claim(
            "convergence", "5.1, Simulating", "A finer grid brings the program's spikes to the located ones.", "0", "ms",
            [1e3 * e for e in errors], holds(errors[0] > 5 * errors[1] > 5 * errors[2] and errors[-1] < 0.1e-3, "partly"),
            f"Largest lag of the first 15 spikes at dt = 0.1, 0.01, 0.001 ms: order {order:.2f}, as expected of a threshold "
            "tested on a grid.",
        ),
        Claim(
            "closed-form", "5.1, Simulating", "uinf + (Vm - uinf) exp(-dt/tau) is the exact solution at constant input.",
            "0", "1", deviation, holds(deviation < 1e-9 and silent),
            "f-I curve against 1 / (t_ref + tau_m ln((v_inf - v_reset) / (v_inf - v_th))), silent below 30 uA.",
        ),
        Claim(
            "stimulus-unit", "5.1, Model Parameters", "t_init, the 'stimulus init time', is given in volts.", "V", "",
            "s", "not reproducible", "A slip of the comment: t_init is compared with a time.",
        ),
        Claim(
            "v-spike", "5.1, Model Parameters", "A spike has 50 mV.", 50.0, "mV", 1e3 * float(grid.v_mem.max()),
            "reproduced",
            "Drawn, not computed: the program writes it over the point at which the threshold was passed; the point after "
            "it still shows a potential above threshold.",
        ),
    ]  # fmt: skip


PAPER = Paper(
    name="lif-tutorial",
    title="The leaky integrate and fire model",
    source="Neuromorphic Engineering Book, part II, chapter 5.1: tutorial, models of point neuronal processes",
    reproduce=reproduce,
)
