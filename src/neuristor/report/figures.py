"""Figures as Plotly data, drawn from stored results only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..experiments import Adaptation, FICurve, PhasePlane
from ..quantities import show
from ..trace import Trace, plain

BLUE, ORANGE, GREEN, PURPLE, GREY = "#2f6fb5", "#d0662a", "#2f8f5b", "#8659a5", "#8a8f98"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE)
PREFIX = {
    "V": (1e3, "mV"),
    "A": (1.0, "A"),
    "V/s": (1.0, "mV/ms"),
    "A/m2": (100.0, "uA/cm2"),
    "1": (1.0, ""),
    "s": (1e3, "ms"),
}
DRAWN_POINTS = 4000


@dataclass
class Figure:
    """One chart: a heading, a caption that says what is seen, Plotly traces and layout."""

    id: str
    title: str
    caption: str
    data: list[dict[str, Any]]
    layout: dict[str, Any] = field(default_factory=dict)

    def to_json_dict(self) -> dict[str, Any]:
        return {"data": plain(self.data), "layout": plain(self.layout)}


def scaled(values: np.ndarray, unit: str) -> tuple[np.ndarray, str]:
    """Values in a unit that is easy to read, and that unit."""
    if unit == "A":
        size = float(np.max(np.abs(values), initial=0.0)) or 1.0
        shown = show(size, "A").split(" ")[1]
        return values / {"A": 1.0, "mA": 1e-3, "uA": 1e-6, "nA": 1e-9, "pA": 1e-12, "fA": 1e-15}.get(shown, 1.0), shown
    factor, name = PREFIX.get(unit, (1.0, unit))
    return values * factor, name


def axis(name: str, unit: str, **more: Any) -> dict[str, Any]:
    return {"title": {"text": f"{name} ({unit})" if unit else name}, **more}


def line(x: Any, y: Any, name: str, colour: str, **more: Any) -> dict[str, Any]:
    style = {"color": colour, "width": more.pop("width", 1.6)}
    if dash := more.pop("dash", None):
        style["dash"] = dash
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": style, **more}


def marks(
    x: Any, y: Any, name: str, colour: str, symbol: str = "line-ns-open", size: int = 11, **more: Any
) -> dict[str, Any]:
    marker = {"symbol": symbol, "size": size, "color": colour, "line": {"width": 1.6}}
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "name": name, "marker": marker, **more}


def spike_points(trace: Trace, name: str, lane: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Time and signal with a gap at every reset, so that a fall in no time is not drawn as a slope."""
    time, values, spikes = trace.time, trace[name][lane], trace.spikes[lane]
    at = np.clip(np.searchsorted(time, spikes), 1, len(time) - 1)
    falls = values[at] < values[at - 1]
    return np.insert(time, at[falls], spikes[falls]), np.insert(values, at[falls], np.nan)


def waveform(
    trace: Trace, signal: str = "v_mem", *, threshold: float | None = None, id: str = "waveform", title: str = "",
    caption: str = "",
) -> Figure:  # fmt: skip
    """A signal of the first lane over time with threshold and spike marks above, the stimulus below."""
    time, values = spike_points(trace, signal)
    y, unit = scaled(values, trace.units[signal])
    spikes = 1e3 * trace.spikes[0]
    top = np.nanmax(y) + 0.12 * (np.nanmax(y) - np.nanmin(y))
    data = [line(1e3 * time, y, signal, BLUE)]
    data.append(marks(spikes, np.full(len(spikes), top), "spikes", ORANGE))
    if threshold is not None:
        level, _ = scaled(np.array([threshold, threshold]), trace.units[signal])
        data.append(line(1e3 * trace.time[[0, -1]], level, "threshold", GREY, dash="dot", width=1.2))
    layout = {"xaxis": axis("time", "ms", anchor="y2" if "i_in" in trace.signals else "y")}
    layout["yaxis"] = axis(signal, unit, domain=[0.3, 1] if "i_in" in trace.signals else [0, 1])
    if "i_in" in trace.signals:
        i, i_unit = scaled(trace["i_in"][0], trace.units["i_in"])
        data.append(line(1e3 * trace.time, i, "stimulus", GREEN, yaxis="y2", width=1.3))
        layout["yaxis2"] = axis("input", i_unit, domain=[0, 0.22])
    return Figure(id, title or f"{trace.subject}: {signal}", caption, data, layout)


