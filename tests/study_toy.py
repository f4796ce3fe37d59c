"""Studies for the tests of the store and the runners: one of pure arithmetic, and a small one of a real neuron."""

from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import pyarrow as pa

COLUMNS = {"x": "V", "y": "Hz"}
LIF = """[study]
samples = {samples}
seed = 5
[subject]
neuron = "lif"
[experiment]
stop = "20 ms"
[[random]]
name = "c_mem"
sigma = "5 %"
"""


@dataclass
class ToyPlan:
    """y = x sin(run); runs in `failing` have no result; runs in `raising` cannot be computed at all."""

    runs: int
    failing: frozenset = frozenset()
    raising: frozenset = frozenset()
    columns: dict = field(default_factory=lambda: dict(COLUMNS))
    asked: list = field(default_factory=list)
    before: object = None

    def table(self, start, stop):
        if self.before:
            self.before(start, stop)
        self.asked.append(range(start, stop))
        if bad := self.raising.intersection(range(start, stop)):
            raise ZeroDivisionError(f"run {min(bad)} divides by zero")
        run = np.arange(start, stop)
        x = np.modf(run * 0.6180339887498949)[0]
        failed = np.isin(run, list(self.failing))
        y = np.where(failed, np.nan, x * np.sin(run))
        return pa.table({"run": run, "x": x, "y": y, "reason": np.where(failed, "too hot", "")})

    def trial(self):
        pass

    def waveforms(self, run):
        raise NotImplementedError


@dataclass
class ToyStudy:
    """A study of one number, which alone decides its results."""

    number: float = 1.0
    title: str = ""

    def document(self):
        return {"tables": {"study": {"title": self.title}, "subject": {"number": self.number}}, "files": {}}

    @property
    def digest(self):
        return sha256(repr(self.number).encode()).hexdigest()


def fingerprint(table):
    """A table's bits, NaN included, however it was cut."""
    whole = table.combine_chunks()
    told = [
        whole[name].to_numpy().tobytes() if name != "reason" else "|".join(whole[name].to_pylist())
        for name in whole.schema.names
    ]
    return whole.schema.names, sha256(repr(told).encode()).hexdigest()


def write_lif(folder, samples):
    """A study file of a real neuron."""
    path = folder / "lif.toml"
    path.write_text(LIF.format(samples=samples))
    return path
