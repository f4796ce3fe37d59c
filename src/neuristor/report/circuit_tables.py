"""Tables of a circuit's results, for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..circuits.netlist import GROUND, KINDS, Noise
from ..circuits.results import AcResponse, CircuitTrace, DcSweep, NoiseDensity, OperatingPoint
from ..circuits.run import CircuitRun
from ..quantities import show
from ..trace import plain
from .tables import Table

MOST_ROWS = 40  # lanes that are listed one by one
ROUNDING = 1e-12  # of the largest signal: what is smaller is not told
DEVICE = (("i_d", "A"), ("gm", "S"), ("gds", "S"), ("g_d", "S"), ("v_th", "V"), ("v_dsat", "V"))
STATISTICS = ("mean", "sigma", "smallest", "largest")


def result_tables(run: CircuitRun) -> list[Table]:
    """The tables of every analysis, in the order they were run."""
    makers: dict[type, Any] = {OperatingPoint: op_tables, DcSweep: dc_tables, CircuitTrace: tran_tables,
                               AcResponse: ac_tables, NoiseDensity: noise_tables}  # fmt: skip
    tables = []
    for result in run.results.values():
        tables += makers[type(result)](result, run)
        if isinstance(result, DcSweep | AcResponse):
            tables += measure_tables(
                result.measures, f"Measures of the {'sweep' if isinstance(result, DcSweep) else 'response'}"
            )
    return tables


def unit_of(signal: str) -> str:
    return "A" if signal.startswith("i(") else "V"


def shown(value: float, unit: str, digits: int = 4) -> str:
    """A number with its unit; an empty cell for what is not defined."""
    return show(float(value) + 0.0, unit, digits) if np.isfinite(value) else ""


def statistics(values: np.ndarray, unit: str) -> list[str]:
    """Mean, standard deviation, smallest, largest of the defined values."""
    good = np.asarray(values)[np.isfinite(values)]
    if not len(good):
        return [""] * 4
    sigma = float(np.std(good, ddof=1)) if len(good) > 1 else np.nan
    return [shown(v, unit) for v in (float(np.mean(good)), sigma, float(good.min()), float(good.max()))]


# Operating point


def op_tables(point: OperatingPoint, run: CircuitRun) -> list[Table]:
    """Node voltages and source currents, then what a designer asks of each transistor and diode."""
    lanes = max((len(np.atleast_1d(v)) for v in point.signals.values()), default=1)
    columns = ["value"] if lanes == 1 else list(STATISTICS)
    tables = [
        Table("Operating point", ["signal", *columns], value_rows(point.signals, unit_of), failed_note(point.failures))
    ]
    if point.devices and lanes == 1:
        present = [(q, u) for q, u in DEVICE if any(q in d for d in point.devices.values())]
        rows = [
            [name, *(shown(d[q][0], u) if q in d else "" for q, u in present), conduction(run, point, name)]
            for name, d in point.devices.items()
        ]
        tables.append(Table("Devices at the operating point", ["device", *(q for q, _ in present), "region"], rows))
    elif point.devices:
        units = dict(DEVICE)
        every = {f"{q} of {name}": v for name, d in point.devices.items() for q, v in d.items() if q in units}
        rows = value_rows(every, lambda name: units[name.split(" of ")[0]])
        tables.append(Table("Devices at the operating point", ["quantity", *STATISTICS], rows))
    return tables


def value_rows(signals: Mapping[str, np.ndarray], unit: Any) -> list[list[str]]:
    rows = []
    for name, values in signals.items():
        values = np.atleast_1d(values)
        cells = [shown(values[0], unit(name), 6)] if len(values) == 1 else statistics(values, unit(name))
        rows.append([name, *cells])
    return rows


def conduction(run: CircuitRun, point: OperatingPoint, name: str) -> str:
    """ "off", "linear" or "saturated" of a transistor by its own V_th and V_dsat."""
    e, d = run.netlist.elements.get(name), point.devices[name]
    if e is None or e.kind != "m" or "v_th" not in d:
        return ""
    sign = -1.0 if run.netlist.models[e.model].kind == "pmos" else 1.0
    drain, gate, source = (sign * float(np.ravel(point.signals.get(n, 0.0))[0]) if n != GROUND else 0.0 for n in e.nodes[:3])
    low, high = min(drain, source), max(drain, source)
    if gate - low < float(d["v_th"][0]):
        return "below threshold"
    return "saturated" if high - low >= float(d["v_dsat"][0]) else "linear"


def failed_note(failures: list[Any]) -> str:
    return f"{len(failures)} lane{'s' if len(failures) > 1 else ''} failed: {failures[0]}" if failures else ""


# Transient


def per_lane(trace: CircuitTrace) -> dict[str, tuple[str, np.ndarray]]:
    """Quantity -> unit and values (lanes,), NaN where not defined (no spike, lane failed)."""
    found: dict[str, tuple[str, np.ndarray]] = {}
    failed = np.zeros(trace.lanes, dtype=bool)
    failed[[f.lane for f in trace.failures]] = True
    several = len(trace.crossings) > 1
    for node, lanes in trace.crossings.items():
        of = f" of {node}" if several else ""
        counts = np.array([len(t) for t in lanes], dtype=float)
        found[f"rate{of}"] = "Hz", counts / trace.duration
        found[f"first spike{of}"] = "s", np.array([t[0] if len(t) else np.nan for t in lanes])
        found[f"mean interval{of}"] = "s", np.array([np.mean(np.diff(t)) if len(t) > 1 else np.nan for t in lanes])
        found[f"width{of}"] = "s", np.array([np.mean(w) if len(w) else np.nan for w in trace.widths.get(node, [])])
    for name, energy in trace.energy.items():
        found[f"energy of {name}"] = "J", np.asarray(energy, dtype=float)
    if trace.crossings and trace.energy:
        counts = np.where(trace.spike_counts > 0, trace.spike_counts, np.nan)
        found["energy per spike"] = "J", np.sum(list(trace.energy.values()), axis=0) / counts
    found |= {name: ("1", np.asarray(v, dtype=float)) for name, v in trace.measures.items()}
    return {name: (unit, np.where(failed, np.nan, v)) for name, (unit, v) in found.items() if len(v) == trace.lanes}


def tran_tables(trace: CircuitTrace, run: CircuitRun) -> list[Table]:
    """Lane by lane if they are few and no Monte Carlo; else statistics, of every value of a sweep if there is one."""
    note = failed_note(trace.failures)
    if run.lanes.samples and len(run.lanes.values):
        tables = [sweep_of_samples(trace, run, note)]
    elif run.lanes.samples or trace.lanes > MOST_ROWS:
        rows = [[name, *statistics(v, unit)] for name, (unit, v) in per_lane(trace).items()]
        tables = [Table(f"Transient of {trace.lanes} lanes", ["quantity", *STATISTICS], rows, note)]
    else:
        tables = [spike_table(trace, run)]
        tables += measure_tables(trace.measures, "Measures")
    return tables


def measure_tables(measures: Mapping[str, np.ndarray], title: str) -> list[Table]:
    """Names and values of `.meas`, one value a lane; nothing if there are none."""
    rows = [
        [name, ", ".join(shown(v, "1", 6) or "not found" for v in np.ravel(values))] for name, values in measures.items()
    ]
    several = any(len(np.ravel(v)) > 1 for v in measures.values())
    return [Table(title, ["name", "value of every lane" if several else "value"], rows)] if rows else []


def spike_table(trace: CircuitTrace, run: CircuitRun) -> Table:
    """One row a lane and watched node; without a watched node the energies alone."""
    swept, name = run.lanes.each, run.lanes.name
    of_spikes = ["node", "spikes", "rate", "first spikes", "width"] if trace.crossings else []
    columns = ["lane", *([name] if name else []), *of_spikes, "energy of sources", "energy per spike"]
    columns = [*(columns if trace.crossings else columns[:-1]), "status"]
    quantities = per_lane(trace)
    per_spike = quantities.get("energy per spike", ("J", np.full(trace.lanes, np.nan)))[1]
    rows = []
    for lane in range(trace.lanes):
        energy = ", ".join(f"{k} {shown(v[lane], 'J')}" for k, v in trace.energy.items())
        head = [str(lane), *([shown(swept[lane], run.lanes.unit)] if name else [])]
        for k, (node, lanes) in enumerate(trace.crossings.items()):
            last = [shown(per_spike[lane], "J"), trace.status[lane]] if k == 0 else ["", ""]
            widths = trace.widths.get(node, [np.zeros(0)] * trace.lanes)[lane]
            width = shown(np.mean(widths), "s") if len(widths) else ""
            rows.append([*head, node, *spike_cells(lanes[lane], trace.duration), width, energy if k == 0 else "", *last])
        if not trace.crossings:
            rows.append([*head, energy, trace.status[lane]])
    note = "energy per spike: of all sources together, by the spikes of the first node" if trace.crossings else ""
    return Table(f"Transient of {show(trace.duration, 's')}", columns, rows, note)


def spike_cells(times: np.ndarray, duration: float) -> list[str]:
    first = ", ".join(show(t, "s", 6) for t in times[:3]) + (" ..." if len(times) > 3 else "")
    return [str(len(times)), f"{len(times) / duration:.5g} Hz", first]


def sweep_of_samples(trace: CircuitTrace, run: CircuitRun, note: str) -> Table:
    """One row a swept value: mean ± standard deviation over its samples; energies of all sources together."""
    quantities = {name: v for name, v in per_lane(trace).items() if trace.crossings and not name.startswith("energy of")}
    quantities = quantities or per_lane(trace)
    columns = [run.lanes.name, *quantities, "failed"]
    failed = np.zeros(trace.lanes)
    failed[[f.lane for f in trace.failures]] = 1
    rows = []
    for k, value in enumerate(run.lanes.values):
        own = slice(k * run.lanes.samples, (k + 1) * run.lanes.samples)
        cells = [" ± ".join(filter(None, statistics(v[own], unit)[:2])) for unit, v in quantities.values()]
        rows.append([shown(value, run.lanes.unit), *cells, str(int(failed[own].sum()))])
    return Table(f"Transient of {trace.lanes} lanes, {run.lanes.samples} samples a value", columns, rows, note)


# DC, AC, noise


def dc_tables(sweep: DcSweep, run: CircuitRun) -> list[Table]:
    """Every signal at both ends of the sweep, and its range."""
    first, last = (shown(v, axis_unit(run, sweep.axis_name)) for v in sweep.axis[[0, -1]])
    rows = []
    for name, values in sweep.signals.items():
        flat = np.atleast_2d(values)[0]
        ends = [shown(v, unit_of(name)) for v in (flat[0], flat[-1], np.min(values), np.max(values))]
        rows.append([name, *ends])
    columns = ["signal", f"at {first}", f"at {last}", "smallest", "largest"]
    notes = [f"ends at the first of {len(sweep.second)} values of the second source" if len(sweep.second) else ""]
    note = "; ".join(filter(None, [*notes, failed_note(sweep.failures)]))
    return [Table(f"DC sweep of {sweep.axis_name}", columns, rows, note)]


def axis_unit(run: CircuitRun, source: str) -> str:
    e = run.netlist.elements.get(source.lower())
    return "1" if e is None else "A" if e.kind == "i" else "V"


def decibel(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return 20.0 * np.log10(np.abs(values))


def corner(frequency: np.ndarray, values: np.ndarray) -> float:
    """Where the magnitude first falls 3 dB below its largest value, Hz; NaN if it does not."""
    level = decibel(values) - np.max(decibel(values)) + 10 * np.log10(2.0)
    top = int(np.argmax(level))
    below = np.flatnonzero(level[top:] < 0) + top
    if not np.isfinite(level[top]) or not len(below):
        return float("nan")
    k = int(below[0])
    share = level[k - 1] / (level[k - 1] - level[k])
    return float(frequency[k - 1] * (frequency[k] / frequency[k - 1]) ** share)


def moves(response: AcResponse, name: str) -> bool:
    """Whether a signal is more than the rounding of the largest one of its unit."""
    alike = [np.max(np.abs(v)) for n, v in response.signals.items() if unit_of(n) == unit_of(name)]
    return bool(np.max(np.abs(response[name])) > ROUNDING * max(alike))


def ac_tables(response: AcResponse, run: CircuitRun) -> list[Table]:
    """Magnitude and phase at both ends and the -3 dB frequency."""
    f = response.frequency
    rows = []
    for name, v in response.signals.items():
        if moves(response, name):
            ends = [f"{decibel(v)[k]:.4g} dB, {np.angle(v[k], deg=True):.4g}°" for k in (0, -1)]
            rows.append([name, *ends, shown(corner(f, v), "Hz")])
    columns = ["signal", f"at {show(f[0], 'Hz')}", f"at {show(f[-1], 'Hz')}", "-3 dB at"]
    note = "dB of 1 V or 1 A; -3 dB below the largest magnitude"
    return [Table("AC response", columns, rows, note)]


def noise_tables(noise: NoiseDensity, run: CircuitRun) -> list[Table]:
    """Density at both ends, the total, and the devices that give most of it."""
    f = noise.frequency
    asked = run.netlist.analysis(Noise)
    unit = "A" if asked and run.netlist.element(asked.source).kind == "i" else "V"
    rows = [
        [
            "at the output",
            *(f"{np.sqrt(noise.output[k]):.4g} V/√Hz" for k in (0, -1)),
            f"{shown(np.sqrt(noise.total), 'V')} rms",
        ],
        [
            "at the input",
            *(f"{np.sqrt(noise.input[k]):.4g} {unit}/√Hz" if np.isfinite(noise.input[k]) else "" for k in (0, -1)),
            "",
        ],
    ]
    total = noise.total or 1.0
    parts = sorted(((float(np.trapezoid(v, f)) / total, name) for name, v in noise.shares.items()), reverse=True)
    rows += [[f"from {name}", "", "", f"{100 * share:.3g} %"] for share, name in parts[:8] if share > 0]
    columns = ["noise", f"at {show(f[0], 'Hz')}", f"at {show(f[-1], 'Hz')}", "in all"]
    return [Table("Noise", columns, rows, "in all: between the first and the last frequency")]


# The circuit itself


def element_table(run: CircuitRun) -> Table:
    """Kind, nodes and parameters of every element."""
    rows = []
    for e in run.netlist.elements.values():
        told = [f"{k}={range_of(v)}" for k, v in plain(dict(e.params)).items()]
        if e.wave:
            values = [short(v) for v in e.wave.values[:12]] + ["..."] * (len(e.wave.values) > 12)
            told.append(f"{e.wave.kind}({' '.join(values)})")
        rows.append([e.name, KINDS[e.kind][0], " ".join(e.nodes), " ".join([e.model, *told]).strip()])
    note = f"SI units with SPICE's suffixes; temperature {range_of(plain(run.netlist.temperature))} °C"
    return Table("Elements", ["name", "kind", "nodes", "model and parameters"], rows, note)


def range_of(value: Any) -> str:
    """A number, or the range of one that differs between lanes."""
    return f"{short(min(value))}..{short(max(value))}" if isinstance(value, list) else short(value)


def short(value: float) -> str:
    """A number with SPICE's suffix: 0.7e-6 is "700n"."""
    text = show(value, "V", 5).removesuffix("V").replace(" ", "")
    return text.replace("M", "meg")
