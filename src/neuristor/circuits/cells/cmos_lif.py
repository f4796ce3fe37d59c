"""The area-efficient CMOS integrate-and-fire neuron of Shah et al. (2023): ten transistors, one capacitor.

The paper's text names the parts of its figure 2 and not every wire, so the cell has several topologies: three that spike,
and four literal readings of the text that do not. `FIXED` is what the text fixes. Figures in the notes: card "n88y",
W/L = 0.70/0.35 um, 1 V, 10 fF, 10 pA, 27 C.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...quantities import parse
from .base import Cell, Topology

FIXED = (
    "C_mem integrates the input current at V_mem",
    "M6, NMOS, gate V_spk, empties C_mem",
    "M1, NMOS, gate V_mem, pulls node 1 down",
    "INV1 inverts node 1; its output rises when node 1 falls and turns M2 on",
    "M2, NMOS: node 1 is dragged down, V_mem is initialised",
    "M3, NMOS: once it is on, INV2's output returns to its initial value",
    "M4, PMOS: its W/L follows C_mem",
    "trigger part: three NMOS, two PMOS, two inverters; all 0.70/0.35 um at 1 V",
)
# shared by all: what the text fixes, with V_spk = INV1's output and INV2 behind it
CORE = """
    cmem c vmem 0 c_mem
    m1 n n1 vmem 0
    m6 n vmem vspk 0
    xinv1.mn n vspk n1 0
    xinv1.mp p vspk n1 vdd
    xinv2.mn n n3 vspk 0
    xinv2.mp p n3 vspk vdd
