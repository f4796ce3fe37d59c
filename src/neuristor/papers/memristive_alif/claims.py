"""The document's statements, each with what the simulation says of it."""

from __future__ import annotations

import numpy as np

from ...presets.memristive_alif import AMPLITUDE
from ..base import Claim, holds
from .runs import ALL, FAST_AMPLIFIER, FAST_COMPARATOR, NO_LOAD, REST, Runs

ADAPTS = 1.05  # last over first interval from which a neuron is said to adapt
AT_ZERO = 0.05  # a state below counts as reset to zero


def claims(r: Runs) -> list[Claim]:
    """All of them, in the order of the document."""
    return [*model_claims(r), *state_claims(r), *figure_five(r), *figure_six(r), *energy_claims(r)]


def model_claims(r: Runs) -> list[Claim]:
    exact, hardware = r.laws
    grid = "; ".join(f"reset {g.reset}, {1e9 * g.dt:g} ns: {len(g.spikes)} of {g.located}" for g in r.grid)
    off, on = r.at_capacitor
    right = all(len(g.spikes) == g.located for g in r.grid)
    return [
        Claim(
            "parameters", "Materials", "The memristor's parameters are optimised by fitting to measured data.", "", "",
            "none printed", "not reproducible",
            "Neither the fitted values nor C, R_s, v_th or the hysteresis are given: every number below rests on the list "
            "of choices.",
        ),
        Claim(
            "rk4", "Materials", "RK4 solves the equations.", "", "", grid, holds(right, "partly"),
            "Spikes of a plain program that looks at the threshold after each step, of those with events located: every "
            f"spike is late by part of a step and the lags add up, to {1e6 * r.grid[0].lag:.0f} us at "
            f"{1e9 * r.grid[0].dt:g} ns. The document states no step.",
        ),
        Claim(
            "interval", "Adaptive LIF", "f = 1/ISI, ISI = A + T_m log(I R / (I R - v_th)).", "", "",
            [exact.misfit, hardware.misfit], holds(max(exact.misfit, hardware.misfit) < 0.02, "partly"),
            f"Largest misfit over {1e3 * exact.currents[0]:g} to {1e3 * exact.currents[-1]:g} mA at a frozen memristor, "
            f"equations and hardware: A = {1e9 * exact.a:.0f} and {1e9 * hardware.a:.0f} ns, T_m = {exact.relative:.3f} and "
            f"{hardware.relative:.3f} (R_m + R_s) C. It describes one state; adaptation is R_m moving in it. (ISI is called "
            "the inverse interval there, a slip.)",
        ),
        Claim(
            "threshold-place", "Adaptive LIF", "The voltage across the memristor is the membrane potential.", "", "",
            on / off, holds(on / off < ADAPTS < r.adaptation.ratio[0], "partly"),
            "Interval with the memristor fully ON over that fully OFF if the threshold were on the capacitor, as in the "
            f"plain LIF neuron: no adaptation to speak of. On the memristor it is {r.closed_form / r.frozen.first:.2f}.",
        ),
        Claim(
            "exponential", "Introduction", "The adaptive LIF model has an exponential voltage dependence and shows "
            "bursting, delayed and other patterns.", "", "", "adapting only", "not reproducible",
            "That is the adaptive exponential model. Eq. 2 has no such term, and at a constant input its intervals only "
            "grow.",
        ),
    ]  # fmt: skip


