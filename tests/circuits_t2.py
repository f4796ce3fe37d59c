"""A ten-transistor integrate-and-fire neuron in 0.35 um CMOS, as a netlist in Python."""

import os
import re
from pathlib import Path

from neuristor.circuits.netlist import Element, Model, Netlist, Tran

WIDTH, LENGTH = 0.70e-6, 0.35e-6
DIFFUSION = 0.85e-6  # length of a source or drain region


def models():
    """The BSIM3v3.3 cards of $NEURISTOR_DATA/models/tsmc035_n88y_v33.lib: name -> Model."""
    text = (Path(os.environ["NEURISTOR_DATA"]) / "models" / "tsmc035_n88y_v33.lib").read_text()
    text = "\n".join(line for line in text.splitlines() if not line.startswith("*")).lower()
    found = {}
    for name, kind, body in re.findall(r"\.model\s+(\w+)\s+(\w+)\s*\(([^)]*)\)", text):
        pairs = re.findall(r"(\w+)\s*=\s*(\S+)", body)
        found[name] = Model(name, kind, {k: v if v.count(".") > 1 else float(v) for k, v in pairs})
    return found


def transistor(name, kind, drain, gate, source):
    """A minimum transistor, bulk of an NMOS at ground, of a PMOS at vdd."""
    area, perimeter = WIDTH * DIFFUSION, 2 * (WIDTH + DIFFUSION)
    params = {"w": WIDTH, "l": LENGTH, "ad": area, "as": area, "pd": perimeter, "ps": perimeter}
    bulk = "0" if kind == "nmos035" else "vdd"
    return Element(name, "m", (drain, gate, source, bulk), params, model=kind)


def t2_netlist(c_mem=10e-15, i_in=10e-12, vdd=1.0, stop=5e-3):
    """The neuron "T2" with a constant input current, from rest.

    The input charges vmem until m1 pulls n1 down far enough for the first inverter to raise vspk; m2 then pulls n1 down,
    stacked on m3 until the second inverter's n3 falls; m6 empties vmem, m4 restores n1; m5 holds n1 between spikes.
    """
    transistors = [
        transistor("m1", "nmos035", "n1", "vmem", "0"),
        transistor("m2", "nmos035", "n1", "vspk", "n2"),
        transistor("m3", "nmos035", "n2", "n3", "0"),
        transistor("m4", "pmos035", "n1", "n3", "vdd"),
        transistor("m5", "pmos035", "n1", "vspk", "vdd"),
        transistor("m6", "nmos035", "vmem", "vspk", "0"),
        transistor("xinv1.mn", "nmos035", "vspk", "n1", "0"),
        transistor("xinv1.mp", "pmos035", "vspk", "n1", "vdd"),
        transistor("xinv2.mn", "nmos035", "n3", "vspk", "0"),
        transistor("xinv2.mp", "pmos035", "n3", "vspk", "vdd"),
    ]
    others = [
        Element("vdd", "v", ("vdd", "0"), {"dc": vdd}),
        Element("iin", "i", ("0", "vmem"), {"dc": i_in}),
        Element("cmem", "c", ("vmem", "0"), {"c": c_mem}),
    ]
    return Netlist(
        title="ten-transistor neuron",
        models=models(),
        initial={"vmem": 0.0, "n1": vdd, "n2": 0.0, "vspk": 0.0, "n3": vdd, "vdd": vdd},
        analyses=(Tran(step=1e-6, stop=stop, uic=True),),
    ).add(*transistors, *others)
