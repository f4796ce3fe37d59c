"""Stored studies with metrics of our own making: the store, the draws and the axes are real, nothing is simulated."""

import numpy as np
import pyarrow as pa

from neuristor.studies.chunks import Chunk, schema_of, write_chunk
from neuristor.studies.manifest import Manifest, Session
from neuristor.studies.plan import Plan
from neuristor.studies.reading import Reading
from neuristor.studies.spec import read_study
from neuristor.studies.store import Store

HEAD = """[study]
title = "Made up"
samples = {samples}
seed = {seed}
[subject]
neuron = "lif"
[experiment]
stop = "20 ms"
[outputs]
metrics = ["rate", "first_spike"]
"""
UNIFORM = """[[random]]
name = "{name}"
distribution = "uniform"
low = {low}
high = {high}
"""
NORMAL = """[[random]]
name = "{name}"
sigma = "5 %"
"""
CURRENTS = '[[axis]]\nname = "current"\nvalues = ["0.1 mA", "0.2 mA", "0.4 mA"]\n'
TEMPLATE = HEAD + CURRENTS + NORMAL.format(name="c_mem") + NORMAL.format(name="r_mem")


def made(folder, text, metrics, *, samples=1000, seed=1, failing=(), stop=None, chunk=512):
    """A store in NAME.study beside NAME.toml; metrics(values, runs) -> {"rate": (n,)}; runs before `stop` are stored."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    file = folder.with_suffix(".toml")
    file.write_text(text.format(samples=samples, seed=seed))
    study = read_study(file)
    plan = Plan(study)
    (folder / "chunks").mkdir(parents=True)
    manifest = Manifest(study.digest, study.document(), plan.runs, dict(plan.columns), [Session.now()])
    manifest.write(folder)
    for start in range(0, plan.runs if stop is None else stop, chunk):
        end = min(start + chunk, plan.runs if stop is None else stop)
        runs, values = np.arange(start, end), plan.values(start, end)
        failed = np.isin(runs, list(failing))
        found = {name: np.where(failed, np.nan, v) for name, v in metrics(values, runs).items()}
        table = pa.table({"run": runs, **values, **found, "reason": np.where(failed, "too hot", "")})
        schema = schema_of(plan.columns)
        write_chunk(folder / "chunks", Chunk(start, end, 1.0, table.select(schema.names).cast(schema)))
    return Store(folder, manifest)


def reading_of(store):
    from neuristor.studies.plan import plan_of

    return Reading(store, plan_of(store.manifest.document))


def two_metrics(values, runs):
    """A rate that follows the current and falls with the capacitance; the first spike is its inverse."""
    rate = 4e6 * values["current"] * (5e-6 / values["c_mem"]) * np.sqrt(values["r_mem"] / 1e3)
    return {"rate": rate, "first_spike": 1 / rate}
