"""Mead's axon hillock: two inverters, a capacitor from the output back to the membrane, and a reset that the output opens.

C. A. Mead, Analog VLSI and Neural Systems, Addison-Wesley 1989, chapter 12.
"""

from __future__ import annotations

from ...parameters import param
from .base import INF, Cell, Topology

SELF_RESETTING = Topology(
    name="self_resetting",
    devices="""
        cmem c vmem 0 c_mem
        cfb c vspk vmem c_fb
        xinv1.mn n n1 vmem 0
        xinv1.mp p n1 vmem vdd
        xinv2.mn n vspk n1 0
        xinv2.mp p vspk n1 vdd
        m1 n vmem vspk n2
        m2 n n2 vpw 0
        vpw v vpw 0 v_pw
    """,
    note=(
        "at the inverters' threshold (0.35 V) V_spk rises and lifts V_mem through C_fb by VDD C_fb/(C_mem + C_fb); M1 and "
        "M2 then draw a current I_r set by V_pw until V_mem is back at the threshold, V_spk falls and takes the same step "
        "off V_mem. Mead: interval C_fb VDD/I and width C_fb VDD/(I_r - I), with C_mem in neither. V_mem falls on while the "
        "inverters switch, which lengthens the interval: by 1.5 % at 1 pF, 300 fF and V_pw = 0.35 V, by a third at the "
        "defaults (1454 Hz, 153 ns, 1.9 pJ a spike), twofold with V_pw = 0.6 V. A step larger than the threshold drives "
        "V_mem below ground, where M1 conducts backwards: keep C_fb below C_mem/2. Spikes from 0.35 to 2.8 V; at 3.3 V it "
        "settles at V_mem = 1.22 V, where V_spk of 0.09 V lets M1 take the input"
    ),
    initial={"vmem": 0.0, "n1": "vdd", "vspk": 0.0, "n2": 0.0},
    fixed=(
        "two inverters in series from the membrane to the output",
        "C_fb from the output to the membrane",
        "reset: an NMOS gated by the output in series with an NMOS gated by V_pw",
    ),
    chosen=("the gated NMOS stands at the membrane, the bias NMOS at ground", "C_fb = 5 fF", "V_pw = 0.4 V"),
)


class AxonHillock(Cell):
    """Six transistors, two capacitors, one bias: the first self-resetting neuron in CMOS."""

    name = "axon_hillock"
    title = "Axon hillock"
    source = "C. A. Mead, Analog VLSI and Neural Systems, 1989, chapter 12"
    topologies = (SELF_RESETTING,)

    c_fb = param("5 fF", unit="F", symbol="C_fb", bounds=(0, INF), doc="feedback from the output to the membrane")
    v_pw = param("0.4 V", unit="V", symbol="V_pw", doc="gate of the reset's bias transistor; higher: shorter spikes")
