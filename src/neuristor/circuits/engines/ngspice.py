"""The program ngspice as an engine: one function an analysis, results under the names of the netlist.

Every function takes
    save      quantities inside devices, "@m1[id]", that come back under that name (op, dc, tran)
    options   SPICE options that go before the netlist's own, which go before those of `option_set`
    timeout   s of wall time for the run (None: no limit)
and raises InputError if the netlist cannot be used or the program is missing, NgspiceError if the simulation fails.
Node voltages come back under the node's name, currents of v, e, h and l elements as "i(name)" from the first node
through the element to the second (A).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ...kernel.threads import cores
from ..netlist import Ac, Analysis, Dc, Netlist, Noise, Op, Tran
from .deck import write_deck
from .program import NgspiceError, NgspiceTimeout, check_installed, run_deck
from .raw import Plot

Options = Mapping[str, float | str]
CHARGE_VOLTAGE = 1e-5  # V; the smallest capacitance times this is the charge that may be neglected
SMALLEST_CHARGE, SPICE_CHARGE = 1e-19, 1e-14  # C; the latter is SPICE's default
TIGHT = {"reltol": 1e-9, "vntol": 1e-10}  # of the operating point


@dataclass(frozen=True)
class TranResult:
    """time (n_time,) s, at the program's own steps; signals: name -> (n_time,)."""

    time: np.ndarray
    signals: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.signals[name]


def option_set(netlist: Netlist) -> dict[str, float | str]:
    """Options for a transient run of this circuit; the netlist's own take precedence.

    SPICE's defaults fit boards, not neurons: chgtol is the whole charge of 10 fF at 1 V and gmin leaks 0.6 pA, so that
    spikes vanish without a warning. Here gmin, abstol and vntol fit picoampere circuits, reltol 1e-5 gives spike
    frequencies to 3e-5, Gear's method does not ring behind sharp edges, and chgtol follows the smallest capacitor,
    from 1e-19 C (also whenever there are transistors or diodes, which hold charge themselves) to SPICE's 1e-14 C.
    Switches and comparators decide when a slow ramp passes a level: with them no error may be 7 times the tolerance (trtol).
    """
    elements = netlist.elements.values()
    capacitances = [abs(e.params["c"]) for e in elements if e.kind == "c" and e.params.get("c")]
    active = any(e.kind in "mdu" for e in elements)
    charge = SMALLEST_CHARGE if active else CHARGE_VOLTAGE * min(capacitances, default=1.0)
    charge = min(max(charge, SMALLEST_CHARGE), SPICE_CHARGE)
    chosen: dict[str, float | str] = {
        "method": "gear",
        "reltol": 1e-5,
        "abstol": 1e-16,
        "vntol": 1e-7,
        "gmin": 1e-16,
        "chgtol": charge,
    }
    if any(e.kind in "su" for e in elements):
        chosen["trtol"] = 1.0
    return chosen | dict(netlist.options)


def run(
    netlist: Netlist,
    analysis: Analysis,
    options: Options,
    save: Iterable[str] = (),
    timeout: float | None = None,
    halt: threading.Event | None = None,
) -> list[Plot]:
    """All plots of one analysis, variables renamed to ours, internal nodes of devices left out."""
    if not netlist.elements:
        raise InputError("the circuit has no elements")
    save = tuple(save)
    deck, names = write_deck(netlist, analysis, options, save)
    try:
        plots = run_deck(deck, timeout, halt)
    except NgspiceError as error:
        raise type(error)(names.translate(str(error))) from None
    return [rename(plot, names.signals(save)) for plot in plots]


def rename(plot: Plot, known: Mapping[str, str]) -> Plot:
    """A plot with our names; the axis and noise densities keep ngspice's."""
    plain = [re.sub(r"^\w+\((@.*|\S+-sweep)\)$", r"\1", v) for v in plot.variables]
    kept = [k for k, v in enumerate(plain) if v in known or re.fullmatch(r"time|frequency|\S+-sweep|[io]noise_spectrum", v)]
    return Plot(plot.name, tuple(known.get(plain[k], plain[k]) for k in kept), plot.values[kept])


def static(
    netlist: Netlist, analysis: Analysis, save: Iterable[str], options: Options | None, timeout: float | None
) -> Plot:
    """First plot of an analysis about an operating point: to nine digits, or with looser options where it fails."""
    given = dict(netlist.options) | dict(options or {})
    loose = option_set(netlist) | given
    tight = loose | TIGHT | given
    try:
        return run(netlist, analysis, tight, save, timeout)[0]
    except NgspiceError as error:
        if tight == loose or isinstance(error, NgspiceTimeout):
            raise
    return run(netlist, analysis, loose, save, timeout)[0]


