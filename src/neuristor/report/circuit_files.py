"""Results of a circuit as CSV or Parquet files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..circuits.results import AcResponse, CircuitTrace, DcSweep, NoiseDensity, OperatingPoint
from ..circuits.run import CircuitRun
from ..trace import write_whole
from .circuit_tables import unit_of


def write_results(run: CircuitRun, path: Path, parquet: bool = False) -> list[Path]:
    """Write every result: a transient, else the first one, to `path`, the others beside it as NAME.KIND.csv.

    Returns the files written, each complete or not at all.
    """
    first = "tran" if run.tran is not None else next(iter(run.results))
    written: list[Path] = []
    for kind, result in run.results.items():
        file = path if kind == first else path.with_name(f"{path.stem}.{kind}{path.suffix}")
        if isinstance(result, CircuitTrace):
            written += result.to_parquet(file) if parquet else result.to_csv(file)
        else:
            write_columns(columns_of(result), file, parquet)
            written.append(file)
    return written


def write_columns(columns: dict[str, Any], file: Path, parquet: bool) -> None:
    import pandas

    frame = pandas.DataFrame(columns)
    write_whole(file, partial(frame.to_parquet if parquet else frame.to_csv, index=False))


def columns_of(result: Any) -> dict[str, Any]:
    """Columns of a result that is no transient."""
    match result:
        case OperatingPoint():
            signals = {f"{k}_{unit_of(k)}": np.atleast_1d(v) for k, v in result.signals.items()}
            lanes = len(next(iter(signals.values()), []))
            return {"lane": np.arange(lanes), **signals}
        case DcSweep():
            shape = next(iter(result.signals.values())).shape
            axes = {result.axis_name: np.broadcast_to(result.axis, shape).ravel()}
            if len(result.second):
                axes["second"] = np.repeat(result.second, len(result.axis))
            return axes | {f"{k}_{unit_of(k)}": v.ravel() for k, v in result.signals.items()}
        case AcResponse():
            parts = {
                f"{k}_{part}": f(v) for k, v in result.signals.items() for part, f in (("re", np.real), ("im", np.imag))
            }
            return {"frequency_Hz": result.frequency, **parts}
        case NoiseDensity():
            return {"frequency_Hz": result.frequency, "output_V2_per_Hz": result.output, "input_per_Hz": result.input}
    raise TypeError(f"no columns for {type(result).__name__}")
