"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines and nothing else.")]
Report = Annotated[Path | None, typer.Option(help="Write an HTML page with pictures here")]
Input = Annotated[str | None, typer.Option("--input", help="Circuit file: its input current source")]
Membrane = Annotated[str | None, typer.Option("--membrane", help="Circuit file: the node of its membrane")]
SpikeNode = Annotated[str | None, typer.Option("--spikes", help="Circuit file: where its spikes are counted, vspk@0.5")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="A parameter, e.g. c_mem=20f, m4.l=1u, card=n88y_ekv, without=m5; repeat for more"),
]
AnySubject = Annotated[
    str, typer.Argument(help="A neuron, a cell such as cmos_lif or cmos_lif:TOPOLOGY, or a circuit's SPICE file")
]
