"""The document's statements on both circuits, each with what the simulation says of it and under which conditions."""

from __future__ import annotations

import numpy as np

from ...quantities import show
from ..base import Claim, Verdict, holds
from .network_claims import network_claims, network_summary
from .neurons import SIZINGS, TREES, WORDS, ratio
from .runs import Runs

KNEE = 1e6  # Hz, below which the document's digital neuron leaks more than it switches
TIMES, LEAST_TIMES, ORDERS = 1000.0, 85.0, 100.0  # digital over analog: below the knee; at all frequencies; two orders
ENERGY, POWER, CURRENT = 0.7e-15, 1e-6, 100e-12  # J a synapse, V^2 and A: the published design
SLOW = 1e3  # Hz, from where on power is drawn
BRAIN = 20e-15  # J an operation of a biological neuron, by the document's reference [1]
PUBLISHED_COUNTS = {3: 192, 8: 1980}
SECTION = "II.A"


def claims(r: Runs) -> list[Claim]:
    """All of them, in the order of the document."""
    return [
        *(count_claim(r, bits) for bits in WORDS), *switching_claims(r), leakage_claim(r), scaling_claim(r),
        *ratio_claims(r), fetch_claim(r), energy_claim(r), pair_claim(r), current_claim(r), noise_claim(r),
        *network_claims(r),
    ]  # fmt: skip


def in_full(least: float, wanted: float, most: float) -> Verdict:
    """Reproduced if even the least reaches what is wanted, partly if the most does."""
    return holds(least >= wanted, holds_partly(most >= wanted))


def holds_partly(condition: bool) -> Verdict:
    return "partly" if condition else "not reproducible"


def count_claim(r: Runs, bits: int) -> Claim:
    published = PUBLISHED_COUNTS[bits]
    found = [r.counts[bits, tree] for tree in TREES]
    whole = int(r.digital.transistors[list(r.digital.bits).index(bits)].sum())
    return Claim(
        f"transistors-{bits}", SECTION, f"{published} transistors in the {bits}-bit MAC (Wallace tree).", published, "",
        sorted(set(found)), holds(published in found, holds_partly(min(found) <= published <= max(found))),
        "The multiplier alone, of AND gates (6), full (28) and half adders (18): Wallace "
        f"{r.counts[bits, 'wallace']}, by columns {r.counts[bits, 'columns']}, Dadda {r.counts[bits, 'dadda']}. With an "
        f"accumulator for 256 products and its register a MAC has {whole}.",
    )  # fmt: skip


def switching_claims(r: Runs) -> list[Claim]:
    gate, tail = (r.switched[way] for way in ("gate", "tail"))
    spread = [round(100 * float(s.spread[0]), 3) for s in (gate, tail)]
    weights = f"weights {', '.join(str(w) for w in gate.weights)}, {show(float(gate.i_unit[0]), 'A')}, 5 fF a side"
    ratios = tail.gain[0] / tail.gain[0, 0]
    return [
        Claim(
            "bandwidth", "II", "Gates switched at a fixed bias keep the bandwidth, tails switched by the weight change it.",
            "", "% of the largest", spread, holds(spread[0] < 1 and spread[1] > 10),
            f"Range of the outputs' pole over the weights ({weights}): {poles(gate.pole[0])} and {poles(tail.pole[0])}. "
            "No current depends on the weight.",
        ),
        Claim(
            "linearity", "II", "With switched tails, resistive loads are needed for linearity of multiplication.",
            "", "", ratios.tolist(), holds(bool(np.all(ratios > 0.5))),
            "Gain over that of the full weight, diode loads, tails switched: the load follows the current and takes the "
            f"weight out of the gain. With gates switched it is {', '.join(f'{g:.3g}' for g in gate.gain[0])}.",
        ),
    ]  # fmt: skip


def poles(values: np.ndarray) -> str:
    return f"{show(float(values.min()), 'Hz', 3)} to {show(float(values.max()), 'Hz', 3)}"


def leakage_claim(r: Runs) -> Claim:
    d = r.digital
    leak, rows = d.leakage.sum(axis=1), [list(d.bits).index(b) for b in WORDS]
    share = [float(leak[k] / (leak[k] + KNEE * d.dynamic[k].sum())) for k in rows]
    each = ", ".join(show(float(leak[k] / d.transistors[k].sum()), "W", 3) for k in rows)
    return Claim(
        "leakage", SECTION, "Below 1 MHz the digital neuron suffers from static leakage.", "", "% of the power",
        [100 * s for s in share], holds(min(share) > 0.5),
        f"Share of leakage at 1 MHz, 3 and 8 bits. Leakage and switching are equal at "
        f"{' and '.join(show(float(d.crossing[k]), 'Hz', 3) for k in rows)}; a transistor leaks {each} on average. "
        f"Conditions: 1.2 V, 27 C, transistors of 65 nm length with the threshold of the predictive card, never switched "
        "off. Gate tunnelling, which the fitted sets lack, adds some 30 %; a low-leakage process would leak far less.",
    )  # fmt: skip


