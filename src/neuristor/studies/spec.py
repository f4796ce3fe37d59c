"""The study file: what it may hold, as pydantic models; what is wrong is one sentence with the path of the key.

study = read_study("study.toml")
study.samples, study.digest, study.document()
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from ..errors import InputError
from .files import gathered
from .schema import sentence

MOST_SAMPLES = 10**9
Quantity = Annotated[Any, WithJsonSchema({"type": ["number", "string"]})]
Count = Annotated[int, Field(ge=1, le=MOST_SAMPLES)]
Name = Annotated[str, Field(min_length=1)]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StudyTable(Table):
    """[study]"""

    title: str = Field(default="", description="shown on reports")
    notes: str = Field(default="", description="anything worth keeping with the results")
    seed: int = Field(default=0, ge=0, lt=2**63, description="of everything that is drawn")
    samples: Count = Field(default=1, description="draws of the random parameters; every point of the axes sees all of them")
    sampling: Literal["monte_carlo", "latin_hypercube", "sobol"] = Field(
        default="monte_carlo", description="how samples are drawn; all three go on where more samples are asked for"
    )
    block: int = Field(default=100, ge=2, le=10**6, description="samples of one Latin hypercube")


class SubjectTable(Table):
    """[subject]"""

    neuron: Name | None = Field(
        default=None,
        description="lif, izhikevich:RS, cmos_lif, cmos_lif:TOPOLOGY, a circuit's file, an extracted model's .toml",
    )
    network: Name | None = Field(
        default=None, description="a network on arrays by its data set, digits; neuron is then behind it"
    )
    input: str = Field(default="", description="of a circuit's file: its input current source")
    spikes: str = Field(default="", description="of a circuit's file: where spikes are counted, vspk@0.5")
    membrane: str = Field(default="", description="of a circuit's file: the node of its membrane")
    set: dict[str, Any] = Field(
        default={}, description='parameters, c_mem = "5 uF", "m1.w" = "1 um"; of a network: array options'
    )
    mismatch: str | dict[str, Any] | None = Field(
        default=None, description="of a circuit: a TOML file of what varies between elements drawn alike, or its tables"
    )


class ExperimentTable(BaseModel):
    """[experiment]: its name, and its options by name"""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    name: Name = Field(
        default="simulate", description="simulate, metrics, rheobase, fluctuation, ... (`neuristor list experiments`)"
    )


class AxisTable(Table):
    """[[axis]]: every combination of all axes is run"""

    name: Name | None = Field(default=None, description="a parameter of the subject or an option of the experiment")
    values: str | list[Any] | None = Field(default=None, description='a list, or "1 pA:100 pA:log:20"')
    from_: Quantity = Field(default=None, alias="from", description="first value of a range")
    to: Quantity = Field(default=None, description="last value of a range")
    points: int | None = Field(default=None, ge=2, le=10**6, description="values of a range")
    scale: Literal["linear", "log"] = Field(default="linear", description="of a range")
    corners: list[str] | None = Field(default=None, description='of a circuit: ["TT", "FF", "SS", "FS", "SF"]')
    shift: dict[str, Any] | None = Field(default=None, description='of corners: { vth = "30 mV", beta = "5 %" }')
    csv: Name | None = Field(default=None, description="a file with a header; without name every column is a parameter")


class RandomTable(Table):
    """[[random]]: drawn anew for every sample"""

    name: Name = Field(description="a parameter of the subject or an option of the experiment")
    distribution: Literal["normal", "truncated_normal", "lognormal", "uniform", "log_uniform", "triangular"] = Field(
        default="normal", description="by default normal"
    )
    mean: Quantity = Field(default=None, description="default: the parameter's own value")
    sigma: Quantity = Field(default=None, description='"2 mV", or "5 %" of the mean; lognormal: of the logarithm')
    low: Quantity = Field(default=None, description="least value")
    mode: Quantity = Field(default=None, description="most likely value")
    high: Quantity = Field(default=None, description="largest value")


class CorrelationTable(Table):
    """[[correlation]]: of the normal scores of two random parameters"""

    between: list[str] = Field(min_length=2, max_length=2, description="two names of [[random]]")
    value: float = Field(gt=-1, lt=1, description="above -1 and below 1")


class OutputsTable(Table):
    """[outputs]"""

    metrics: list[str] | None = Field(default=None, description="columns to store (default: all of the experiment)")
    waveforms: Annotated[int, Field(ge=0)] | Literal["none"] = Field(
        default="none", description="store waveforms of the first so many runs"
    )


class Document(Table):
    """A study file."""

    study: StudyTable = StudyTable()
    subject: SubjectTable = Field(description="the table of what is studied, [subject]")
    experiment: ExperimentTable = ExperimentTable()
    axis: list[AxisTable] = []
    random: list[RandomTable] = []
    correlation: list[CorrelationTable] = []
    limits: dict[str, str] = Field(default={}, description='for the yield: rate = ">1 kHz", energy = "1 nJ..2 nJ"')
    outputs: OutputsTable = OutputsTable()


@dataclass(frozen=True)
class Study:
    """A study: its tables, the text of the files that they name, and the name that messages begin with."""

    tables: Document
    files: dict[str, Any]
    where: str

    @property
    def samples(self) -> int:
        return self.tables.study.samples

    @property
    def title(self) -> str:
        return self.tables.study.title or Path(self.where).stem

    def document(self) -> dict[str, Any]:
        """Everything as JSON can hold it, so that another machine can run it: `plan_of(document)`."""
        tables = self.tables.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return {"tables": tables, "files": self.files, "where": self.where}

    @cached_property
    def digest(self) -> str:
        """Of what determines the results of a run; the number of samples, title, notes, limits do not, nor a default that
        is written out."""
        told = self.tables.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        study, outputs = ({**told.pop(key, {})} for key in ("study", "outputs"))
        told["study"] = {k: v for k, v in study.items() if k not in ("title", "notes", "samples")}
        told["metrics"] = outputs.get("metrics")
        told.pop("limits", None)
        return sha256(json.dumps([told, self.files], sort_keys=True).encode()).hexdigest()

    def with_samples(self, samples: int) -> Study:
        """The same study with more, or fewer, samples."""
        tables = self.document()["tables"]
        return study_of({**tables, "study": {**tables.get("study", {}), "samples": samples}}, self.where, self.files)


def read_study(path: str | Path) -> Study:
    """The study of a TOML file, checked against its subject; InputError with the key's path for what cannot be."""
    from ..circuits.variation import read_tables
    from .plan import Plan

    path = Path(path)
    study = study_of(read_tables(path), path.name)
    study = Study(study.tables, gathered(study.tables, path.parent, path.name), path.name)
    Plan(study)
    return study


def study_of(tables: dict[str, Any], where: str, files: dict[str, Any] | None = None) -> Study:
    """The study of a document's tables; the first thing wrong as InputError."""
    try:
        return Study(Document.model_validate(tables), files or {}, where)
    except ValidationError as error:
        raise InputError(sentence(error, Document, where)) from None
