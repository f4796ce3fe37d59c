"""One call that runs anything that can be simulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .stimulus import Stimulus
from .trace import Trace


class Subject(Protocol):
    """What every experiment works on: an equation neuron, a circuit cell, a user's netlist."""

    @property
    def name(self) -> str: ...

    @property
    def input_unit(self) -> str: ...

    def with_(self, **changes: Any) -> Any: ...

    def scales(self) -> Any: ...

    @property
    def simulate(self) -> Callable[..., Trace]: ...


def simulate(
    subject: Subject,
    stimulus: Stimulus,
    duration: float | str | None = None,
    *,
    lanes: int | None = None,
    method: str = "auto",
    dt: float | str | None = None,
    rtol: float | None = None,
    record: str | tuple[str, ...] = "auto",
    samples: int = 2001,
    initial: Mapping[str, Any] | None = None,
    progress: Callable[[float], None] | None = None,
    **options: Any,
) -> Trace:
    """Run `subject` under `stimulus` for `duration` and return its Trace.

    lanes      copies to run at once; parameters and stimuli given as arrays set it by themselves
    duration   seconds or "50 ms"; default: the stimulus's own
    method     auto (the model's own), exact, dopri5, rodas4 (adaptive: spikes located), or a textbook grid:
               exact_grid, euler, exponential_euler, rk4 with step `dt`, clocked
    rtol       relative tolerance of dopri5 and rodas4 (1e-8; absolute: rtol times the scale of each state) or of a circuit's
               solver (1e-5)
    record     states to store at `samples` equal times: names, () for none, "auto" for all up to 64 lanes
    initial    initial states that differ from the model's, e.g. {"v_mem": "-50 mV"}
    progress   called with the fraction done;  options: of circuits alone, engine="ngspice"

    Spike times do not depend on `record`, `samples`, the number of lanes or of threads. Lanes that could not be
    finished are listed in `Trace.failures` with time and reason; their spikes up to there are kept.
    Raises InputError where the arguments do not fit together.
    """
    if rtol is not None:
        options["rtol"] = rtol
    return subject.simulate(
        stimulus,
        duration,
        lanes=lanes,
        method=method,
        dt=dt,
        record=record,
        samples=samples,
        initial=initial,
        progress=progress,
        **options,
    )
