"""The memristor-based adaptive neuron as a circuit: with named parts (figure 4b of the paper), and as the ideal one.

Values are those of the equation neuron (`presets.memristive_alif`); the paper's text gives none. Figures in the notes: these
values under the paper's input, 1 mA for the first half of every millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from ...devices.memristor import MMS
from ...errors import InputError
from ...parameters import Param, Scales, param
from ...presets.amplifiers import amplifier_values
from ...presets.memristive_alif import CHOICE, PAPER
from ...quantities import parse, show
from ..netlist import Model
from .base import INF, Cell, Topology

OPAMP, COMPARATOR = amplifier_values("opamp", "op482"), amplifier_values("comparator", "ad8561")
LOW, HIGH = COMPARATOR["v_ol"], COMPARATOR["v_oh"]  # V: the comparator's output, from which the switch is driven
SHORT, OPEN = 1e-6, 1e12  # Ohm of a switch; what the transistor has when it conducts is `r_switch`, in series
CLASS_OP, CLASS_C = "class of the OP482 (presets.amplifiers)", "class of the AD8561 (presets.amplifiers)"
DEVICE = ("r_on", "r_off", "v_on", "v_off", "tau")  # of the memristor; its temperature is the circuit's
FIXED = (
    "the memristor and R_s in series across C, the input current into C",
    "a differential amplifier measures the memristor's voltage",
    "a Schmitt comparator compares it with a constant threshold and lets go at the lowest possible voltage",
    "its output switches a MOSFET that discharges C",
)
# what both have: the membrane, its leak and the transistor that empties it
CORE = """
    cmem c vmem 0 c_mem
    y1 y vmem vk memristor
    rs r vk 0 r_s
    rsw r vsw 0 r_switch"""

HARDWARE = Topology(
    name="hardware",
    devices=CORE
    + """
    s1 s vmem vsw vspk 0 transistor
    r1 r vmem va r_amp
    r2 r va 0 r_amp
    r3 r vk vb r_amp
    r4 r vb vd r_amp
    u1 u va vb vp vn vd opamp
    u2 u vd 0 vdd 0 vspk comparator
    vp v vp 0 v_supply
    vn v vn 0 v_negative
    """,
    note=(
        "459 spikes in 20 ms, the interval grows from 11.40 to 23.08 us (2.025 times). The amplifier's resistors load the "
        "memristor, its input capacitance and slew rate keep the switch closed for 0.34 us, and the comparator's 7 ns "
        "count for nothing. The sources give 29.3 mW whether it spikes or not"
    ),
    initial={
        "vmem": 0.0,
        "vk": 0.0,
        "vsw": 0.0,
        "va": 0.0,
        "vb": 0.0,
        "vd": 0.0,
        "vspk": LOW,
        "vp": "v_supply",
        "vn": "v_negative",
    },
    fixed=(*FIXED, "amplifier OP482, comparator AD856x"),
    chosen=(
        "four equal resistors make the differential amplifier, gain 1",
        "the comparator's hysteresis is set at its input, not by resistors",
        "the transistor is a switch with an on-resistance, without gate charge or body diode",
        "supplies of +-15 V and 5 V; v_rest is ground",
    ),
)
IDEAL = Topology(
    name="ideal",
    devices=CORE
    + """
    s1 s vmem vsw vd 0 comparator
    e1 e vd ve vmem vk sense
    e2 e ve 0 vdd 0 below
    s2 s vdd vspk vd 0 comparator
    rspk r vspk 0 r_spike
    """,
    note=(
        "equation 2 with located events: 475 spikes in 20 ms, the interval grows from 10.74 to 22.36 us (2.081 times) while "
        "the memristor turns ON. Below I R_on = v_th it stops"
    ),
    initial={"vmem": 0.0, "vk": 0.0, "vsw": 0.0, "vd": 0.0, "ve": 0.0, "vspk": 0.0},
    fixed=FIXED,
    chosen=(
        "amplifier and comparator are one switch with hysteresis, without delay, load or limits",
        "v_d is the memristor's voltage on the scale 0 (release) to 1 (threshold)",
        "v_rest is ground",
    ),
)


def of_device(name: str) -> Any:
    """A parameter of the memristor, as the device declares it, with the value of the neuron."""
    declared: Param = MMS.params[name]
    value, source = CHOICE[name]
    return replace(declared, default=float(parse(value, declared.unit)), source=source, name="")


def chosen(name: str, **declared: Any) -> Any:
    value, source = CHOICE[name]
    return param(value, source=source, **declared)


class MemristiveALIFCircuit(Cell):
    """Differential amplifier, Schmitt comparator, switch and a metastable-switch memristor, or the ideal circuit.

    Nodes: vmem (capacitor), vk (between memristor and R_s), vd (what the amplifier measures), vspk (digital spikes);
    the memristor's state is recorded as "x(y1)". It has no transistors, so no card and no sizes. The equations of the
    ideal topology are those of the neuron `memristive_alif`. Circuit and memristor share one temperature.
    """

    name = "memristive_alif_circuit"
    title = "Memristor-based adaptive integrate-and-fire circuit"
    source = f"{PAPER}, figs. 4 and 6; all values are chosen"
    topologies = (HARDWARE, IDEAL)
    typical_input = 1e-3
    params: ClassVar[dict[str, Param]] = {}  # none of a transistor cell

    c_mem = chosen("c_mem", unit="F", symbol="C", bounds=(0, INF), doc="membrane capacitance")
    r_s = chosen("r_s", unit="Ohm", symbol="R_s", bounds=(0, INF), doc="resistor behind the memristor")
    v_th = chosen("v_th", unit="V", symbol="v_th", bounds=(0, INF), doc="memristor voltage of a spike")
    v_release = chosen("v_release", unit="V", symbol="v_rel", bounds=(0, INF), doc="memristor voltage that ends the reset")
    r_switch = chosen("r_switch", unit="Ohm", symbol="r_sw", bounds=(0, INF), doc="resistance of the closed switch")
    x0 = chosen("x0", symbol="x_0", bounds=(0, 1), strict=False, doc="state of the memristor at the start")
    r_on, r_off, v_on, v_off, tau, temperature = (of_device(k) for k in (*DEVICE, "temperature"))
    vdd = param("5 V", unit="V", symbol="V_DD", bounds=(0, INF), doc="supply of the comparator; height of an ideal spike")
    v_supply = param("15 V", unit="V", symbol="V_S", bounds=(0, INF), doc="supplies of the amplifier, plus and minus")
    r_amp = param("100 kOhm", unit="Ohm", symbol="R", bounds=(0, INF), doc="each resistor of the differential amplifier",
                  source="chosen: the text names none")  # fmt: skip
    gbw = param(OPAMP["gbw"], unit="Hz", symbol="GBW", bounds=(0, INF), doc="its gain-bandwidth product", source=CLASS_OP)
    slew = param(OPAMP["slew"], unit="V/s", symbol="SR", bounds=(0, INF), doc="its slew rate", source=CLASS_OP)
    c_amp = param(OPAMP["c_in"], unit="F", symbol="C_in", bounds=(0, INF), strict=False, doc="its input capacitances",
                  source=CLASS_OP)  # fmt: skip
    t_delay = param(COMPARATOR["t_delay"], unit="s", symbol="t_pd", bounds=(0, INF), doc="delay of the comparator",
                    source=CLASS_C)  # fmt: skip

    r_spike, v_ideal = 1e6, (0.0, 1.0)  # Ohm: load of the ideal output; v_d at which the ideal comparator opens and closes

    def __init__(self, *, topology: str = "", without: Sequence[str] = (), **values: Any) -> None:
        if values.pop("card", ""):
            raise InputError(f"{self.name} has no transistors, so it takes no card")
        super().__init__(topology=topology, without=without, **values)

    def check(self) -> None:
        MMS(**{name: getattr(self, name) for name in DEVICE})
        low, high = np.broadcast_arrays(self.v_release, self.v_th)
        if np.any(low >= high):
            k = int(np.argmax(np.ravel(low >= high)))
            told = f"{show(np.ravel(low)[k], 'V')} is not below v_th = {show(np.ravel(high)[k], 'V')}"
            raise InputError(f"{self.name}: v_release = {told}; the comparator needs hysteresis")

    @property
    def selection(self) -> dict[str, Any]:
        return {"topology": self.topology.name, "without": self.without}

    @property
    def models(self) -> dict[str, Model]:
        off, on = self.v_ideal
        switch = {"ron": SHORT, "roff": OPEN}
        if self.topology is IDEAL:
            comparator = Model("comparator", "sw", {**switch, "vt": 0.5 * (off + on), "vh": 0.5 * (on - off)})
            return {"memristor": MEMRISTOR, "comparator": comparator}
        return {
            "memristor": MEMRISTOR,
            "opamp": Model("opamp", "opamp", {"preset": "op482"}),
            "comparator": Model("comparator", "comparator", {"preset": "ad8561"}),
            "transistor": Model("transistor", "sw", {**switch, "vt": 0.5 * (LOW + HIGH), "vh": 0.0}),
        }

    def of_model(self, name: str) -> dict[str, Any]:
        if name == "memristor":
            return {k: getattr(self, k) for k in ("x0", *DEVICE)}
        if name == "opamp":
            return {"gbw": self.gbw, "slew": self.slew, "c_in": self.c_amp}
        if name == "comparator" and self.topology is not IDEAL:
            return {"v_rise": self.v_th, "v_fall": self.v_release, "t_delay": self.t_delay, "t_edge": self.t_edge}
        return {}

    @property
    def t_edge(self) -> Any:
        """Rise time of the comparator, in the class's ratio to its delay."""
        return self.t_delay * COMPARATOR["t_edge"] / COMPARATOR["t_delay"]

    @property
    def v_negative(self) -> Any:
        return -self.v_supply

    @property
    def sense(self) -> Any:
        """Gain that makes the distance from release to threshold 1 V."""
        return 1.0 / (self.v_th - self.v_release)

    @property
    def below(self) -> Any:
        """Gain from the supply that puts the release at 0 V."""
        return -self.v_release * self.sense / self.vdd

    @property
    def watch(self) -> tuple[str, Any]:  # type: ignore[override]
        return "vspk", 0.5 * self.vdd if self.topology is IDEAL else 0.5 * (LOW + HIGH)

    @property
    def r_start(self) -> Any:
        """Resistance of the memristor at the start (Ohm)."""
        return 1.0 / (self.x0 / self.r_on + (1.0 - self.x0) / self.r_off)

    def scales(self) -> Scales:
        """Three times the input that keeps it firing for ever, and the longer of an interval when ON and tau / 4."""
        level = 3.0 * float(np.median(self.v_th / self.r_on))
        interval = (self.r_on + self.r_s) * self.c_mem * np.log(3.0 / 2.0)
        return Scales(level, max(float(np.median(interval)), float(np.median(self.tau)) / 4.0))


MEMRISTOR = Model("memristor", "memristor", {"model": "mms"})
