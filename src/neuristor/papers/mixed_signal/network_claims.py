"""The document's statements on classification, each with what the networks here say of it."""

from __future__ import annotations

import numpy as np

from ...quantities import show
from ..base import Claim, Verdict, holds
from .networks import PANELS, STAND_IN, Figure3, OnChip
from .runs import Runs

POWER = 1e-6  # V^2
RISE = 0.03  # of the error, worst case for MNIST
ALIKE = 0.01  # of the error, up to which two curves are called similar
HARMLESS = 0.01  # of the error, that mismatch may cost after training


def network_claims(r: Runs) -> list[Claim]:
    """Figure 3 and the mismatch; one claim that says why, where there are no networks."""
    f = r.figure3
    if not f.weights:
        reason = "; ".join(sorted(set(f.missing.values())))
        return [
            Claim("networks", "III, figure 3", "Classification error under the noise of the neurons.", "", "", "not judged",
                  "not reproducible", f"Not judged: {reason}.")
        ]  # fmt: skip
    return [rise_claim(f), similar_claim(f), harmless_claim(f), chip_claim(r, f.on_chip)]


def judged(f: Figure3, verdict: Verdict, mnist: bool = False) -> Verdict:
    """Partly at most where the small digits stand for what the claim is about."""
    there = f.mnist if mnist else f.own
    return "partly" if verdict == "reproduced" and not there else verdict


def surely_below(bounds: list[tuple[float, float]], limit: float) -> Verdict:
    """Reproduced if all intervals end below the limit, not reproducible if all begin above it, else partly."""
    return holds(all(high < limit for _, high in bounds), "not reproducible" if min(bounds)[0] > limit else "partly")


def who(f: Figure3) -> str:
    """Which networks were there, and why others were not."""
    sizes = ", ".join(f"{n} {PANELS.get(n, '')} {e.images} images".replace("  ", " ") for n, e in f.weights.items())
    absent = "".join(f" {name} not judged: {why}." for name, why in f.missing.items())
    stands = " The small digits stand for MNIST, at most partly." if STAND_IN in f.weights else ""
    draws = next(iter(f.weights.values())).draws
    return f"Test images: {sizes}; {draws} draws.{stands}{absent}"


def at(found: object, count: int, power: float = POWER) -> tuple[int, int]:
    """Indices of bits and noise power."""
    return found.bits.index(count), int(np.argmin(np.abs(np.log(found.noise_power / power))))  # type: ignore[attr-defined]


def points(value: float) -> str:
    return f"{100 * value:+.2f}"


def rise_claim(f: Figure3) -> Claim:
    names = f.mnist or (next(iter(f.weights)),)
    last = f.weights[names[-1]]
    worst = {name: float(f.weights[name].increase[:, at(f.weights[name], 3)[1]].max()) for name in names}
    sums = {name: float(f.sums[name].increase[at(f.sums[name], 3)]) for name in names}
    volts = {name: float(f.weights[name].full_scale_for(POWER, RISE)[0]) for name in names}
    scales = ", ".join(f"{n} {show(v, 'V', 3) if np.isfinite(v) else 'none'}" for n, v in volts.items())
    return Claim(
        "three-percent", "abstract; III", "Worst case for MNIST: 3 % more error with 1 uV^2 (CNN, 3 bits).", 100 * RISE,
        "points", [100 * v for v in worst.values()], judged(f, holds(max(worst.values()) <= RISE), mnist=True),
        f"Largest rise over the float network among 3, 8 and 16 bits ({', '.join(names)}) where the largest input is "
        f"{show(last.full_scale, 'V', 3)}, 2 n U_T, which the document does not state. A 3-bit network loses exactly 3 "
        f"points at a full scale of: {scales}; a smaller one loses more. If every synapse adds its noise whether its input "
        f"is silent or not, as the circuit does, 3 bits lose {', '.join(f'{n} {points(v)}' for n, v in sums.items())}. "
        f"{who(f)}",
    )  # fmt: skip


