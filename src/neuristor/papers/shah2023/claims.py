"""The document's statements, each with what the simulation says of it."""

from __future__ import annotations

import numpy as np

from ...presets.published_neurons import PUBLISHED
from ..base import Claim, holds
from .runs import CAPACITANCE, CURRENT, ENERGY, FAULTS, POWER, SAMPLES, SPACING, SUPPLY, Runs

NODE, VACUUM, SILICA = 9e-9, 8.8541878128e-12, 3.9  # m: the paper's oxide; F/m; permittivity of SiO2
PUBLISHED_SHIFT = {"stuck_lrs": 14.0, "stuck_hrs": 10.0, "combined": 2.0}  # %, figures 5 (a) to (c)
PUBLISHED_RATE = 5e3  # Hz, Table 1
TITLES = {"stuck_lrs": "stuck at LRS", "stuck_hrs": "stuck at HRS", "combined": "both combined"}


def claims(r: Runs) -> list[Claim]:
    """All of them, in the order of the document."""
    return [*circuit_claims(r), *curve_claims(r), *shift_claims(r), *energy_claims(r), *area_claims(r), *table_claims()]


def circuit_claims(r: Runs) -> list[Claim]:
    failing = [x for x in r.readings if not x.works]
    told = "; ".join(f"{x.name}: {x.spikes} spike{'' if x.spikes == 1 else 's'} in 5 ms" for x in failing)
    short, right, large = r.resets
    return [
        Claim(
            "text-defines-circuit", "3.1", "The text describes how the ten transistors act on each other.", "", "",
            f"{len(r.readings) - len(failing)} of {len(r.readings)} readings spike",
            "partly",
            f"Literal readings fail ({told}): M2 to ground latches, M2 at the membrane latches, a diode as M4 settles. "
            "With M2 "
            "stacked on M3, so that the pull-down of node 1 ends one INV2 delay later, the circuit works; topology t2 is "
            "used.",
        ),
        Claim(
            "integrates-and-fires", "3.2, figure 3 (a)", "A square current pulse is integrated, spikes follow, the "
            "membrane is "
            "reset each time.", "yes", "", f"{len(r.pulse.spikes[0])} spikes in 3.6 ms", holds(len(r.pulse.spikes[0]) > 1),
        ),
        Claim(
            "threshold", "3.1", "The neuron fires when V_mem exceeds the threshold voltage of M1 (0.5 V in this "
            "card).", 0.5, "V",
            r.shape.threshold, "partly",
            "M1 must win against the keeper M5, so the threshold is M1's current balance with M5, well above M1's V_th.",
        ),
        Claim(
            "full-reset", "3.2", "M6 discharges C_mem completely.", 0.0, "V", r.shape.left,
            holds(abs(r.shape.left) < 0.02),
            "At the end of the output pulse; its falling edge then takes V_mem to "
            f"{1e3 * r.shape.reset:.1f} mV through M6's overlap.",
        ),
        Claim(
            "m4-follows-c-mem", "3.1", "C_mem determines W and L of M4.", "", "",
            [short.left, right.left, large.left],
            holds(short.left > 0.05 and abs(right.left) < 0.01 and abs(large.left) < 0.01),
            f"Volts left on the membrane by a spike: 100 fF with L = {1e6 * short.length:g} um, 100 fF with "
            f"{1e6 * right.length:g} um, "
            f"1 pF with {1e6 * large.length:g} um. The spike must outlast the discharge; M4's length sets its width.",
        ),
    ]  # fmt: skip


