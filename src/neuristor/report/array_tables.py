"""Tables of a classifier on faulty arrays: accuracy, spike times and energy, scaling of the layers, spot check, array."""

from __future__ import annotations

import numpy as np

from ..networks.chain_result import ArrayToAccuracy
from ..quantities import show
from .array_figures import cause, share_words
from .tables import Table


def array_tables(result: ArrayToAccuracy) -> list[Table]:
    """All tables of a result: the spot check and pulsed inputs only where they were run."""
    found = [accuracy_table(result), times_table(result)]
    if result.spot_check is not None:
        found.append(spot_table(result))
    if result.events is not None:
        found.append(events_table(result))
    return [*found, stages_table(result), crossbar_table(result)]


def level(result: ArrayToAccuracy, values: np.ndarray, share: float) -> float:
    """The quantile of this share."""
    return float(values[int(np.argmin(np.abs(result.levels - share)))])


def percent(value: float) -> str:
    return f"{100 * value:.2f} %" if np.isfinite(value) else "-"


def interval(low: float, high: float) -> str:
    return f"{100 * low:.2f} .. {100 * high:.2f} %" if np.isfinite(low) and np.isfinite(high) else "-"


def shifted(value: float) -> str:
    return "lost" if value == -np.inf else f"{value:+.3g} %" if np.isfinite(value) else "-"


def accuracy_table(result: ArrayToAccuracy) -> Table:
    """Accuracy with its intervals, what the currents alone would give, and what stays undecided."""
    columns = ["fault", "amount", "accuracy", "over chips", "by images", "largest current", "agree", "missed", "silent"]
    rows = [
        [
            cause(name), words, percent(result.accuracy_mean[f, s]),
            interval(result.accuracy_low[f, s], result.accuracy_high[f, s]),
            interval(result.image_low[f, s], result.image_high[f, s]), percent(result.array_accuracy[f, s]),
            percent(result.agreement[f, s]), percent(result.missed[f, s]), percent(result.silent[f, s]),
        ]
        for f, name in enumerate(result.faults)
        for s, words in enumerate(share_words(result))
    ]  # fmt: skip
    sure = f"{100 * result.confidence:g} %"
    note = (
        f"{result.images} images, {result.seeds} chips, seed {result.seed}; the trained network itself: "
        f"{percent(result.network_accuracy)}. Over chips, by images: {sure} intervals of the mean. Agree: decided images "
        "whose class is that of the largest current. Missed: undecided, but a longer deadline would do; silent: none would."
    )
    return Table(f"Accuracy of {result.network} with {result.neuron} neurons", columns, rows, note)


def times_table(result: ArrayToAccuracy) -> Table:
    """Latency, shift of the deciding spike, change of its current and energy at every share."""
    columns = ["fault", "amount", "latency", "shift, median", "5 .. 95 %", "lost", "current, 5 .. 95 %", "arrays", "neurons"]
    rows = []
    for f, name in enumerate(result.faults):
        for s, words in enumerate(share_words(result)):
            shift, change = result.shift[f, s], result.change[f, s]
            parts = [sum(j[f, s] for part, j in result.energy.items() if part.startswith(k)) for k in ("array", "neurons")]
            rows.append(
                [
                    cause(name), words, show(level(result, result.latency[f, s], 0.5), "s"),
                    shifted(level(result, shift, 0.5)),
                    f"{shifted(level(result, shift, 0.05))} .. {shifted(level(result, shift, 0.95))}",
                    percent(result.lost[f, s]),
                    f"{100 * level(result, change, 0.05):+.3g} .. {100 * level(result, change, 0.95):+.3g} %",
                    *(show(joule, "J") for joule in parts),
                ]
            )  # fmt: skip
    note = (
        "Latency: median time of decision. Shift of the first spike of the neuron that decides without the fault (positive: "
        "earlier; eq. 1 of Shah et al. 2023), and change of its current. Energy: mean of an inference, without mirrors, DAC "
        "and ADC."
    )
    return Table("Spike times and energy", columns, rows, note)


def spot_table(result: ArrayToAccuracy) -> Table:
    """What the circuit says of the model that stood for it."""
    check = result.spot_check
    assert check is not None
    verdict = "within" if check.within else "beyond"
    rows = [
        ["circuit and model", f"{check.circuit}, {check.model}"],
        ["neurons run", f"{check.runs} of {check.decisions} decisions, in {check.seconds:.1f} s"],
        ["largest error of a first spike", f"{percent(check.largest)}, {verdict} the stated {percent(check.stated)}"],
        ["root mean square error", percent(check.rms)],
        ["spiked in one of both only", str(check.one_sided)],
        ["decisions that change", f"{check.changed} of {check.decisions}"],
    ]
    note = "Decisions drawn at random from all faults, shares, chips and images; nominal neurons in both."
    return Table("Spot check with the transistor circuit", ["quantity", "value"], rows, note)


def events_table(result: ArrayToAccuracy) -> Table:
    """Accuracy with pulsed rows beside that with constant voltages."""
    events = result.events
    assert events is not None
    shown = (events.accuracy, events.static_accuracy, events.agreement, events.undecided)
    rows = [
        [
            cause(name), words,
            *(percent(values[f, s]) for values in shown),
        ]
        for f, name in enumerate(result.faults)
        for s, words in enumerate(share_words(result))
    ]  # fmt: skip
    note = (
        f"{events.images} images, one chip, nominal neurons; pulses of {show(events.width, 's')}, a full pixel at "
        f"{show(events.rate, 'Hz')}; {events.pulses:.0f} pulses an image."
    )
    columns = ["fault", "amount", f"{events.kind} pulses", "constant voltages", "same class", "undecided"]
    return Table("Pulsed inputs", columns, rows, note)


def stages_table(result: ArrayToAccuracy) -> Table:
    """The scaling of every layer, a column a layer."""
    rows = [
        ["inputs x outputs", *(f"{s.inputs} x {s.outputs}" for s in result.stages)],
        ["readings an image", *(str(s.positions) for s in result.stages)],
        ["array current of a weighted sum of one", *(show(s.unit_current, "A") for s in result.stages)],
        ["gain of the mirror", *(f"{s.gain:.4g}" for s in result.stages)],
        ["neuron current at full activation", *(show(s.full_current, "A") for s in result.stages)],
        ["full activation", *(f"{s.full_activation:.4g}" for s in result.stages)],
        ["least current that spikes in time", *(show(s.rheobase, "A") for s in result.stages)],
        ["where the mirror saturates", *(show(s.top_current, "A") for s in result.stages)],
        ["deadline" if result.readout == "first_spike" else "window", *(show(s.deadline, "s") for s in result.stages)],
        ["first spike at full current", *(show(s.full_latency, "s") for s in result.stages)],
        ["neurons simulated", *(f"{s.neurons} at {s.nodes} currents" for s in result.stages)],
        ["error of interpolation", *(percent(s.interpolation) for s in result.stages)],
    ]
    note = "Full activation is the quantile of the training data's weighted sums that gets the full current."
    return Table("Scaling of the layers", ["quantity", *(s.label for s in result.stages)], rows, note)


def crossbar_table(result: ArrayToAccuracy) -> Table:
    """The first layer's array without the fault that is varied, and the spread of the neurons."""
    spread = ", ".join(f"{name} {percent(sigma)}" for name, sigma in result.mismatch.items()) or "none"
    rows = [*([name, words] for name, words in result.crossbar.items()), ["mismatch of the neurons", spread]]
    return Table("Array of the first layer", ["part", "value"], rows, "Without the fault that is varied.")