def similar_claim(f: Figure3) -> Claim:
    apart = {}
    for name, e in f.weights.items():
        eight, sixteen = (e.error_mean[e.bits.index(b)] for b in (8, 16))
        apart[name] = float(np.abs(eight - sixteen).max())
    coarse = ", ".join(f"{n} {points(float(e.quantised[0] - e.clean))}" for n, e in f.weights.items())
    return Claim(
        "8-and-16-bits", "III", "8 and 16 bits give similar errors in all three experiments.", "", "points",
        [100 * v for v in apart.values()], judged(f, holds(max(apart.values()) < ALIKE)),
        f"Largest difference of the mean error at any noise power ({', '.join(apart)}), the same draws at all bits. Weights "
        f"of 3 bits cost without any noise: {coarse} points, rounded after training and not trained again. {who(f)}",
    )  # fmt: skip


def harmless_claim(f: Figure3) -> Claim:
    rises = {name: float(e.increase[at(e, 8)]) for name, e in f.weights.items()}
    sums = ", ".join(f"{n} {points(float(e.increase[at(e, 8)]))}" for n, e in f.sums.items())
    ends = {
        n: (float(e.image_low[at(e, 8)] - e.clean), float(e.image_high[at(e, 8)] - e.clean)) for n, e in f.weights.items()
    }
    bounds = ", ".join(f"{n} {points(low)} to {points(high)}" for n, (low, high) in ends.items())
    return Claim(
        "error-rate", "IV", "The efficiency comes without significantly affecting the error rate.", "", "points",
        [100 * v for v in rises.values()],
        judged(f, surely_below(list(ends.values()), RISE)),
        f"Rise with 8 bits and 1 uV^2 at 2 n U_T of full scale ({', '.join(rises)}); 95 % by the number of images: "
        f"{bounds}. With the noise in the sums: {sums}. Held: where it is surely less than 3 points.",
    )  # fmt: skip


def chip_claim(r: Runs, c: OnChip | None) -> Claim:
    """Harmless at the mismatch of the circuit, taught on the chip."""
    assert c is not None
    own = r.mismatch["current"]
    before, after = c.rise(False), c.rise(True)
    k = int(np.searchsorted(c.sigma, own.gain_sigma)) if own.gain_sigma <= c.sigma[-1] else len(c.sigma) - 1
    told = "; ".join(
        f"{100 * s:g} %: {points(float(b))}, trained {points(float(a))}"
        for s, b, a in zip(c.sigma[1:], before.value[1:], after.value[1:], strict=True)
    )
    wide = r.mismatch["width"]
    return Claim(
        "on-chip", "III", "Mismatch may have no significant impact with on-chip training (future work there).", "", "points",
        (100 * np.asarray(after.value[1:])).tolist(),
        judged(f=r.figure3, verdict=holds(float(after.value[k]) < HARMLESS)),
        f"Rise of the error of {c.network} ({c.bits} bits, {c.before.shape[1]} chips a level) by mismatch of its synapses, "
        f"as made and trained on the chip: {told}. Simulated with A_VT 1.3 mV um a device, for equal devices of least size "
        f"(binary widths): the gain of a synapse varies by {100 * own.gain_sigma:.1f} % ({100 * wide.gain_sigma:.2f} %), so "
        f"it is judged at {100 * c.sigma[k]:g} %. Beyond the gain: offsets of {show(own.offset_sigma, 'V', 3)} "
        f"({show(wide.offset_sigma, 'V', 3)}) act as constants, which biases take up; {100 * (1 - own.monotonic):.0f} % "
        f"({100 * (1 - wide.monotonic):.0f} %) of the 8-bit neurons do not rise with every weight, their median INL is "
        f"{own.inl_median:.1f} ({wide.inl_median:.1f}) least bits.",
    )  # fmt: skip


def network_summary(f: Figure3) -> str:
    """Figure 3 in a sentence, or why it is left out."""
    if not f.weights:
        return f"Figure 3 is left out: {'; '.join(sorted(set(f.missing.values())))}."
    told = ", ".join(f"{points(float(e.increase[at(e, 8)]))} ({n})" for n, e in f.weights.items())
    absent = "" if not f.missing else f" Not judged: {', '.join(f.missing)}."
    return f"1 uV^2 changes the error at 8 bits and a full scale of 2 n U_T by {told} points.{absent}"