def curve_claims(r: Runs) -> list[Claim]:
    firing = r.curve.rates > 0
    slope, offset = np.polyfit(r.curve.currents[firing], r.curve.rates[firing], 1)
    above = r.curve.currents >= 5e-12
    straight = float(np.abs(r.curve.rates[above] / (slope * r.curve.currents[above] + offset) - 1).max())
    ten = float(np.interp(CURRENT, r.curve.currents, r.curve.rates))
    ratio = 1e-12 * r.curve.rates[firing] / r.curve.currents[firing]
    return [
        Claim(
            "rate-by-current", "3.2, figure 3 (b)", "The firing rate increases in proportion to the input current.",
            "I", "",
            f"{slope * 1e-12:.4g} Hz/pA x (I - {-offset / slope * 1e12:.2g} pA)",
            "partly" if straight < 0.03 else "not reproducible",
            f"Affine, not proportional: rate over current rises from {ratio[0]:.0f} to {ratio[-1]:.0f} Hz/pA between "
            f"{1e12 * r.curve.currents[firing][0]:g} and 100 pA. The straight line holds within {100 * straight:.1f} % "
            "from "
            f"5 pA on. Below {1e12 * r.rheobase:.2f} pA M6's leakage takes the whole input and nothing fires.",
        ),
        Claim(
            "rate-by-capacitance", "3.2, figure 3 (c)", "The firing rate is inversely proportional to C_mem.", "1/C", "",
            f"{r.sweep.a * 1e12:.4g} Hz pF / (C + {r.sweep.c_par * 1e15:.2f} fF)", holds(r.sweep.largest < 0.02),
            f"With the transistors' own {r.sweep.c_par * 1e15:.2f} fF (+-{r.sweep.c_par_error * 1e15:.2f}) added the fit "
            "holds within "
            f"{100 * r.sweep.largest:.1f} % from 1 to 50 fF; above that M4 must be longer.",
        ),
        Claim(
            "rate", "Table 1", "The firing frequency is about 5 kHz (10 pA, 10 fF, 1 V).", PUBLISHED_RATE, "Hz", ten,
            holds(abs(ten / PUBLISHED_RATE - 1) < 0.2),
            f"10 pA on {r.sweep.c_par * 1e15 + 10:.1f} fF take {1e3 * r.shape.interval:.2f} ms to reach "
            f"{r.shape.threshold:.2f} V. 5 kHz would "
            "need "
            f"{1e12 * r.five_kilohertz:.0f} pA, or a threshold of {r.shape.threshold * ten / PUBLISHED_RATE:.2f} V; even "
            "1 fF gives "
            f"{r.sweep.rates[0]:.0f} Hz. A reading without a keeper (topology 'dynamic') fires at 4 kHz, but also "
            "without any input.",
        ),
    ]  # fmt: skip


def shift_claims(r: Runs) -> list[Claim]:
    found = []
    directions = {"stuck_lrs": "leftward (earlier)", "stuck_hrs": "rightward (later)", "combined": "either way"}
    for fault, where in zip(FAULTS, ("4 (d)", "4 (e)", "4 (f)"), strict=True):
        shift = r.ripple[fault].shift[0]
        early, late = float(np.mean(shift > 0)), float(np.mean(shift < 0))
        expected = {"stuck_lrs": early == 1, "stuck_hrs": late == 1, "combined": 0.2 < early < 0.8}[fault]
        found.append(
            Claim(
                f"direction-{fault}", f"4, figure {where}", f"{capital(TITLES[fault])}: spikes shift "
                f"{directions[fault]}.",
                directions[fault], "", f"{100 * early:.1f} % earlier, {100 * late:.1f} % later", holds(expected),
                f"{SAMPLES} ripples of 10 %, five spikes each.",
            )
        )  # fmt: skip
    return [*found, *(size_claim(r, fault) for fault in FAULTS), *tolerance_claims(r)]


def capital(words: str) -> str:
    return words[0].upper() + words[1:]


def size_claim(r: Runs, fault: str) -> Claim:
    """Largest shift index of figure 5 against the distribution."""
    ripple, column = r.ripple[fault], r.column[fault]
    largest, published = float(ripple.largest.max()), PUBLISHED_SHIFT[fault]
    inside = ripple.joint(published)
    mean = float(ripple.mean.value[0, 0])
    q = column.quantile(0.5)
    note = (
        f"{SAMPLES} samples, nodes {1e6 * SPACING:g} us apart: mean {mean:+.2f} % at the first spike, largest "
        f"{largest:.2f} %. {100 * inside.value[0]:.1f} % of the samples keep all five spikes within {published:g} % "
        f"(95 % interval from {100 * inside.low[0]:.1f} %). 10 % stuck cells of a column of 100 shift the first "
        "spike "
        f"by {float(q.value[0, 0]):+.1f} % (median), at most {float(column.largest.max()):.0f} %."
    )
    if fault == "combined":
        return Claim(
            "shift-combined", "4, figure 5 (c)", "Both faults combined: the largest shift index is 2 %.", published, "%",
            largest,
            holds(largest <= published, "partly"),
            note + " The figure depends on how fast the ripple is: both signs average out within an interval.",
        )  # fmt: skip
    needed = float(np.interp(14.0 if fault == "stuck_lrs" else -10.0, r.moved, r.changes))
    constant = float(r.constant[fault].shift[0, 0, 0])
    return Claim(
        f"shift-{fault}", f"4, figure 5 ({'a' if fault == 'stuck_lrs' else 'b'})",
        f"{capital(TITLES[fault])}: the overall shift index is {published:g} %.", published, "%", largest,
        holds(abs(largest / published - 1) < 0.1, "partly" if published < abs(constant) else "not reproducible"),
        note + f" A constant change by the full 10 %, the most that such faults can do, moves it by {constant:+.1f} %; "
        f"{published:g} % need a constant "
        "change of "
        f"{100 * needed:+.1f} %.",
    )  # fmt: skip