def state_claims(r: Runs) -> list[Claim]:
    able = [s for s in r.sets if s.spikes]
    forgets = [s.name for s in able if s.x_rest < AT_ZERO]
    told = "; ".join(f"{s.name}: x = {s.x_rest:.2g} within {s.retention:.2g} s" for s in able)
    return [
        Claim(
            "mechanism", "Adaptive LIF", "A lower resistance lowers the memristor's voltage; at a constant threshold that "
            "is the adaptation.", "", "", r.frozen.ratio,
            holds(bool(abs(r.frozen.ratio - 1) < 1e-3 and r.adaptation.ratio[0] > ADAPTS)),
            f"Last over first interval with the memristor frozen; with it moving {r.adaptation.ratio[0]:.3f}. The closed "
            f"form at R_on gives {1e6 * r.closed_form:.2f} us, the run ends at {1e6 * r.adaptation.last[0]:.2f} us.",
        ),
        Claim(
            "reset-of-state", "Adaptive LIF", "Over time the residual voltage resets the state variable to zero.", 0.0, "1",
            r.rest, holds(r.rest < AT_ZERO, "partly" if forgets else "not reproducible"),
            f"State {REST:g} s after the input. At rest the switch returns to 1 / (1 + e^(q (V_on + V_off) / kT)), V_off "
            "signed, which is zero only for a volatile device. Of the published sets that "
            f"fire here: {told}. A pause of 0.5 ms undoes nothing: the interval after it is {r.adaptation.pause[0]:.3f} "
            "times that before. "
            + (f"So the statement asks for a device such as {' or '.join(forgets)}." if forgets else "None is."),
        ),
    ]  # fmt: skip


def figure_five(r: Runs) -> list[Claim]:
    x, n, spikes = r.trace["x"][0], r.neuron, r.trace.spikes[0]
    at_spikes = np.interp(spikes[[0, -1]], r.trace.time, x)
    early, late = (float(v) for v in n.v_th * (1 + n.r_s / n.memristor.resistance(at_spikes)))
    first, last = AMPLITUDE * r.adaptation.first[0], AMPLITUDE * r.adaptation.last[0]
    ratios = r.levels.ratio
    return [
        Claim(
            "adapts", "figure 5a", "A high rate at first, which decreases as the memristor turns ON.", "", "",
            float(r.adaptation.ratio[0]), holds(bool(r.adaptation.ratio[0] > ADAPTS)),
            f"Last over first interval: {1e6 * r.adaptation.first[0]:.2f} to {1e6 * r.adaptation.last[0]:.2f} us; spikes "
            f"per burst {', '.join(map(str, r.adaptation.counts[0][:5]))} ... {r.adaptation.counts[0][-1]}.",
        ),
        Claim(
            "state-rises", "figure 5b", "x_m increases with the excitation, R_m decreases.", "", "", float(x[-1]),
            holds(bool(x[-1] > 0.9 and np.diff(x).min() > -1e-6)),
            f"State after {1e3 * r.trace.duration:g} ms, from {x[0]:g}: it never falls, in pauses too.",
        ),
        Claim(
            "more-charge", "figure 5c", "As the resistance falls, C needs a higher voltage and more charge.", "", "",
            [late / early, last / first], holds(bool(late > early and last > first)),
            f"Peak of v_c {early:.2f} to {late:.2f} V, which is v_th (1 + R_s / R_m); charge of the input in an interval "
            f"{1e9 * first:.1f} to {1e9 * last:.1f} nC.",
        ),
        Claim(
            "depends-on-input", "Conclusions", "The response adjusts to amplitude and frequency of the input.", "", "",
            [float(np.nanmin(ratios)), float(np.nanmax(ratios))],
            holds(bool(np.ptp(ratios.reshape(4, 3), axis=1).min() > 0.05), "partly"),
            "Smallest and largest ratio of intervals over 0.3 to 2 mA and 0.3 to 3 kHz. The amplitude matters, most near "
            "I R_on = v_th, below which the neuron stops; the frequency does not once the memristor is ON.",
        ),
    ]  # fmt: skip


