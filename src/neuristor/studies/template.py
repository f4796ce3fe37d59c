"""The text of a new study: runs as it is, and says beside every key what else could stand there."""

from __future__ import annotations

from typing import Any

from ..circuits.cells import CELLS
from ..errors import InputError
from ..neurons import NEURONS
from ..quantities import show
from .files import gathered
from .spec import study_of
from .subjects import CLOCK, is_circuit_file, read_subject

TEXT = """\
# A study: `neuristor run {file}`; `neuristor schema` prints the schema of this file for editors.

[study]
title = "{title}"
samples = 200                   # draws of the random parameters; ask for more later, and only the new ones are run
seed = 1
sampling = "latin_hypercube"    # or monte_carlo, sobol

[subject]
neuron = "{word}"{subject_note}
# set = {{ {some} = "{some_value}" }}   # parameters that stay the same
{mismatch}
[experiment]
name = "simulate"               # or metrics, rheobase, fluctuation, ... (`neuristor list experiments`)
# stop = "{stop}"

[[axis]]                        # every combination of all axes is run; each sees the same samples
name = "current"
values = ["{low}", "{high}"]
# from = "{low}"                # or a range
# to = "{high}"
# points = 20
# scale = "log"
# csv = "points.csv"            # or the columns of a file, a line a point

[[random]]                      # drawn for every sample
name = "{some}"
distribution = "normal"         # truncated_normal, lognormal, uniform, log_uniform, triangular
sigma = "5 %"                   # of its own value, or {unit}

{second}
[limits]                        # of the yield
rate = ">{rate}"

[outputs]
# metrics = ["spikes", "rate"]  # columns to store (default: all)
waveforms = "none"              # or of the first so many runs
"""
SECOND = """\
[[random]]
name = "{name}"
sigma = "5 %"

# [[correlation]]
# between = ["{some}", "{name}"]
# value = 0.5
"""
MISMATCH = """
[subject.mismatch.mosfet.nmos]  # of elements drawn alike, or mismatch = "pelgrom.toml"; assumed, not measured
a_vt = "9 mV um"
a_beta = "1.9 % um"

[subject.mismatch.mosfet.pmos]
a_vt = "9 mV um"
a_beta = "2.25 % um"
"""


def study_text(word: str, file: str, folder: Any) -> str:
    """A commented study of a neuron, a cell or a circuit's file in `folder`; InputError if there is no such subject."""
    tables = study_of({"subject": {"neuron": word}}, file)
    try:
        subject = read_subject(tables.tables.subject, gathered(tables.tables, folder, file))
    except InputError as error:
        raise InputError(str(error).removeprefix(f"{file}: ").removeprefix("subject.neuron: ")) from None
    names = varied_names(subject)
    scales, unit = subject.scales(), subject.input_unit
    has_transistors = bool(getattr(subject, "transistors", ()))
    second = SECOND.format(name=names[1][0], some=names[0][0]) if len(names) > 1 and not has_transistors else ""
    return TEXT.format(
        file=file, title=f"Spread of {subject.name}", word=word, some=names[0][0], some_value=names[0][1],
        subject_note=note(word, folder), mismatch=MISMATCH if has_transistors else "", stop=show(20 * scales.time, "s"),
        low=show(scales.input, unit), high=show(2 * scales.input, unit), unit=unit_words(names[0][2]), second=second,
        rate=show(float(f"{0.2 / scales.time:.1g}"), "Hz"),
    )  # fmt: skip


def unit_words(unit: str) -> str:
    return "a plain number" if unit == "1" else f"in {unit}"


def note(word: str, folder: Any) -> str:
    name = word.partition(":")[0]
    if is_circuit_file(word, folder):
        return '\n# input = "iin"                 # its input current source, where its spikes are counted, its membrane\n' \
               '# spikes = "vspk@0.5"\n# membrane = "vmem"'  # fmt: skip
    kinds = list(NEURONS[name].presets) if name in NEURONS else [t.name for t in CELLS[name].topologies if not t.fails]
    others = [f"{name}:{k}" for k in kinds if f"{name}:{k}" != word]
    return f"   # also {', '.join(others[:3])}" if others else ""


def varied_names(subject: Any) -> list[tuple[str, str, str]]:
    """(name, value, unit) of parameters worth varying: those that are not zero, capacitors first."""
    declared = getattr(subject, "params", {})
    if declared:
        found = [
            (k, show(getattr(subject, k), p.unit), p.unit) for k, p in declared.items() if getattr(subject, k) and k != CLOCK
        ]
        return sorted(found, key=lambda f: f[2] != "F")
    elements = [e for e in subject.netlist.elements.values() if e.kind == "c"]
    return [(e.name, show(float(e.params["c"]), "F"), "F") for e in elements] or [("temperature", "27", "1")]