def tolerance_claims(r: Runs) -> list[Claim]:
    """Whether the tolerance is this circuit's own."""
    ratio = {f: float(r.ripple[f].std[0, 0] / r.integrator[f].std[-1, 0]) for f in FAULTS}
    lost = int(sum(r.ripple[f].lost.sum() for f in FAULTS))
    nodes = r.shape.interval / SPACING
    heights = float(np.ptp([t["vspk"].max() for t in (r.pulse, *r.faulty.values())]))
    offset = {f: float(r.ripple[f].mean.value[0, 0] / r.integrator[f].mean.value[-1, 0]) for f in FAULTS[:2]}
    return [
        Claim(
            "tolerance", "4, 5", "The neuron tolerates a 10 % fluctuation with a minor spike-time shift.", "minor", "",
            ", ".join(f"{TITLES[f]} {float(r.ripple[f].mean.value[0, 0]):+.1f} %" for f in FAULTS),
            holds(lost == 0, "partly"), f"Mean shift index of the first spike; {lost} of all spikes are lost.",
        ),
        Claim(
            "enhanced-robustness", "title, 5", "The circuit is designed for resilience: its robustness is "
            "enhanced.", "", "",
            [ratio[f] for f in FAULTS], holds(max(ratio.values()) < 0.9),
            "Spread of the shift index over that of a perfect integrator of the same interval under the same ripples "
            "(LRS, HRS, "
            f"both); the mean is {offset['stuck_lrs']:.2f} and {offset['stuck_hrs']:.2f} times its. Any neuron that "
            f"integrates for {nodes:.0f} nodes of the ripple averages it as well: the tolerance is that of integration. "
            "Above "
            "1 the circuit is worse than it.",
        ),
        Claim(
            "amplitude", "4, figure 4", "The spikes' amplitude does not change with the faults.", 0.0, "%",
            100 * heights / r.shape.high, holds(bool(heights < 0.02 * r.shape.high)),
            "Largest difference of the highest output voltage between the three faults and the run without any.",
        ),
    ]  # fmt: skip


def energy_claims(r: Runs) -> list[Claim]:
    period = ENERGY / POWER
    c = r.condition
    static = r.energy.ramp / r.energy.energy
    return [
        Claim(
            "energy-and-power", "4, eqs. 2 and 3", "One event takes 2.2 nJ at 14.7 uW; the frequency is about 5 kHz "
            "(Table 1).",
            PUBLISHED_RATE, "Hz", 1 / period, "partly",
            f"By eqs. 2 and 3 the period is {1e6 * period:.0f} us, so the rate 6.7 kHz: 34 % above the table's. The "
            "abstract's "
            '"14.7 uW per spike" is a slip of unit.',
        ),
        Claim(
            "energy", "4", "A unit integrate-and-fire operation consumes 2.2 nJ.", 1e9 * ENERGY, "nJ", 1e9 * r.energy.energy,
            holds(abs(r.energy.energy / ENERGY - 1) < 0.2),
            f"At 1 V, 10 pA, 10 fF, over one period. {100 * static:.2f} % of it flows during the ramp, {mainly(r)}. It "
            "would hold "
            f"together with the power at V_DD = {c.vdd:.2f} V and {1e12 * c.current:.0f} pA: {1e9 * c.energy:.2f} nJ, "
            f"{1e6 * c.power:.1f} uW, {1e-3 * c.rate:.1f} kHz.",
        ),
        Claim(
            "power", "4", "The power consumption is 14.7 uW at V_DD = 1.0 V.", 1e6 * POWER, "uW", 1e6 * r.energy.power,
            holds(abs(r.energy.power / POWER - 1) < 0.2),
            f"The supply cannot deliver it: all PMOS fully on into ground at once take {1e6 * r.supply_limit:.1f} "
            "uW. Power hardly "
            "depends on the input and strongly on the supply.",
        ),
        Claim(
            "low-power", "abstract, 5", "The circuit exhibits low power consumption.", "", "", 1e12 * r.energy.energy,
            holds(r.energy.energy < r.baseline.energy),
            f"Energy per spike in pJ. The baseline with two capacitors takes {1e12 * r.baseline.energy:.3g} pJ on the "
            "same card "
            f"({r.energy.energy / r.baseline.energy:.0f} times less), because nothing conducts during its ramp; of the "
            "paper's own "
            f"table {better_than_published()} neurons need less energy per spike than 2.2 nJ.",
        ),
    ]  # fmt: skip