"""
REST: dict[str, float | str] = {"vmem": 0.0, "n1": "vdd", "vspk": 0.0, "n3": "vdd"}
SPIKE = ("V_spk is INV1's output", "INV2's input is V_spk; n3 is its output")
STACK = ("M2 stands on M3, so that the pull-down of node 1 ends one INV2 delay after the spike began",)
M4_LEAST, M4_SLOPE = 0.35e-6, 1e7  # m, m/F: 1 um per 100 fF


def connected(m2: str, m3: str, m4: str, m5: str) -> str:
    """The core with the drain, gate and source of M2 to M5."""
    return CORE + f"    m2 n {m2}\n    m3 n {m3}\n    m4 p {m4}\n    m5 p {m5}\n"


T2 = Topology(
    name="t2",
    devices=connected("n1 vspk n2", "n2 n3 0", "n1 n3 vdd", "n1 vspk vdd"),
    note=(
        "M5 holds node 1 up, so V_mem must reach 0.64 V before M1 wins; then node 1 falls, V_spk rises, M2 finishes the "
        "fall and M6 empties C_mem. INV2 cuts M3 and turns M4 on, which restores node 1: the length of M4 sets the width. "
        "1180 Hz, 4.0 ns, 0.337 nJ a spike, nearly all of it the current of M5 through M1 during the ramp. Silent at 0.6 pA "
        "(leak of M6), spikes at 0.8 pA; spikes from 0.25 to 2.3 V, above which M5 is so strong that node 1 falls gradually "
        "and the neuron settles as 'diode' does"
    ),
    initial={**REST, "n2": 0.0},
    fixed=FIXED,
    chosen=(*SPIKE, *STACK, "M4's gate is n3", "M5's gate is V_spk: it keeps node 1 up between spikes"),
)
DYNAMIC = Topology(
    name="dynamic",
    devices=connected("n1 vspk n2", "n2 n3 0", "n1 n3 vdd", "n1 n3 vdd"),
    note=(
        "M5 lies beside M4, so nothing holds node 1 up between spikes but its capacitance: the subthreshold current of M1 "
        "empties it while V_mem rises, and the spike comes near 0.18 V. 3.98 kHz, 3.8 ns, 0.12 pJ a spike. A charge of "
        "node 1, not a voltage, is the threshold: it rises with the input current (rate as I^0.85), the rate falls as "
        "C_mem^-0.5, and without any input the neuron fires at 190 Hz. Spikes from 0.25 to 3.3 V"
    ),
    initial={**REST, "n2": 0.0},
    fixed=FIXED,
    chosen=(*SPIKE, *STACK, "the gates of M4 and M5 are n3", "node 1 is dynamic"),
)
SELF_TIMED = Topology(
    name="self_timed",
    devices=connected("n1 vspk n2", "n2 n3 0", "n1 vmem vdd", "n1 vspk vdd"),
    note=(
        "M4 turns on as V_mem falls, so the spike waits for the membrane: 1107 Hz, 4.3 ns at 10 fF, 27 ns at 1 pF "
        "without a change of M4. V_mem ends below 1 mV up to 100 fF, at 13 mV for 200 fF, 89 mV for 1 pF"
    ),
    initial={**REST, "n2": 0.0},
    fixed=FIXED,
    chosen=(*SPIKE, *STACK, "M4's gate is V_mem: with M1 it inverts V_mem", "M5's gate is V_spk"),
)
DRAGGED = Topology(
    name="dragged",
    devices=connected("n1 vspk 0", "n3 vspk 0", "n1 n3 vdd", "n1 vspk vdd"),
    note="M2 drags node 1 to ground while V_spk is high; M3 helps INV2 to pull its output down; M4 is to restore node 1",
    initial=REST,
    fixed=FIXED,
    chosen=(*SPIKE, "M2 from node 1 to ground, as the text says", "M3 from n3 to ground, gate V_spk", "M4's gate is n3"),
    fails=(
        "latches after one spike: M2 and INV1 hold each other, M4 is weaker than M2 and lifts node 1 to 0.028 V only; "
        "V_spk stays at 1 V and 3.5 uA flow through M4 and M2"
    ),
)
INITIALISED = Topology(
    name="initialised",
    devices=connected("vmem vspk 0", "n3 vspk 0", "n1 vspk vdd", "n3 vspk vdd"),
    note="M2 initialises V_mem beside M6; M3 and M5 strengthen INV2; M4 holds node 1 up between spikes",
    initial=REST,
    fixed=FIXED,
    chosen=(*SPIKE, "M2 from V_mem to ground, as the text says", "M3 and M5 at n3, M4 at node 1, all gates V_spk"),
    fails=(
        "latches after one spike: the only device that lifts node 1 is off while V_spk is high, so node 1 stays at ground "
        "(below 10 mV, held by leaks alone) and V_spk at 1 V; no current flows"
    ),
)
DIODE = Topology(
    name="diode",
    devices=connected("n1 vspk 0", "n3 vspk 0", "n1 n1 vdd", "n1 n3 vdd"),
    note="M4 stabilises node 1 as a diode; M5 restores it when INV2's output falls; M2 drags node 1 down",
    initial=REST,
    fixed=FIXED,
    chosen=(*SPIKE, "M2 from node 1 to ground", "M3 from n3 to ground, gate V_spk", "M4's gate is node 1, M5's is n3"),
    fails=(
        "settles: node 1 sinks with V_mem too gradually, V_spk creeps to 0.10 V and there M6 takes the whole input, with "
        "V_mem at 0.360 V; no spike (from 3 to 10 nA it spikes, at 100 nA it latches)"
    ),
)
HOVERING = Topology(
    name="hovering",
    devices=connected("n1 vspk 0", "n3 vspk 0", "n1 vmem vdd", "n1 n3 vdd"),
    note="M1 and M4 are an inverter of V_mem; M5 restores node 1 when INV2's output falls; M2 drags node 1 down",
    initial=REST,
    fixed=FIXED,
    chosen=(*SPIKE, "M2 from node 1 to ground", "M3 from n3 to ground, gate V_spk", "M4's gate is V_mem, M5's is n3"),
    fails=(
        "never fires: V_mem swings between 0.347 and 0.368 V and V_spk up to 0.31 V, because M6 empties the membrane before "
        "M2 can finish the fall of node 1; at 1 pA it settles at 0.367 V, from 1 nA on it latches after one spike"
    ),
)


def m4_length(c_mem: Any) -> Any:
    """Length of M4 (m) at which "t2" empties a membrane `c_mem` (F or text): 1 um per 100 fF, at least 0.35 um.

    The spike must outlast the fall of V_mem through M6, so its width, and with it M4's length, grows with C_mem. Found by
    simulation at 1 V from 10 fF to 2 pF: V_mem ends below 2 mV (with 0.35 um 0.11 V at 100 fF, and hardly any reset at
    1 pF); 0.7 um per 100 fF leave 7 mV. At 0.7 to 1.2 V 17 mV are left at most; at 1.5 V 73 mV, since the width falls faster
    with the supply than M6 gains.
    """
    return np.maximum(M4_LEAST, M4_SLOPE * np.asarray(parse(c_mem, "F"), dtype=float))[()]


class CmosLIF(Cell):
    """Ten transistors and one capacitor: M1 to M6 and two inverters. See `m4_length` for membranes above 50 fF."""

    name = "cmos_lif"
    title = "CMOS leaky integrate-and-fire neuron"
    source = "A. K. Shah et al. (2023), An Area-Efficient Integrate-and-Fire Neuron Circuit, sections 3.1 and 3.2"
    topologies = (T2, DYNAMIC, SELF_TIMED, DRAGGED, INITIALISED, DIODE, HOVERING)
