"""From a reproduction to its page: which stored result becomes which figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..papers.base import Reproduction
from ..quantities import show
from .figures import BLUE, GREY, ORANGE, Figure, axis, fi_figure, line, marks, phase_figure, waveform
from .memristive_alif_figures import memristive_alif_figures, memristive_alif_tables
from .mixed_signal_paper_figures import mixed_signal_figures, mixed_signal_tables
from .page import Page
from .shah2023_figures import shah2023_figures, shah2023_tables
from .spike_response_figures import spike_response_figures, spike_response_tables
from .tables import Table, parameter_table


def paper_page(reproduction: Reproduction) -> Page:
    """The page of a reproduced paper."""
    own = TABLES[reproduction.paper](reproduction.results) if reproduction.paper in TABLES else []
    return Page(
        title=reproduction.title,
        subtitle=reproduction.source,
        summary=reproduction.summary,
        claims=reproduction.claims,
        figures=FIGURES[reproduction.paper](reproduction.results),
        tables=[*own, *(parameter_table(title, neuron) for title, neuron in reproduction.parameters)],
        chosen=reproduction.chosen,
        computed=how_computed(reproduction.results),
    )


def how_computed(results: dict[str, Any]) -> dict[str, str]:
    """Method, tolerance and seed of the traces among the results."""
    told = {}
    for name, result in results.items():
        meta = getattr(result, "meta", None)
        if meta:
            step = f"dt {show(meta['dt'], 's')}" if "dt" in meta else f"rtol {meta['rtol']:g}"
            seed = "no random numbers" if meta.get("seed") is None else f"seed {meta['seed']}"
            told[name] = f"{result.subject}, method {meta['method']}, {step}, {seed}; {meta['stimulus']}"
    return told


def lif_tutorial_figures(results: dict[str, Any]) -> list[Figure]:
    trace, grid, curve = results["trace"], results["grid"], results["fi_curve"]
    threshold = trace.meta["parameters"]["v_th"]
    main = waveform(
        trace,
        threshold=threshold,
        id="lif",
        title="The tutorial's neuron under its triangle",
        caption="Membrane potential with every spike located (orange ticks), the program's own grid (grey) and its spikes "
        "(open squares): each is late by less than a step, and the lags add up.",
    )
    drawn = np.where(grid.v_mem > threshold, np.nan, 1e3 * grid.v_mem)
    main.data.insert(0, line(1e3 * grid.time, drawn, "tutorial's grid", GREY, width=1.2))
    level = main.data[2]["y"][0] + 5
    main.data.append(
        marks(1e3 * grid.spike_times, np.full(len(grid.spikes), level), "tutorial's spikes", GREY, "square-open", 7)
    )
    return [
        main,
        lag_figure(results),
        fi_figure(
            curve,
            results["closed_form"],
            caption="Simulated rates on the closed form 1 / (t_ref + tau_m ln((v_inf - v_reset) / (v_inf - v_th))).",
        ),
        convergence_figure(results["convergence"]),
        waveform(
            results["izhikevich"],
            id="izhikevich",
            title="Izhikevich, regular spiking",
            caption="The second model of the chapter, with the published RS numbers, under 10 mV/ms from 20 ms on.",
        ),
        phase_figure(
            results["phase_plane"],
            caption="Its phase plane at 10 mV/ms: the nullclines do not meet, so there is no rest and the trajectory fires.",
        ),
        waveform(
            results["hodgkin_huxley"],
            threshold=0.0,
            id="squid",
            title="Hodgkin-Huxley, squid axon",
            caption="The third model of the chapter under 10 uA/cm2 from 5 ms on.",
        ),
    ]


def lag_figure(results: dict[str, Any]) -> Figure:
    """Lag of each of the program's spikes: against its own restart, and running freely."""
    grid, located = results["grid"], results["trace"].spikes[0]
    n = np.arange(1, len(grid.spikes) + 1)
    single = 1e3 * (grid.spike_times - results["restarted"])
    free = 1e3 * (grid.spike_times - located[: len(n)])
    data = [
        {"type": "bar", "x": n, "y": free, "name": "running freely", "marker": {"color": ORANGE}, "opacity": 0.75},
        {"type": "bar", "x": n, "y": single, "name": "each from its own restart", "marker": {"color": BLUE}},
    ]
    layout = {
        "barmode": "overlay",
        "xaxis": axis("spike", "", dtick=2),
        "yaxis": axis("lag of the tutorial's spike", "ms"),
        "shapes": [
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": 0.1,
                "y1": 0.1,
                "line": {"color": GREY, "dash": "dot"},
            }
        ],
    }
    caption = "Blue: one interval at a time, never more than one 0.1 ms step (dotted). Orange: the same lags accumulated."
    return Figure("lag", "Why the spikes differ", caption, data, layout)


def convergence_figure(errors: dict[float, float]) -> Figure:
    """Largest lag against the step of the grid."""
    steps, lags = 1e3 * np.array(list(errors)), 1e3 * np.array(list(errors.values()))
    data = [
        line(steps, lags[0] * steps / steps[0], "order 1", GREY, dash="dot"),
        marks(steps, lags, "tutorial's arithmetic", BLUE, "circle", 9),
    ]
    layout = {"xaxis": axis("step", "ms", type="log", dtick=1), "yaxis": axis("largest lag", "ms", type="log", dtick=1)}
    caption = "With a finer grid the program converges to the located spikes, at first order."
    return Figure("convergence", "Convergence of the tutorial's program", caption, data, layout)


FIGURES: dict[str, Callable[[dict[str, Any]], list[Figure]]] = {
    "lif-tutorial": lif_tutorial_figures,
    "shah2023": shah2023_figures,
    "memristive-alif": memristive_alif_figures,
    "spike-response": spike_response_figures,
    "mixed-signal": mixed_signal_figures,
}
TABLES: dict[str, Callable[[dict[str, Any]], list[Table]]] = {
    "shah2023": shah2023_tables,
    "memristive-alif": memristive_alif_tables,
    "spike-response": spike_response_tables,
    "mixed-signal": mixed_signal_tables,
}
