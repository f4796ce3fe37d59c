"""The crossbar: weights in faulty, spread, drifting cells between resistive lines, read as output currents."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from html import escape
from typing import Any, Self

import numpy as np

from ..errors import InputError, nearest
from ..quantities import one_number, show
from ..stimulus.spikes import seed_of
from .cell import ROUNDING, Cell
from .description import described, told
from .faults import HRS, LRS, Faults
from .mapping import Mapping, checked_weights, mapping_of
from .output_error import OutputError, output_error
from .periphery import ADC, DAC
from .programming import Programmed, Programming
from .reading import column_currents, driver_power
from .retention import Retention
from .variation import Variation, generator
from .wire_resistance import EffectiveNetwork, effective_network
from .wires import Wires

KINDS: dict[str, type] = {
    "cell": Cell, "wires": Wires, "faults": Faults, "variation": Variation, "programming": Programming,
    "retention": Retention, "dac": DAC, "adc": ADC,
}  # fmt: skip
DEFAULTS: dict[str, Any] = {
    "cell": Cell(), "mapping": "differential", "wires": Wires(), "faults": Faults(), "variation": Variation(),
    "programming": Programming(), "retention": Retention(),
}  # fmt: skip
STAGES: dict[str, set[str]] = {  # what each needs beside what the one before it needs
    "matrix": {"weights", "bias", "name"},
    "wanted": {"mapping", "cell", "v_read"},
    "targets": set(),
    "programmed": {"variation", "programming", "seed", "sample", "cycle"},
    "aged": {"retention", "time"},
    "conductances": {"faults"},
    "network": {"wires"},
    "relative": set(),
}


class Crossbar:
    """Rows driven by voltages x v_read, columns held at virtual ground; a column's current is the sum of its cells'.

    weights       (inputs, outputs); bias (outputs,): one more row, the last, driven at full voltage
    cell          Cell: range of conductances, levels, memristor model
    mapping       differential, balanced, offset, slices, direct, or a Mapping with its own settings
    programming   Programming (an error) or WriteVerify (pulses);  variation: Variation from device to device, cycle to
                  cycle and read to read;  retention: PowerLawDrift or Relaxation over `time` (s) since programming
    faults        Faults: stuck cells, after all that: they neither take a value nor drift
    wires         Wires: line, driver and sense resistance
    dac, adc      DAC and ADC with bits and range; none: ideal
    v_read        V, of an input of one
    seed, sample  all that is drawn depends on these two and on `cycle` (writing) and `read` numbers alone
    name          of the layer, for sentences

    Stages: wanted (as mapped) -> targets (nearest levels) -> programmed -> aged -> conductances (stuck cells) ->
    effective (with wires; see `network`); each is computed once, and `with_` keeps those that a change does not touch.
    """

    def __init__(
        self, weights: Any, *, cell: Cell | None = None, mapping: str | Mapping = "differential",
        wires: Wires | None = None, faults: Faults | None = None, variation: Variation | None = None,
        programming: Programming | None = None, retention: Retention | None = None, time: Any = 0.0,
        dac: DAC | None = None, adc: ADC | None = None, v_read: Any = "0.2 V", bias: Any = None, seed: int = 0,
        sample: int = 0, cycle: int = 0, name: str = "crossbar",
    ):  # fmt: skip
        self._set(
            weights=weights, bias=bias, cell=cell, mapping=mapping, wires=wires, faults=faults, variation=variation,
            programming=programming, retention=retention, time=time, dac=dac, adc=adc, v_read=v_read, seed=seed,
            sample=sample, cycle=cycle, name=name,
        )  # fmt: skip
        self.wanted  # noqa: B018  (what does not fit is told here, not at the first read)

    def _set(self, **options: Any) -> None:
        """Take the options as given; InputError for one that is not what its name says."""
        name = self.name = str(options["name"])
        self.options: dict[str, Any] = {key: DEFAULTS.get(key) if value is None else value for key, value in options.items()}
        self.options["mapping"] = mapping_of(self.options["mapping"])
        for key, kind in KINDS.items():
            given = self.options[key]
            if given is not None and not isinstance(given, kind):
                raise InputError(f"{name}: {key} must be a {kind.__name__}, not {given!r}")
        self.v_read = one_number(options["v_read"], "V", f"{name}: v_read")
        if self.v_read <= 0:
            raise InputError(f"{name}: v_read must be above zero, not {show(self.v_read, 'V')}")
        self.time = one_number(options["time"], "s", f"{name}: time")
        if self.time < 0:
            raise InputError(f"{name}: the time since programming must not be negative, not {show(self.time, 's')}")
        self.seed, self.sample, self.cycle = (seed_of(options[key]) for key in ("seed", "sample", "cycle"))
        self.mapping: Mapping = self.options["mapping"]
        self.wires: Wires = self.options["wires"]
        self.faults: Faults = self.options["faults"]
        self.variation: Variation = self.options["variation"]
        self.programming: Programming = self.options["programming"]
        self.retention: Retention = self.options["retention"]
        self.dac: DAC | None = self.options["dac"]
        self.adc: ADC | None = self.options["adc"]
        self.cell = self.options["cell"].at(self.v_read)

    @classmethod
    def from_conductances(cls, conductances: Any, **options: Any) -> Self:
        """An array of given conductances (rows, columns) in S, a column an output; they must lie in the cell's range."""
        return cls(conductances, mapping="direct", **options)

    def with_(self, **changes: Any) -> Self:
        """A copy with some options changed; what they do not touch is not computed again."""
        for key in changes:
            if key not in self.options:
                raise InputError(
                    f"{self.name}: no option {key!r}{nearest(key, self.options)}; there are {', '.join(self.options)}"
                )
        copy = type(self).__new__(type(self))
        copy._set(**{**self.options, **changes})
        for stage, needs in STAGES.items():
            if needs & set(changes):
                break
            if stage in self.__dict__:
                copy.__dict__[stage] = self.__dict__[stage]
        copy.wanted  # noqa: B018
        return copy

    @cached_property
    def matrix(self) -> np.ndarray:
        """Weights (inputs, outputs), with the bias as their last row."""
        return fixed(checked_weights(self.options["weights"], self.options["bias"], self.name))

    @property
    def weights(self) -> np.ndarray:
        """(inputs, outputs), as given."""
        return self.matrix[: self.inputs]

    @property
    def bias(self) -> np.ndarray | None:
        """(outputs,), as given; None without."""
        return self.matrix[-1] if self.has_bias else None

    @property
    def has_bias(self) -> bool:
        return self.options["bias"] is not None

    @property
    def inputs(self) -> int:
        """Inputs, the bias row not among them."""
        return len(self.matrix) - self.has_bias

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        rows, columns = self.wanted.shape
        return rows, columns

    @cached_property
    def wanted(self) -> np.ndarray:
        """(rows, columns) S, as the weights ask for."""
        return fixed(self.mapping.targets(self.matrix, self.cell, self.name))

    @cached_property
    def targets(self) -> np.ndarray:
        """(rows, columns) S, the nearest programmable levels."""
        return fixed(self.cell.nearest_level(self.wanted))

    @cached_property
    def programmed(self) -> Programmed:
        """What writing has left, with every device's own spread: conductances, pulses, convergence, energy."""
        factors = self.variation.device_factors(self.targets, self.drawn("device"))
        again = self.variation.cycle_factors(self.targets.shape, self.drawn("cycle", self.cycle))
        both = again if factors is None else factors if again is None else factors * again
        return self.programming.write(self.targets, self.cell, both, self.drawn("programming", self.cycle))

    @cached_property
    def aged(self) -> np.ndarray:
        """(rows, columns) S, `time` after programming."""
        return fixed(self.retention.after(self.programmed.conductances, self.time, self.cell, self.drawn("retention")))

    @cached_property
    def stuck(self) -> np.ndarray:
        """(rows, columns): 1 stuck-LRS, -1 stuck-HRS, 0 good."""
        return self.faults.draw(self.shape, self.drawn("faults"))

    @cached_property
    def conductances(self) -> np.ndarray:
        """(rows, columns) S after all faults: g_on and g_off exactly in stuck cells."""
        if not self.faults:
            return self.aged
        g = self.aged.copy()
        g[self.stuck == LRS] = self.cell.g_on
        g[self.stuck == HRS] = self.cell.g_off
        return fixed(g)

    @property
    def wired(self) -> bool:
        """Whether any line, driver or sense input has a resistance."""
        return bool(self.wires != Wires())

    @cached_property
    def network(self) -> EffectiveNetwork:
        """The array with its lines as its drivers and sense inputs see it, for cells that are resistors."""
        return effective_network(self.conductances, self.wires)

    @property
    def effective(self) -> np.ndarray:
        """(rows, columns) S: currents of columns over voltages of rows with the lines between, for resistors."""
        return self.network.conductance if self.wired else self.conductances

    @cached_property
    def relative(self) -> np.ndarray:
        """`effective` over g_on: exactly one for a cell at r_on, so that sums of such cells are exact."""
        return self.effective / self.cell.g_on

    def drawn(self, stage: str, number: int = 0) -> np.random.Generator:
        return generator(self.seed, self.sample, stage, number)

    def rows(self, x: Any) -> np.ndarray:
        """Row voltages over v_read (n, rows) of inputs (n, inputs), through the DAC, with the bias row at one."""
        try:
            values = np.atleast_2d(np.asarray(x, dtype=float))
        except (TypeError, ValueError):
            raise InputError(f"{self.name}: inputs must be numbers, (n, {self.inputs})") from None
        if values.ndim != 2 or values.shape[1] != self.inputs:
            raise InputError(f"{self.name}: inputs of shape {np.shape(x)} do not fit; (n, {self.inputs}) are needed")
        top = np.max(np.abs(values), initial=0.0)
        if not top <= 1 + ROUNDING:
            raise InputError(f"{self.name}: inputs must be numbers between 0 and 1 (times v_read), not {top:g}; scale them")
        volts = self.dac.convert(values) if self.dac else values
        return np.hstack([volts, np.ones((len(volts), 1))]) if self.has_bias else volts

    def column_currents(self, x: Any, read: int | np.random.Generator = 0) -> np.ndarray:
        """(n, columns) A, before subtraction and ADC; `read` numbers the reading, with its own noise for each vector.

        A generator in place of the number goes on where the last piece of the same reading has stopped.
        """
        rng = read if isinstance(read, np.random.Generator) else self.drawn("read", seed_of(read))
        return column_currents(self, self.rows(x), rng)

    def pair_currents(self, x: Any, read: int | np.random.Generator = 0) -> np.ndarray:
        """(n, pairs) A: differences of columns as they reach the ADC of pairs."""
        columns = self.column_currents(x, read)
        if self.adc and self.adc.place == "column":
            columns = self.adc.convert(columns, self.adc_limit)
        return self.mapping.pairs(columns)

    def currents(self, x: Any, read: int | np.random.Generator = 0) -> np.ndarray:
        """(n, outputs) A, signed, for inputs x (n, inputs) in [0, 1]; over `unit_current` they are x @ weights + bias."""
        pairs = self.pair_currents(x, read)
        return self.mapping.outputs(
            self.adc.convert(pairs, self.adc_limit) if self.adc and self.adc.place == "pair" else pairs
        )

    @property
    def unit_current(self) -> float:
        """A, the output current that stands for one."""
        return self.v_read * self.mapping.unit(self.matrix, self.cell)

    def power(self, x: Any) -> np.ndarray:
        """(n,) W drawn from the row drivers while the inputs are applied, without read noise."""
        return driver_power(self, self.rows(x))

    @property
    def adc_limit(self) -> float:
        """A, the end of the ADC's range."""
        if self.adc is None:
            raise InputError(f"{self.name}: there is no ADC; give adc=ADC(bits=8)")
        if self.adc.limit is not None:
            return float(self.adc.limit)
        g = self.wanted if self.adc.place == "column" else self.mapping.pairs(self.wanted)
        up, down = (np.max(np.sum(np.maximum(sign * g, 0.0), axis=0)) for sign in (1, -1))
        return float(self.v_read * max(up, down)) or self.v_read * self.cell.span

    def calibrated(self, x: Any, percentile: float = 99.9) -> Self:
        """A copy whose ADC ends at this percentile of the sizes of the currents that the inputs x give."""
        share = one_number(percentile, "1", f"{self.name}: percentile")
        if self.adc is None or not 0 < share <= 100:
            raise InputError(f"{self.name}: calibration needs an ADC and a percentile above 0 up to 100, not {percentile!r}")
        bare = self.with_(adc=None)
        i = bare.column_currents(x) if self.adc.place == "column" else bare.pair_currents(x)
        return self.with_(adc=replace(self.adc, limit=float(np.percentile(np.abs(i), share))))

    def clipping(self, x: Any, read: int = 0) -> dict[str, float]:
        """Shares of conversions beyond the range of the DAC and of the ADC."""
        shares = {"dac": self.dac.clipped(np.asarray(x, dtype=float))} if self.dac else {}
        if self.adc:
            bare = self.with_(adc=None)
            i = bare.column_currents(x, read) if self.adc.place == "column" else bare.pair_currents(x, read)
            shares["adc"] = self.adc.clipped(i, self.adc_limit)
        return shares

    def error(self, x: Any, read: int = 0) -> OutputError:
        """How far the outputs for x are from x @ weights + bias, split by cause: a table."""
        return output_error(self, x, read)

    def describe(self) -> list[tuple[str, str]]:
        """Rows of a short table: what the array is and what is wrong with it."""
        return described(self)

    def to_json_dict(self) -> dict[str, Any]:
        """The table of `describe` and the numbers behind it; no matrices."""
        return told(self)

    def __repr__(self) -> str:
        rows, columns = self.shape
        return f"<Crossbar {self.name}: {rows} x {columns} cells, {self.mapping.describe()}>"

    def _repr_html_(self) -> str:
        cells = (f"<tr><th style='text-align:left'>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in self.describe())
        return f"<table>{''.join(cells)}</table>"


def fixed(values: np.ndarray) -> np.ndarray:
    """The array, no longer to be written to: stages and copies of a crossbar share it."""
    values.flags.writeable = False
    return values
