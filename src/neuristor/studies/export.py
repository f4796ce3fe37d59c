"""Results of a study for other programs: CSV, Parquet, netCDF, and an xarray data set in Python.

    export_study("lif_spread.study", "lif_spread.csv")
    to_xarray(open_store("lif_spread.study"))["rate"].mean("sample")

CSV and Parquet have a row a run: run, axis and random values, metrics (SI), reason. The data set has a dimension "sample"
and one an axis.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..experiments.corners import CORNERS
from ..trace import write_whole
from .axes import CORNER
from .chunks import MEND
from .plan import plan_of
from .reading import Reading, axis_name
from .store import Store, open_store

if TYPE_CHECKING:
    import xarray

KINDS = (".csv", ".parquet", ".nc")


def export_study(study: str | Path, output: str | Path) -> int:
    """Write all stored runs to a file, whole or not at all; returns their number. InputError for another kind of file."""
    store, path = open_store(study), Path(output)
    if path.suffix not in KINDS:
        raise InputError(f"{path}: results are written as {', '.join(KINDS)}")
    if path.suffix == ".nc":
        write_whole(path, lambda part: netcdf(store, part))
    else:
        write_whole(path, lambda part: stream(store, part, path.suffix))
    return store.stored


def stream(store: Store, path: Path, kind: str) -> None:
    """Runs as rows, a batch at a time, so that results may be larger than memory."""
    from pyarrow import ArrowException, compute, csv, parquet

    dataset = store.dataset()
    kept = compute.field("run") < store.runs
    try:
        with (csv.CSVWriter if kind == ".csv" else parquet.ParquetWriter)(path, dataset.schema) as writer:
            for batch in dataset.to_batches(filter=kept):
                writer.write_batch(batch)
    except (OSError, ArrowException):
        if damaged := store.damaged():
            raise InputError(f"{damaged[0].path} is damaged; {MEND}") from None
        raise


def netcdf(store: Store, path: Path) -> None:
    """The data set as netCDF 3 (SciPy), which every reader of netCDF knows."""
    whole = to_xarray(store)
    whole["run"] = whole["run"].astype("int32" if store.runs < 2**31 else float)
    whole.to_netcdf(path, engine="scipy")


def to_xarray(store: Store) -> xarray.Dataset:
    """Metrics over (sample, axis, ...), random values over (sample), with units; "reason" of runs that failed.

    A run that is not stored yet has NaN.
    """
    import xarray

    reading = Reading(store, plan_of(store.manifest.document))
    names = [axis_name(axis) for axis in reading.axes]
    shape, over = (reading.samples, *reading.shape), ("sample", *names)
    coordinates: dict[str, Any] = {"sample": np.arange(reading.samples)}
    for axis, dimension in zip(reading.axes, names, strict=True):
        for name, values in axis.columns.items():
            told = np.array([list(CORNERS)[int(v)] for v in values]) if name == CORNER else values
            coordinates[name] = (dimension, told, {"units": axis.units[name]})
    data: dict[str, Any] = {
        name: (over, reading.grid(name).reshape(shape), {"units": unit}) for name, unit in reading.metrics.items()
    }
    data |= {name: ("sample", v, {"units": reading.drawn[name]}) for name, v in reading.draws(reading.samples).items()}
    reasons = store.results(["reason"])["reason"].to_numpy(zero_copy_only=False)
    data["reason"] = (over, reading.placed(reasons.astype(str), "not stored").reshape(shape))
    data["run"] = (over, np.arange(store.runs).reshape(shape))
    study = reading.plan.study
    attributes = {"title": study.title, "seed": study.tables.study.seed, "digest": store.manifest.digest}
    return xarray.Dataset(data, coords=coordinates, attrs=attributes)