def figure_six(r: Runs) -> list[Claim]:
    hardware, ideal = r.adapted["hardware"], r.adapted["ideal"]
    told = "; ".join(f"{name}: {p.ratio:.3f}" for name, p in r.parts.items())
    back = {k: (p.ratio - hardware.ratio) / (ideal.ratio - hardware.ratio) for k, p in r.parts.items()}
    load, speed, comparator, whole = (100 * back[k] for k in (NO_LOAD, FAST_AMPLIFIER, FAST_COMPARATOR, ALL))
    x = float(r.hardware["x(y1)"][0, -1])
    weaker = 1 - (hardware.ratio - 1) / (ideal.ratio - 1)
    return [
        Claim(
            "weaker", "figures 6a, 6b", "The circuit adapts too, less pronounced.", "", "", [hardware.ratio, ideal.ratio],
            holds(weaker > 0.25, "partly" if weaker > 0 else "not reproducible"),
            f"Ratio of intervals with named parts and ideal; spikes {len(hardware.spikes)} and {len(ideal.spikes)}. The "
            f"growth is {100 * weaker:.0f} % weaker: too little to see in a plot.",
        ),
        Claim(
            "damping", "figure 6", "The damping of op-amps and comparators causes it.", "", "", told, "partly",
            f"Ratio with parts improved. Of what is missing to the ideal circuit {load:.0f} % come back without the load of "
            f"the amplifier's resistors on the memristor, {speed:.0f} % with a fast amplifier, {comparator:.0f} % with a "
            f"fast comparator, {whole:.0f} % with all of them. The delays make a dead time at every spike, which weighs "
            "more in short intervals; the larger part is a load.",
        ),
        Claim(
            "digital-spikes", "figure 6c", "The digital spike signal does not clearly show the adaptation.", "", "",
            hardware.ratio, holds(hardware.ratio < ADAPTS),
            "Last over first interval of the comparator's output: the same growth, as there is one output pulse for each "
            "discharge.",
        ),
        Claim(
            "tends-to-on", "figure 6d", "The memristor tends to R_on throughout the test.", 1.0, "1", x, holds(x > 0.95),
            f"State of the hardware's memristor after {1e3 * r.hardware.duration:g} ms.",
        ),
    ]  # fmt: skip


def energy_claims(r: Runs) -> list[Claim]:
    s, h = r.spent, r.hardware_spent
    first, last = sum(h.first.values()), sum(h.last.values())
    static = 1 - h.last["iin"] / last
    return [
        Claim(
            "fewer-spikes-less-energy", "Conclusions", "Fewer spikes in the low-resistance state mean less energy.", "", "",
            s.power_ratio, holds(s.power_ratio < 1),
            f"Power of the input in the last interval over the first: the rate falls to {s.rate_ratio:.2f} of itself, the "
            f"energy of a spike grows {s.energy_ratio:.2f} times ({1e9 * s.early:.1f} to {1e9 * s.late:.1f} nJ), because C "
            "must reach a higher voltage at the same current. Over a whole period "
            f"{1e9 * s.burst_energy[0]:.0f} nJ become {1e9 * s.burst_energy[-1]:.0f} nJ.",
        ),
        Claim(
            "hardware-energy", "Conclusions", "The circuit is sustainable: energy follows the rate of spikes.", "", "",
            last / first, holds(last / first < 0.9),
            f"Energy of the last period over the first, all sources: {1e6 * first:.1f} uJ with {h.spikes[0]} spikes, "
            f"{1e6 * last:.1f} uJ with {h.spikes[1]}. {100 * static:.0f} % of it feed amplifier and comparator, whether it "
            "spikes or not (class values of their supply currents).",
        ),
    ]  # fmt: skip


def summary(r: Runs) -> str:
    """The findings in a few sentences."""
    hardware, ideal = r.adapted["hardware"], r.adapted["ideal"]
    return (
        f"With chosen values, as the text gives none, eq. 2 adapts: {len(ideal.spikes)} spikes in 20 ms, the interval grows "
        f"{r.adaptation.ratio[0]:.2f} times while the memristor turns ON. With op-amp, comparator and switch of the named "
        f"class it grows {hardware.ratio:.2f} times ({len(hardware.spikes)} spikes): weaker, but hardly. The state does not "
        f"reset at rest unless the device is volatile, and fewer spikes do not save energy: a spike costs "
        f"{r.spent.energy_ratio:.1f} times more, the power rises {r.spent.power_ratio:.2f} times. RK4 with a threshold test "
        f"after each step loses spikes."
    )
