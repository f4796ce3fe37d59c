"""The conventional neuron with two capacitors: C_mem integrates the input current, C_w sets the width of the spike.

The baseline of Shah et al. (2023), section 4, after Kang et al., IJCNN 2019. Neither gives a schematic here, so both
topologies are choices. Figures in the notes: card "n88y", W/L = 0.70/0.35 um, 1 V, 10 fF twice, 10 pA, 27 C.
"""

from __future__ import annotations

from ...parameters import param
from .base import INF, Cell, Topology

FIXED = ("one capacitor accumulates the input current", "a second one controls the width of the output spike")

DELAYED_RESET = Topology(
    name="delayed_reset",
    devices="""
        cmem c vmem 0 c_mem
        cw c vw 0 c_w
        xinv1.mn n n1 vmem 0
        xinv1.mp p n1 vmem vdd
        xinv2.mn n vspk n1 0
        xinv2.mp p vspk n1 vdd
        m1 p vmem n1 vdd
        m2 p n2 vpw vdd
        m3 p vw n1 n2
        m4 n vw n1 n3
        m5 n n3 vrf 0
        m6 n vmem vw 0
        vpw v vpw 0 v_pw
        vrf v vrf 0 v_rf
    """,
    note=(
        "two inverters are the threshold; M1 pulls V_mem up as INV1's output falls, so the spike is all or none. M2 lets a "
        "small current charge C_w until M6 empties C_mem against M1; M5 lets a small current empty C_w, so the reset "
        "outlasts the spike. Width and dead time are C_w over these currents: 36 ns + 12.8 ns per fF at the default biases. "
        "1686 Hz, 165 ns, 1.5 pJ a spike; C_w = C_mem empties the membrane up to 1 pF. With these biases it spikes from "
        "0.7 V on; below, M2 cannot turn M6 on"
    ),
    initial={"vmem": 0.0, "n1": "vdd", "vspk": 0.0, "n2": "vdd", "n3": 0.0, "vw": 0.0},
    fixed=FIXED,
    chosen=(
        "the threshold is that of an inverter",
        "positive feedback by one PMOS",
        "C_w in a current-starved inverter that drives the reset transistor",
        "two bias voltages, V_pw and V_rf",
    ),
)
DELAYED_CUT = Topology(
    name="delayed_cut",
    devices="""
        cmem c vmem 0 c_mem
        cw c n3 0 c_w
        m1 n n1 vmem 0
        m2 n n1 vspk n2
        m3 n n2 n3 0
        m4 p n1 n3 vdd
        m5 p n1 vspk vdd
        m6 n vmem vspk 0
        xinv1.mn n vspk n1 0
        xinv1.mp p vspk n1 vdd
        xinv2.mn n n3 vspk 0
        xinv2.mp p n3 vspk vdd
    """,
    note=(
        "the trigger part of cmos_lif with C_w at INV2's output: C_w delays the end of the spike where the one-capacitor "
        "neuron needs a longer M4. No bias voltage. 1179 Hz, 4.7 ns, 0.337 nJ a spike. For an empty membrane C_w must be "
        "some 50 fF at 100 fF and 2 pF at 1 pF"
    ),
    initial={"vmem": 0.0, "n1": "vdd", "n2": 0.0, "vspk": 0.0, "n3": "vdd"},
    fixed=FIXED,
    chosen=("the same trigger part as topology t2 of cmos_lif", "C_w at INV2's output"),
)


class TwoCapacitorLIF(Cell):
    """The baseline with a second capacitor for the width of the spike."""

    name = "two_capacitor_lif"
    title = "Integrate-and-fire neuron with two capacitors"
    source = "after Kang et al., IJCNN 2019, as Shah et al. (2023) describe it in section 4; the schematic is a choice"
    topologies = (DELAYED_RESET, DELAYED_CUT)

    c_w = param("10 fF", unit="F", symbol="C_w", bounds=(0, INF), doc="capacitance that sets the width of the spike")
    v_pw = param("0.3 V", unit="V", symbol="V_pw", doc="gate of the PMOS that charges C_w; lower: shorter spikes")
    v_rf = param("0.5 V", unit="V", symbol="V_rf", doc="gate of the NMOS that empties C_w; lower: longer dead time")
