"""A mixed-signal neuron: binary-weighted differential pairs on a common PMOS load multiply, add and bend into a sigmoid.

Source: arXiv 1710.09012, "MS-N", figure 2 (a) by its text. Each synapse has one pair a bit, with a tail of 2^b unit
currents; the weight's bit switches both gates of the pair to the synapse's input (1) or to V_CM (0), so that the bias of
everything stays. V_out = V(outp) - V(outn) rises with weight times input and saturates as tanh does.

What the paper leaves open and what was taken: tails are ideal current sources; a pair and a unit load are `w` / `l`; a
negative weight crosses the two inputs of its synapse (a sign switch beyond the N bits); the triode load's gate is set by
a replica under half of the current, whose drop is `v_drop`, on a supply of its own that is not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from ...errors import InputError, nearest
from ...parameters import Parametrised, param
from ...quantities import parse
from ..cards import Card, card_of
from ..netlist import GROUND, Ac, Dc, Element, Model, Netlist, Noise, Op, Sweep
from .base import Topology

INF = np.inf
SUPPLY, OUTP, OUTN, COMMON = "vdd", "outp", "outn", "cm"
MOST_BITS, MOST_PAIRS = 24, 4096
MOST_SHOWN = 8  # weights in words
REPLICA_GAIN = 1e4  # of the amplifier that holds the replica's drop: 0.1 mV of error a volt at the gate
ANALYSES = (
    Op(),
    Dc((Sweep("vin0", -0.1, 0.1, 5e-3),)),
    Ac("dec", 10, 1e3, 1e10),
    Noise(OUTP, OUTN, "vin0", "dec", 10, 1.0, 1e10),
)
CHOSEN = "chosen: the paper's text does not tell"
CHOICES = {
    "weighting": ("current", "width"),
    "load": ("diode", "triode"),
    "switching": ("gate", "tail"),
}


class MixedSignalMAC(Parametrised):
    """Differential-amplifier neuron that adds products of N-bit weights and voltages; it does not spike.

        MixedSignalMAC(bits=8, weights=[255, 17], inputs=["5 mV", 0])

    bits       of a weight, N
    weights    whole numbers from -(2^N - 1) to 2^N - 1, one a synapse (default: one synapse of full weight)
    inputs     differential voltages (V) of the synapses (default: zero)
    weighting  "current": equal devices, binary tails; "width": 2^b unit devices at a tail of 2^b units, loads alike
    load       "diode": the PMOS gate is its drain; "triode": its gate is held by a replica
    switching  "gate": the weight switches gates at fixed bias; "tail": it switches tails (large signals, the bias goes)
    loads      unit PMOS in parallel a side (0: one, or with "width" as many as there are unit pairs)
    card       a name (see `cards.CARDS`) or the path of a SPICE library with one NMOS and one PMOS model

    Parameters may be arrays with one value a lane.
    """

    name: ClassVar[str] = "mixed_signal_mac"
    title: ClassVar[str] = "Mixed-signal multiply-accumulate neuron"
    source: ClassVar[str] = "arXiv 1710.09012"

    v_dd = param("1.2 V", unit="V", symbol="V_DD", bounds=(0, INF), doc="supply", source=CHOSEN)
    v_cm = param("0.7 V", unit="V", symbol="V_CM", bounds=(0, INF), doc="common-mode voltage of the gates", source=CHOSEN)
    i_unit = param("100 pA", unit="A", symbol="I_u", bounds=(0, INF), doc="tail current of the least bit")
    w = param("120 nm", unit="m", symbol="W", bounds=(0, INF), doc="width of a unit device", source=CHOSEN)
    l = param("130 nm", unit="m", symbol="L", bounds=(0, INF), doc="length of every transistor", source=CHOSEN)  # noqa: E741
    c_load = param(
        "0 F",
        unit="F",
        symbol="C_L",
        bounds=(0, INF),
        strict=False,
        doc="capacitance of each output to ground",
        source=CHOSEN,
    )
    r_switch = param(
        "0 Ohm", unit="Ohm", symbol="R_sw", bounds=(0, INF), strict=False, doc="resistance of a gate's switch", source=CHOSEN
    )
    v_drop = param(
        "24 mV", unit="V", symbol="V_drop", bounds=(0, INF), doc="drop of the replica of a triode load", source=CHOSEN
    )
    diffusion = param(
        "0 m", unit="m", bounds=(0, INF), strict=False, doc="length of a source or drain (0: gate's edge)", source=CHOSEN
    )
    temperature = param(
        27.0, unit="1", symbol="T", bounds=(-273.15, INF), doc="temperature in degrees Celsius", source=CHOSEN
    )

    def __init__(
        self, *, bits: Any = 8, weights: Any = None, inputs: Any = None, weighting: str = "current", load: str = "diode",
        switching: str = "gate", loads: Any = 0, card: str = "ptm65_ekv", **values: Any,
    ) -> None:  # fmt: skip
        super().__init__(**values)
        self.bits = whole(bits, "bits", 1, MOST_BITS)
        self.loads = whole(loads, "loads", 0, 2**31)
        self.weights = self.read_weights(weights)
        self.inputs = self.read_inputs(inputs)
        self.weighting, self.load, self.switching = (
            chosen(kind, value) for kind, value in zip(CHOICES, (weighting, load, switching), strict=True)
        )
        self.card: Card = card_of(card)
        if self.synapses * self.bits > MOST_PAIRS:
            told = f"{self.synapses} synapses of {self.bits} bits are more than {MOST_PAIRS} pairs"
            raise InputError(f"{self.name}: {told}; fewer can be simulated, and the closed form takes any number")
        self.netlist  # noqa: B018  (what cannot be built is said now)

    def read_weights(self, weights: Any) -> tuple[int, ...]:
        if weights is None:
            return (self.w_max,)
        given = weights.split(",") if isinstance(weights, str) else np.ravel(weights).tolist()
        if not given:
            raise InputError(f"{self.name}: there must be at least one weight")
        return tuple(whole(w, "weights", -self.w_max, self.w_max) for w in given)

    def read_inputs(self, inputs: Any) -> np.ndarray:
        if inputs is None:
            return np.zeros(self.synapses)
        given = inputs.split(",") if isinstance(inputs, str) else inputs
        try:
            volts = np.array([float(parse(v, "V")) for v in np.atleast_1d(np.asarray(given, dtype=object))])
        except InputError as error:
            raise InputError(f"{self.name}: inputs: {error}") from None
        if len(volts) != self.synapses:
            raise InputError(f"{self.name}: weights: {self.synapses}, inputs: {len(volts)}; each weight needs one input")
        return volts

    @property
    def w_max(self) -> int:
        return 2**self.bits - 1

    @property
    def synapses(self) -> int:
        return len(self.weights)

    @property
    def current(self) -> Any:
        """Sum of the tails at fixed bias, A: synapses (2^N - 1) I_u."""
        return self.synapses * self.w_max * self.i_unit

    @property
    def topology(self) -> Topology:
        """What was chosen, in words."""
        many = "1 synapse" if self.synapses == 1 else f"{self.synapses} synapses"
        shown = ", ".join(map(str, self.weights[:MOST_SHOWN])) + (", ..." if self.synapses > MOST_SHOWN else "")
        note = f"{many} of {self.bits} bits, weights {shown}, {self.load} load, weights switch the {self.switching}s"
        return Topology(self.weighting, "", note)

    @property
    def selection(self) -> dict[str, Any]:
        """The arguments beside parameters."""
        names = ("bits", "weights", "inputs", "loads", *CHOICES)
        return {name: getattr(self, name) for name in names} | {"card": self.card.name}

    def with_(self, **changes: Any) -> Self:
        """A copy with parameters or choices changed; with other bits full weights stay full, others are kept."""
        kept = {**self.selection, **self.values(), **changes}
        if "weights" in changes and "inputs" not in changes:
            kept["inputs"] = None
        elif "bits" in changes and all(w == self.w_max for w in self.weights):
            kept["weights"] = [2 ** whole(changes["bits"], "bits", 1, MOST_BITS) - 1] * self.synapses
        return type(self)(**kept)

    @cached_property
    def netlist(self) -> Netlist:
        """The circuit with gates wired to the inputs in0, in1, ... (sources vin0, ...) as the weights' bits say.

        Its analyses are those of the first synapse's input: `.op`, transfer, response, noise.
        """
        drive = [Element("vcm", "v", (COMMON, GROUND), {"dc": self.v_cm})]
        pairs = []
        for k, weight in enumerate(self.weights):
            probe = {} if k else {"acmag": 1.0}
            drive.append(Element(f"vin{k}", "v", (f"in{k}", GROUND), {"dc": float(self.inputs[k]), **probe}))
            for side, gain in (("p", 0.5), ("n", -0.5)):
                drive.append(Element(f"e{k}{side}", "e", (f"in{k}{side}", COMMON, f"in{k}", GROUND), {"gain": gain}))
            plus, minus = ("p", "n") if weight >= 0 else ("n", "p")
            for b in range(self.bits):
                on = self.switching == "tail" or abs(weight) >> b & 1
                gates = (f"in{k}{plus}", f"in{k}{minus}") if on else (COMMON, COMMON)
                pairs += self.pair(k, b, gates)
        return self.assembled(drive, pairs).with_(analyses=ANALYSES)

    def lanes_netlist(self, weights: np.ndarray, inputs: np.ndarray) -> Netlist:
        """The circuit with a source at every gate: a lane may have its own weights and inputs, both (lanes, synapses).

        Of "gate" switching alone: tails are the same in all lanes.
        """
        if self.switching != "gate":
            raise InputError(f"{self.name}: with switched tails the weights cannot differ between lanes")
        drive, pairs = [], []
        for k in range(self.synapses):
            for b in range(self.bits):
                on = np.sign(weights[:, k]) * (np.abs(weights[:, k]) >> b & 1)
                for side, half in (("p", 0.5), ("n", -0.5)):
                    volts = self.v_cm + half * on * inputs[:, k]
                    drive.append(Element(f"vg{k}.{b}{side}", "v", (f"g{k}.{b}{side}", GROUND), {"dc": volts}))
                pairs += self.pair(k, b, (f"g{k}.{b}p", f"g{k}.{b}n"))
        return self.assembled(drive, pairs)

    def pair(self, k: int, b: int, gates: tuple[str, str]) -> list[Element]:
        """Bit b of synapse k: two NMOS, their tail, and the switches of their gates if these resist."""
        many = float(2**b) if self.weighting == "width" else 1.0
        tail, elements = f"t{k}.{b}", []
        for side, gate, drain in (("p", gates[0], OUTN), ("n", gates[1], OUTP)):
            if np.any(self.r_switch > 0):
                inner = f"s{k}.{b}{side}"
                elements.append(Element(f"r{k}.{b}{side}", "r", (gate, inner), {"r": self.r_switch}))
                gate = inner
            size = self.drawn(many)
            elements.append(Element(f"m{k}.{b}{side}", "m", (drain, gate, tail, GROUND), size, model="nmos"))
        flows = self.switching == "gate" or abs(self.weights[k]) >> b & 1
        amount = 2.0**b * self.i_unit if flows else 0.0 * self.i_unit
        return [*elements, Element(f"i{k}.{b}", "i", (tail, GROUND), {"dc": amount})]

    def assembled(self, drive: Sequence[Element], pairs: Sequence[Element]) -> Netlist:
        """Supply, loads and capacitances around the pairs."""
        units = self.synapses * self.w_max if self.weighting == "width" else 1
        size = self.drawn(float(self.loads or units))
        elements = []
        for side, out in (("p", OUTP), ("n", OUTN)):
            gate = out if self.load == "diode" else "load"
            elements.append(Element(f"ml{side}", "m", (out, gate, SUPPLY, SUPPLY), size, model="pmos"))
            if np.any(self.c_load > 0):
                elements.append(Element(f"cl{side}", "c", (out, GROUND), {"c": self.c_load}))
        if self.load == "triode":
            elements += self.replica(size)
        models = {kind: Model(kind, kind, self.card.models[kind]) for kind in ("nmos", "pmos")}
        netlist = Netlist(title=self.title, models=models, temperature=self.temperature, analyses=(Op(),))
        return netlist.add(*elements, Element("vdd", "v", (SUPPLY, GROUND), {"dc": self.v_dd}), *drive, *pairs)

    def replica(self, size: dict[str, Any]) -> list[Element]:
        """A load under half of the tails' current, and the amplifier that holds its drop at `v_drop` by the loads' gate."""
        return [
            Element("vrep", "v", ("repdd", GROUND), {"dc": self.v_dd}),
            Element("vref", "v", ("ref", GROUND), {"dc": self.v_dd - self.v_drop}),
            Element("irep", "i", ("rep", GROUND), {"dc": 0.5 * self.current}),
            Element("mrep", "m", ("rep", "load", "repdd", "repdd"), size, model="pmos"),
            Element("eload", "e", ("load", GROUND, "rep", "ref"), {"gain": REPLICA_GAIN}),
        ]

    def drawn(self, many: float) -> dict[str, Any]:
        """Size of `many` unit devices in parallel, with drawn areas and edges of source and drain.

        Without a length of its own a region has only the edge along its gate (BSIM4 always has that one's capacitance).
        """
        area, outer = self.w * self.diffusion, np.where(self.diffusion > 0, self.w + 2.0 * self.diffusion, 0.0)
        edge = self.w + (float(outer) if np.ndim(outer) == 0 else outer)
        return {"w": self.w, "l": self.l, "ad": area, "as": area, "pd": edge, "ps": edge, "m": many}

    def __repr__(self) -> str:
        inside = Parametrised.__repr__(self).partition("(")[2][:-1]
        shown = {k: v for k, v in self.selection.items() if k != "inputs"}
        words = [*(f"{k}={v!r}" for k, v in shown.items()), *([inside] if inside else [])]
        return f"{type(self).__name__}({', '.join(words)})"


def whole(value: Any, what: str, low: int, high: int) -> int:
    """A whole number from low to high; InputError otherwise."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not (number == np.floor(number) and low <= number <= high):
        raise InputError(f"{MixedSignalMAC.name}: {what} must be whole from {low} to {high}, not {value!r}")
    return int(number)


def chosen(kind: str, value: str) -> str:
    """One of the words of a choice; InputError for another."""
    if value not in CHOICES[kind]:
        known = CHOICES[kind]
        raise InputError(
            f"{MixedSignalMAC.name}: unknown {kind} {value!r}{nearest(value, known)}; there are {', '.join(known)}"
        )
    return value