def mainly(r: Runs) -> str:
    """The two devices that dissipate most."""
    names = r.energy.devices[:2]
    share = float((r.energy.conduction + r.energy.displacement)[:2].sum() / r.energy.energy)
    return f"{100 * share:.1f} % in {names[0].upper()} and {names[1].upper()}, which conduct against each other"


def area_claims(r: Runs) -> list[Claim]:
    square = 1e12 * 1e-12 * NODE / (SILICA * VACUUM)
    s, large = r.saving, r.saving_large
    return [
        Claim(
            "capacitor-area", "4", "With 9 nm of oxide 1 pF occupies 261 um2.", 261.0, "um2", square,
            holds(abs(square - 261) < 1),
            f"Gate oxide of this card (7.6 nm): {1e12 * 1e-12 / s.one.oxide:.0f} um2. The membrane of 10 fF takes "
            f"{1e12 * s.one.capacitors:.1f} um2.",
        ),
        Claim(
            "capacitor-edge", "4", "It is a square of 16.2 um.", 16.2, "um", float(np.sqrt(square)),
            holds(abs(np.sqrt(square) - 16.2) < 0.1),
        ),
        Claim(
            "one-capacitor", "4", "Without the second capacitor the area is reduced by at least 30 %.", 30.0, "%", s.saving,
            "partly" if large.saving >= 30 else "not reproducible",
            f"At 10 fF the capacitor is a small part of the devices ({s.saving:.0f} % saved against the chosen "
            "baseline); at 1 pF, "
            f"with M4 as long as it must be then, {large.saving:.0f} %. Areas of devices alone, no wiring.",
        ),
    ]  # fmt: skip


def better_than_published() -> int:
    """How many earlier neurons of Table 1 need less energy per spike, power / rate, than the paper's 2.2 nJ."""
    return sum(n.energy < ENERGY for n in PUBLISHED[:-1] if n.energy is not None)


def table_claims() -> list[Claim]:
    powers = {n.name: n.power for n in PUBLISHED[:-1] if n.power is not None}
    less = sum(p < POWER for p in powers.values())
    better = better_than_published()
    return [
        Claim(
            "table-power", "Table 1", "Compared with earlier circuits the power is low.", 1e6 * POWER, "uW",
            [1e6 * p for p in powers.values()], "partly",
            f"Of {len(powers)} earlier circuits with a stated power {less} need less; of these {better} need less energy "
            "per "
            "spike, "
            "power / rate.",
        ),
        Claim(
            "table-references", "Table 1", "Rows are named by the numbers of the reference list.", "[18], [23], [26] - "
            "[29]", "",
            "[23], [27], [30] - [33]", "not reproducible",
            "The numbers belong to another version of the list: the works that fit the rows stand four or five places "
            "later.",
        ),
    ]  # fmt: skip


def summary(r: Runs) -> str:
    """The findings in a few sentences."""
    lrs, hrs, both = (float(r.ripple[f].largest.max()) for f in FAULTS)
    return (
        f"Rebuilt from its text, the circuit works at {SUPPLY:g} V, {1e15 * CAPACITANCE:g} fF and {1e12 * CURRENT:g} pA: "
        "the rate follows "
        f"the current and 1/(C + {1e15 * r.sweep.c_par:.1f} fF), and 10 % of ripple shifts spikes by at most {lrs:.1f} % "
        "(raised), "
        f"{hrs:.1f} % (lowered) and {both:.1f} % (both). That tolerance is what any integrator has. Published frequency, "
        "energy and "
        f"power cannot occur together at 1 V; at {r.condition.vdd:.2f} V and {1e12 * r.condition.current:.0f} pA they "
        "would. A neuron "
        f"with two capacitors takes {r.energy.energy / r.baseline.energy:.0f} times less energy per spike."
    )
