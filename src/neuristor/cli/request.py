"""What a user asked `simulate` for, and which options go with a neuron and which with a circuit."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError

MOST = 10_000_000  # points in time or lanes that are stored
# Option -> what to use instead for the other kind of subject
NEURON_ONLY = {
    "current": "--current is for neurons: set a source with --set NAME=VALUE or --sweep NAME=FROM:TO:lin|log:N",
    "stimulus": "--stimulus is for neurons: write the time course into the circuit, as in 'i1 0 vmem pwl(0 0 1m 10p)'",
    "method": "--method is for neurons: a circuit takes --engine native or ngspice",
    "dt": "--dt is for neurons: the step of a circuit follows --rtol, and .tran may limit it",
}
CIRCUIT_ONLY = {
    "engine": "--engine is for circuits: a neuron takes --method",
    "spikes": "--spikes is for circuits: a neuron's spikes follow from its own threshold",
    "mismatch": "--mismatch is for a circuit's file: vary a neuron with --sweep, or use `neuristor measure mismatch`",
    "points": "--points is for circuits: the stored times of a neuron are --samples",
}


@dataclass(frozen=True)
class Request:
    """The words of one `simulate` command; None or empty: not given."""

    subject: str
    current: str | None = None
    stimulus: str | None = None
    stop: str | None = None
    settings: list[str] = field(default_factory=list)
    sweep: str | None = None
    method: str | None = None
    dt: str | None = None
    engine: str | None = None
    spikes: list[str] = field(default_factory=list)
    mismatch: Path | None = None
    points: int | None = None
    rtol: float | None = None
    seed: int | None = None
    samples: int | None = None
    csv: Path | None = None
    parquet: Path | None = None
    report: Path | None = None

    @property
    def is_circuit(self) -> bool:
        """Whether the subject is a circuit's file: by its ending, or because there is a file that is no neuron's name."""
        from ..circuits.cells import MACS
        from ..circuits.spice import CIRCUIT_FILES
        from ..neurons import NEURONS

        name = self.subject
        model = name.lower().endswith(".toml")
        known = name.partition(":")[0] in NEURONS or model
        netlist = name.lower().endswith(CIRCUIT_FILES) or name.partition(":")[0] in MACS
        return netlist or (not known and Path(name).is_file())

    @property
    def is_cell(self) -> bool:
        """Whether the subject is one of the package's own circuits."""
        from ..circuits.cells import CELLS

        return self.subject.partition(":")[0] in CELLS

    def check(self) -> None:
        """InputError for an option of the other kind of subject, or a number that cannot be."""
        for option, sentence in (NEURON_ONLY if self.is_circuit else CIRCUIT_ONLY).items():
            if getattr(self, option) and not (self.is_cell and option == "engine"):
                raise InputError(sentence)
        if self.rtol is not None and not 0 < self.rtol < 1:
            raise InputError(f"--rtol {self.rtol:g} must lie between 0 and 1")
        if self.seed is not None and self.seed < 0:
            raise InputError(f"--seed {self.seed} is negative")
        for option in ("samples", "points"):
            if (getattr(self, option) or 0) > MOST:
                raise InputError(f"--{option} {getattr(self, option)} are too many: at most {MOST}")
        if self.is_circuit:
            self.check_samples()

    def check_samples(self) -> None:
        if (self.samples is None) != (self.mismatch is None):
            raise InputError(
                "--samples and --mismatch go together: the lanes of a Monte Carlo run and the file of what varies;"
                " stored times of a circuit are --points"
            )
        if self.samples is not None and self.samples < 1:
            raise InputError(f"--samples {self.samples}: at least one lane is needed")
        if self.seed is not None and self.samples is None:
            raise InputError("--seed is that of --samples, which is not given")
        if self.points is not None and self.points < 2:
            raise InputError(f"--points {self.points}: at least 2 are needed")
