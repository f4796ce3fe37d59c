"""The analyses of a circuit: op, dc, tran, ac, noise; the same functions and results for every engine.

    trace = tran(netlist, spikes=["vspk@0.5"])              # this package's engine
    trace = tran(netlist, spikes=["vspk@0.5"], engine="ngspice")

Element parameters given as arrays are one value a lane: all lanes run at once (native engine only for thousands).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..quantities import parse
from ..stimulus import Stimulus
from .check import require_sound
from .engines import native_engine, ngspice_engine
from .engines import sensitivity as derivatives
from .measure import evaluate_all
from .netlist import GROUND, Ac, Dc, Netlist, Noise, Tran
from .results import AcResponse, CircuitTrace, DcSweep, NoiseDensity, OperatingPoint

ENGINES = {"native": native_engine, "ngspice": ngspice_engine}
Watch = tuple[str, float]  # node and level


def engine_of(name: str) -> Any:
    """The engine module of a name; InputError if there is none."""
    if name not in ENGINES:
        raise InputError(f"unknown engine {name!r}{nearest(name, ENGINES)}; there are {', '.join(ENGINES)}")
    return ENGINES[name]


def op(netlist: Netlist, engine: str = "native") -> OperatingPoint:
    """The operating point of every lane."""
    require_sound(netlist, needs_op=True)
    return engine_of(engine).op(netlist)


def dc(netlist: Netlist, analysis: Dc | None = None, engine: str = "native") -> DcSweep:
    """A sweep of one or two sources (default: the netlist's `.dc`)."""
    require_sound(netlist, needs_op=True)
    found = engine_of(engine).dc(netlist, analysis or wanted(netlist, Dc, ".dc"))
    if len(found.second):
        return found
    return replace(found, measures=evaluate_all(netlist.measures, "dc", [found.axis], [found.signals]))


def ac(netlist: Netlist, analysis: Ac | None = None, engine: str = "native") -> AcResponse:
    """Small-signal response about the operating point (default: the netlist's `.ac`)."""
    require_sound(netlist, needs_op=True)
    found = engine_of(engine).ac(netlist, analysis or wanted(netlist, Ac, ".ac"))
    sizes = {name: np.abs(v) for name, v in found.signals.items()}
    return replace(found, measures=evaluate_all(netlist.measures, "ac", [found.frequency], [sizes]))


def noise(netlist: Netlist, analysis: Noise | None = None, engine: str = "native") -> NoiseDensity:
    """Noise density at a node and referred to a source (default: the netlist's `.noise`)."""
    require_sound(netlist, needs_op=True)
    return engine_of(engine).noise(netlist, analysis or wanted(netlist, Noise, ".noise"))


def tran(
    netlist: Netlist,
    duration: float | str | None = None,
    *,
    spikes: Sequence[str | Watch] = (),
    record: Sequence[str] | None = None,
    samples: int = 0,
    engine: str = "native",
    rtol: float = 1e-5,
    max_order: int = 5,
    uic: bool | None = None,
    inputs: Mapping[str, Stimulus] | None = None,
    progress: Callable[[float], None] | None = None,
) -> CircuitTrace:
    """A transient of all lanes.

    duration   seconds or "5 ms" (default: the netlist's `.tran`)
    spikes     "node@level", "node" (level: half the supply) or (node, level): rising crossings are located on the
               solution's own polynomial, far below the step
    record     signals to store: node names and "i(source)"; default: all nodes of up to 8 lanes, none of more
    samples    store at this many equal times; 0: at the solver's own steps (one lane) or 2001 times (more)
    rtol       local error of a step, relative to the circuit's own voltage (spike intervals come out near 1e-5)
    uic        start from `.ic` without an operating point (default: as `.tran` says)
    inputs     current source -> the stimulus that drives it instead of its own value, on one or many lanes

    Lanes that cannot be finished are in `Trace.failures`. Raises InputError for what does not fit together.
    """
    plan = tran_plan(netlist, duration, uic)
    require_sound(netlist, needs_op=not plan.uic)
    watches = [read_watch(netlist, w) for w in spikes]
    return engine_of(engine).tran(
        netlist, plan, watches=watches, record=record, samples=samples, rtol=rtol, max_order=max_order,
        inputs=lower(inputs), progress=progress,
    )  # fmt: skip


def sensitivity(
    netlist: Netlist,
    wrt: Sequence[str],
    duration: float | str | None = None,
    *,
    spikes: Sequence[str | Watch] = (),
    rtol: float = 1e-7,
    uic: bool | None = None,
    inputs: Mapping[str, Stimulus] | None = None,
) -> derivatives.Sensitivities:
    """Derivatives of spike times and energies by device parameters; twenty cost less than two further runs.

    wrt   "element.parameter" each: "m1.w", "m1.delvto", "c1.c", "iin.dc"; other arguments as of `tran`
    """
    plan = tran_plan(netlist, duration, uic)
    require_sound(netlist, needs_op=not plan.uic)
    return derivatives.transient(netlist, plan, wrt, [read_watch(netlist, w) for w in spikes], rtol, lower(inputs))


def op_sensitivity(netlist: Netlist, wrt: Sequence[str]) -> dict[str, np.ndarray]:
    """signal -> (parameters,) derivatives of the operating point by the parameters "element.parameter"."""
    require_sound(netlist, needs_op=True)
    return derivatives.of_operating_point(netlist, wrt)


def tran_plan(netlist: Netlist, duration: float | str | None, uic: bool | None) -> Tran:
    """The transient to run: the netlist's `.tran` with the arguments' changes."""
    plan = netlist.analysis(Tran)
    stop = parse(duration, "s") if duration is not None else plan.stop if plan else 0.0
    if not stop > 0:
        raise InputError("the transient needs a duration: give one, or `.tran step stop` in the circuit")
    step, longest = (plan.step, plan.max_step) if plan else (stop / 100, 0.0)
    return Tran(step, stop, 0.0, longest, bool(plan and plan.uic) if uic is None else uic)


def lower(inputs: Mapping[str, Stimulus] | None) -> dict[str, Stimulus]:
    """The inputs by names as elements have them."""
    return {name.lower(): stimulus for name, stimulus in (inputs or {}).items()}


def wanted(netlist: Netlist, kind: type, word: str) -> Any:
    found = netlist.analysis(kind)
    if found is None:
        raise InputError(f"the circuit has no {word} line, and no analysis was given")
    return found


def half_supply(netlist: Netlist) -> float:
    """Half the largest dc voltage of a source: the level at which a spike is counted if none is named."""
    held = [float(np.max(np.abs(e.params.get("dc", 0.0)))) for e in netlist.elements.values() if e.kind == "v"]
    return 0.5 * max(held, default=1.0) or 0.5


def read_watch(netlist: Netlist, spec: str | Watch) -> Watch:
    """("vspk", 0.5) from "vspk@0.5", "vspk" or a pair; the node must exist."""
    if isinstance(spec, str):
        node, at, level = spec.partition("@")
        value = float(parse(level, "V")) if at else half_supply(netlist)
    else:
        node, value = spec
    node = node.strip().lower()
    if node != GROUND and node not in netlist.nodes:
        raise InputError(f"spikes: the circuit has no node {node!r}{nearest(node, netlist.nodes)}")
    return node, value