def wanted(netlist: Netlist, kind: type, word: str) -> Any:
    """The netlist's analysis of a kind; InputError if it has none."""
    found = netlist.analysis(kind)
    if found is None:
        raise InputError(f"the circuit asks for no .{word} analysis: add one to netlist.analyses")
    return found


def op(
    netlist: Netlist, *, save: Iterable[str] = (), options: Options | None = None, timeout: float | None = None
) -> dict[str, float]:
    """Operating point: signal -> V or A. The netlist needs no `Op`."""
    return {name: float(v[0]) for name, v in static(netlist, Op(), save, options, timeout).signals().items()}


def dc(
    netlist: Netlist, *, save: Iterable[str] = (), options: Options | None = None, timeout: float | None = None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The netlist's `Dc`: values of the first axis (n,) and signal -> (n,), or (n_second, n) with two axes."""
    analysis = wanted(netlist, Dc, "dc")
    axis, signals = apart(static(netlist, analysis, save, options, timeout))
    if len(analysis.sweeps) == 1:
        return axis, signals
    again = np.flatnonzero(axis == axis[0])
    n = int(again[1]) if len(again) > 1 else len(axis)
    return axis[:n], {name: v.reshape(-1, n) for name, v in signals.items()}


def ac(
    netlist: Netlist, *, options: Options | None = None, timeout: float | None = None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The netlist's `Ac`: frequency (n,) Hz and signal -> complex (n,) V or A."""
    axis, signals = apart(static(netlist, wanted(netlist, Ac, "ac"), (), options, timeout))
    return axis.real.copy(), signals


def noise(
    netlist: Netlist, *, options: Options | None = None, timeout: float | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The netlist's `Noise`: frequency (n,) Hz, density at the output (V^2/Hz) and at the input source (V^2/Hz, A^2/Hz).

    The gain to the input source is that of this source alone, whatever AC magnitudes the circuit's sources have.
    """
    axis, density = apart(static(netlist, wanted(netlist, Noise, "noise"), (), options, timeout))
    return axis, density["onoise_spectrum"] ** 2, density["inoise_spectrum"] ** 2


def apart(plot: Plot) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Axis and the other signals."""
    return plot.values[0], dict(zip(plot.variables[1:], plot.values[1:], strict=True))


def tran(
    netlist: Netlist,
    options: Options | None = None,
    *,
    save: Iterable[str] = (),
    timeout: float | None = None,
    halt: threading.Event | None = None,
) -> TranResult:
    """The netlist's `Tran`; setting `halt` in another thread ends it with NgspiceTimeout."""
    analysis = wanted(netlist, Tran, "tran")
    plot = run(netlist, analysis, option_set(netlist) | dict(options or {}), save, timeout, halt)[0]
    time, signals = apart(plot)
    if time[-1] < analysis.stop * (1 - 1e-9):
        raise NgspiceError(f"ngspice: the run ended at {time[-1]:g} s instead of {analysis.stop:g} s")
    return TranResult(time, signals)


def tran_many(
    netlists: Sequence[Netlist],
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
    *,
    options: Options | None = None,
    save: Iterable[str] = (),
    timeout: float | None = None,
) -> list[TranResult | NgspiceError]:
    """`tran` of every netlist, in order, `workers` programs at a time (None: one a processor core).

    A circuit that fails, or cannot be used, gives its NgspiceError in its place. timeout is that of one circuit;
    progress is called with the finished fraction. Ctrl-C ends the running programs. InputError if the program is missing.
    """
    check_installed()
    halt, save = threading.Event(), tuple(save)

    def one(netlist: Netlist) -> TranResult | NgspiceError:
        try:
            return tran(netlist, options, save=save, timeout=timeout, halt=halt)
        except NgspiceError as error:
            return error
        except InputError as error:
            return NgspiceError(str(error))

    with ThreadPoolExecutor(workers or cores()) as pool:
        futures = [pool.submit(one, netlist) for netlist in netlists]
        try:
            for done, _ in enumerate(as_completed(futures), 1):
                if progress is not None:
                    progress(done / len(futures))
        except BaseException:
            halt.set()
            pool.shutdown(cancel_futures=True)
            raise
        return [future.result() for future in futures]