def fi_figure(curve: FICurve, closed: np.ndarray | None = None, *, id: str = "fi", caption: str = "") -> Figure:
    """Rate against input, with rheobase and, where given, the closed form."""
    x, unit = scaled(curve.currents, curve.input_unit)
    threshold = float(curve.rheobase * (x[-1] / curve.currents[-1]))
    data = []
    if closed is not None:
        data.append(line(x, closed, "closed form", GREY, width=5, opacity=0.45))
    data.append(
        {
            **marks(x, curve.rates, "simulated", BLUE, "circle", 5),
            "mode": "lines+markers",
            "line": {"color": BLUE, "width": 1},
        }
    )
    layout = {
        "xaxis": axis("input", unit),
        "yaxis": axis("rate", "Hz", rangemode="tozero"),
        "shapes": [vertical(threshold)],
        "annotations": [note(threshold, f"rheobase {threshold:.4g} {unit}")],
    }
    return Figure(id, f"f-I curve of {curve.subject}", caption, data, layout)


def vertical(x: float) -> dict[str, Any]:
    style = {"color": ORANGE, "width": 1.2, "dash": "dot"}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": style}


def note(x: float, text: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": 1,
        "yref": "paper",
        "text": text,
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "top",
        "xshift": 5,
    }


def phase_figure(plane: PhasePlane, *, id: str = "phase", caption: str = "") -> Figure:
    """Nullclines, trajectory and fixed points in the plane of the two states."""
    x, x_unit = scaled(plane.x, plane.units[0])
    y, y_unit = scaled(plane.y, plane.units[1])
    data = []
    for field_, name, colour in ((plane.dx, plane.names[0], GREEN), (plane.dy, plane.names[1], PURPLE)):
        data.append(
            {
                "type": "contour", "x": x, "y": y, "z": np.sign(field_) * np.log1p(np.abs(field_)), "showscale": False,
                "name": f"d{name}/dt = 0", "showlegend": True, "hoverinfo": "skip",
                "contours": {"start": 0, "end": 0, "size": 1, "coloring": "lines"},
                "colorscale": [[0, colour], [1, colour]], "line": {"width": 2},
            }
        )  # fmt: skip
    jump = np.abs(np.diff(plane.trajectory[0])) > 0.3 * np.ptp(plane.trajectory[0])
    path = np.insert(plane.trajectory, np.flatnonzero(jump) + 1, np.nan, axis=1)
    px, py = scaled(path[0], plane.units[0])[0], scaled(path[1], plane.units[1])[0]
    data.append(line(px, py, "trajectory", BLUE, width=1.2))
    for point in plane.fixed_points:
        at = [scaled(np.array([v]), u)[0][0] for v, u in zip(point.state, plane.units, strict=True)]
        symbol = "circle" if point.kind.startswith("stable") else "circle-open"
        data.append(marks([at[0]], [at[1]], point.kind, ORANGE, symbol, 9))
    layout = {
        "xaxis": axis(plane.names[0], x_unit, range=[x[0], x[-1]]),
        "yaxis": axis(plane.names[1], y_unit, range=[y[0], y[-1]]),
    }
    return Figure(id, f"Phase plane of {plane.subject}", caption, data, layout)


def adaptation_figure(result: Adaptation, *, id: str = "adaptation", caption: str = "") -> Figure:
    """Intervals between spikes over time."""
    data = [marks(1e3 * result.times, 1e3 * result.intervals, "interval", BLUE, "circle", 5, mode="lines+markers")]
    layout = {"xaxis": axis("time", "ms"), "yaxis": axis("interval", "ms", rangemode="tozero")}
    return Figure(id, f"Adaptation of {result.subject}", caption, data, layout)