def scaling_claim(r: Runs) -> Claim:
    best = [r.analog[bits, "current"] for bits in WORDS]
    straight = max(abs(a.exponent - 1) for a in best) < 0.1
    floors = "; ".join(
        f"{a.name}: {show(float(a.power[0]), 'W', 3)}, {show(float(a.bandwidth[0]), 'Hz', 3)}" for a in r.analog.values()
    )
    return Claim(
        "scaling", SECTION, "Power of the analog MAC scales with frequency.", 1, "", [a.exponent for a in best],
        holds(straight and max(float(a.bandwidth[0]) for a in best) < SLOW, holds_partly(straight)),
        "Exponent of power over bandwidth, 3 and 8 bits with equal devices, bias current varied within weak inversion. It "
        "ends where the loads leak what the tails carry and the gain falls by 3 dB; there power and bandwidth are: "
        f"{floors}. More capacitance makes a neuron slower still, but not more frugal.",
    )  # fmt: skip


def told_of(r: Runs, values: list[float]) -> str:
    """A factor for each sizing."""
    return "; ".join(f"{a.name}: {times(v)}" for a, v in zip(r.analog.values(), values, strict=True))


def times(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio_claims(r: Runs) -> list[Claim]:
    found = [ratio(r.digital, a) for a in r.analog.values()]
    f = r.digital.frequency
    low = [float(np.exp(np.interp(np.log(KNEE), np.log(f), np.log(x)))) for x in found]
    least, most = ([float(pick(x)) for x in found] for pick in (np.nanmin, np.nanmax))
    settled = [np.log(2.0) * (bits + 1) / (2 * np.pi) for bits in WORDS]
    ends = f"largest, at {show(float(f[0]), 'Hz')}: {told_of(r, most)}"
    return [
        Claim(
            "below-1-mhz", f"{SECTION}, figure 2 (b)", "Below 1 MHz the analog MAC takes about 1000 times less power.",
            TIMES, "x", low, in_full(min(low), TIMES, max(low)),
            f"At 1 MHz: {told_of(r, low)}. Below, the factor rises to a constant, as both powers stop falling ({ends}). "
            f"{needed_leakage(r)}",
        ),
        Claim(
            "all-frequencies", f"{SECTION}, figure 2 (c)", "The analog MAC is 2 to 3 orders more energy-efficient over all "
            "frequencies.", ORDERS, "x", least,
            in_full(min(least), ORDERS, max(least)),
            f"Least factor up to the digital neuron's largest frequency: {told_of(r, least)}. With equal devices the energy "
            "hangs on a few devices' capacitance; binary widths, which keep current densities and hence linearity, have "
            "2^N - 1 times of it at the output.",
        ),
        Claim(
            "85-times", "IV", "More than 85 times better across all frequencies.", LEAST_TIMES, "x", least,
            in_full(min(least), LEAST_TIMES, max(least)),
            "As above. Conditions: no wires at the analog output (1 fF a net in the digital one), an operation each "
            f"1 / f_3dB (settling to half a step takes {settled[0]:.2f} and {settled[1]:.2f} of it at 3 and 8 bits), ideal "
            "tails, no converters, and no memory for the weights.",
        ),
    ]  # fmt: skip


def needed_leakage(r: Runs) -> str:
    """Which leakage of a transistor would give the published factor."""
    d, k = r.digital, list(r.digital.bits).index(8)
    told = []
    for weighting, name in SIZINGS.items():
        power = float(r.analog[8, weighting].power_at(np.array([KNEE]))[0])
        leak = (TIMES * power - KNEE * float(d.dynamic[k].sum())) / float(d.transistors[k].sum())
        told.append(f"{show(leak, 'W', 3)} ({name})" if leak > 0 else f"none, switching alone takes more ({name})")
    return f"Leakage of a transistor that makes it exactly 1000 at 8 bits: {'; '.join(told)}."


def fetch_claim(r: Runs) -> Claim:
    one, f = r.analog[8, "current"], r.digital.frequency
    k = list(r.digital.bits).index(8)
    fetch = float(r.digital.fetch[k])
    plain, paid = ratio(r.digital, one), ratio(r.digital, one, fetch)
    kept = next((10.0**-e for e in np.arange(0, 6, 0.1) if np.nanmin(ratio(r.digital, one, fetch * 10.0**-e)) > ORDERS), 0.0)
    return Claim(
        "fetch", "III", "Future work: to reduce the energy of the memory fetch of the weights.", "", "x",
        [float(np.nanmin(plain)), float(np.nanmin(paid))], holds(float(np.nanmin(paid)) < LEAST_TIMES, "partly"),
        f"Least factor at 8 bits, equal devices, without and with {show(fetch, 'J', 3)} for reading the weight from a small "
        f"memory ({r.digital.fetch_source}) on either side: it is {times(fetch / r.noise['current'].point.energy)} "
        f"times the analog operation. At 1 MHz the factor is {float(np.interp(KNEE, f, paid)):.3g}. Two orders at all "
        f"frequencies are left if a fetch costs at most {show(kept * fetch / 8, 'J', 3)} a bit, or a weight stays for "
        f"{1 / kept if kept else np.inf:.0f} operations.",
    )  # fmt: skip


def energy_claim(r: Runs) -> Claim:
    found = [1e15 * r.noise[w].point.energy for w in SIZINGS]
    space = r.space
    energy = space.energy[:, int(np.argmin(np.abs(space.i_unit - CURRENT)))]
    spare = float(np.interp(ENERGY, energy, space.c_load))
    fetch = float(r.digital.fetch[list(r.digital.bits).index(8)])
    return Claim(
        "energy", "IV", "0.7 fJ a synapse at 8 bits, far below 20 fJ of a biological neuron.", 0.7, "fJ", found,
        holds(1e-15 * found[0] <= ENERGY),
        f"P / f_3dB at 100 pA, equal devices and binary widths. Holds with equal devices and at most {show(spare, 'F', 3)} "
        f"of wire at an output. The pair alone: reading the 8 bits of its weight once takes {show(fetch, 'J', 3)}, "
        f"{fetch / BRAIN:.0f} times the neuron's 20 fJ.",
    )  # fmt: skip


def pair_claim(r: Runs) -> Claim:
    point, space = r.noise["current"].point, r.space
    product = ENERGY * POWER
    k = int(np.argmin(np.abs(space.i_unit - CURRENT)))
    load = np.interp(1 / POWER, 1 / space.noise[:, k], space.c_load)
    energy = float(np.interp(load, space.c_load, space.energy[:, k]))
    return Claim(
        "pair", "IV and III", "0.7 fJ a synapse and 1 uV^2 of noise in one neuron.", product, "J V^2",
        [point.energy * point.noise_rectangular, space.floor, space.least_floor], holds(product >= space.floor),
        "Energy times noise, simulated at 100 pA; in closed form, 16 q (n U_T)^2 V_DD by shot noise, with the slope factor "
        "of the devices; and with n = 1. The published pair lies below all of them, whatever the current, capacitance "
        f"and bits: 0.7 fJ mean at least {space.floor / ENERGY * 1e6:.2g} uV^2, 1 uV^2 takes at least "
        f"{show(space.floor / POWER, 'J', 3)}. Here {show(float(load), 'F', 3)} a side bring 1 uV^2 at "
        f"{show(energy, 'J', 3)}.",
    )  # fmt: skip


def current_claim(r: Runs) -> Claim:
    points = [r.noise[w].point for w in SIZINGS]
    found = [1e6 * p.noise_rectangular for p in points]
    space, usable = r.space, r.space.allowed[0]
    own = 1e6 * space.noise[0][usable & (space.inversion[0] < 1)]
    band = POWER / (points[0].white / points[0].gain ** 2)
    return Claim(
        "100-pa", "III", "1 uV^2 corresponds to a unit current of 100 pA.", 1.0, "uV^2", found,
        holds(0.5 < found[0] < 2, holds_partly(min(found) <= 1.0 <= max(found))),
        "At the input, up to the bandwidth: equal devices and binary widths, the published value between them. In its own "
        f"band the noise hardly depends on the current ({own.max():.2g} to {own.min():.2g} uV^2 from "
        f"{show(float(space.i_unit[usable][0]), 'A', 3)} to moderate inversion), it hangs on the capacitance: the statement "
        f"holds for a fixed band, with equal devices of {show(float(band), 'Hz', 3)}.",
    )  # fmt: skip


def noise_claim(r: Runs) -> Claim:
    n = r.noise["current"]
    own, p = sum(n.own.values()), n.point
    share = [100 * n.own[origin] / own for origin in ("thermal", "flicker")]
    fixed = 100 * n.fixed["flicker"] / sum(n.fixed.values())
    over_own, over_total = (p.noise_rectangular / v for v in (p.noise_own, p.noise_total))
    return Claim(
        "origins", "III", "Thermal and flicker noise, integrated as a rectangle.", "", "% of the noise", share,
        holds(min(share) > 0),
        f"Thermal and flicker from 1 Hz to f_3dB at 100 pA; up to {show(p.band, 'Hz')} flicker is {fixed:.0f} %. The "
        f"rectangle is {over_own:.2f} times the integral up to f_3dB, and {over_total:.2f} times that over all frequencies. "
        "Flicker: KF fitted to the card's default, not to the process.",
    )  # fmt: skip


def summary(r: Runs) -> str:
    """The findings in a few sentences."""
    one = ratio(r.digital, r.analog[8, "current"])
    k = list(r.digital.bits).index(8)
    paid = ratio(r.digital, r.analog[8, "current"], float(r.digital.fetch[k]))
    return (
        f"With equal devices the 8-bit analog neuron takes {show(r.noise['current'].point.energy, 'J', 3)} an operation, "
        f"{times(np.nanmin(one))} to {times(np.nanmax(one))} times less than the digital one; once each weight is fetched "
        f"from a memory the least factor is {np.nanmin(paid):.2g}. Energy and noise are bound to each other: 0.7 fJ and "
        "1 uV^2, both published, exclude each other by shot noise, and the current trades one for the other only in a fixed "
        "band. "
        f"{network_summary(r.figure3)}"
    )
