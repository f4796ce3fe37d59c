"""Logic gates transistor by transistor, in static CMOS: inverter, NAND, AND, exclusive-or, half and full adder, flip-flop.

The usual circuits (Weste and Harris, "CMOS VLSI Design", 4th ed., chapters 1, 9 to 11): the exclusive-or with two inverters
for its complements, the mirror adder as full adder, a flip-flop of two latches of transmission gates with clocked keepers
and inverters at its clock, its input and its output, as the SkyWater library sky130_fd_sc_hd draws its dfxtp_1.
Every NMOS has one width and every PMOS another, series or not: cells of the least size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ...parameters import Parametrised, param
from ..cards import card_of
from ..netlist import GROUND, Element, Model, Netlist

INF = np.inf
SUPPLY = "vdd"


@dataclass(frozen=True)
class LogicCell:
    """A gate. devices: a line a transistor, "n drain gate source" or "p ..."; bulks at ground and supply.

    nodes that are neither pins nor rails are inside. clock: the input that is one ("" of a gate without memory)
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    devices: str
    clock: str = ""

    @property
    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.devices.strip().splitlines()]

    @property
    def transistors(self) -> int:
        return len(self.lines)


def inverter(node: str, out: str) -> str:
    """The two transistors of an inverter."""
    return f"n {out} {node} 0\np {out} {node} vdd\n"


NAND = "n {y} a x1\nn x1 b 0\np {y} a vdd\np {y} b vdd\n"
XOR = """n y a x2
n x2 b 0
n y an x3
n x3 bn 0
p y a x4
p x4 bn vdd
p y an x5
p x5 b vdd
"""
COMPLEMENTS = inverter("a", "an") + inverter("b", "bn")
# carry = a b + c (a + b) and sum = a b c + (a + b + c) not(carry), both complemented: the same in NMOS and in PMOS
MIRROR = """\
{t} x1 a {rail}
{t} x1 b {rail}
{t} cn ci x1
{t} x2 a {rail}
{t} cn b x2
{t} x3 a {rail}
{t} x3 b {rail}
{t} x3 ci {rail}
{t} sn cn x3
{t} x4 a {rail}
{t} x5 b x4
{t} sn ci x5
"""


def mirror(kind: str, rail: str) -> str:
    """One half of the mirror adder; its inner nodes get the letter of the kind."""
    return MIRROR.format(t=kind, rail=rail).replace(" x", f" {kind}x")


def pass_gate(one: str, other: str, n_gate: str, p_gate: str) -> str:
    """A transmission gate."""
    return f"n {one} {n_gate} {other}\np {one} {p_gate} {other}\n"


def keeper(node: str, out: str, n_gate: str, p_gate: str, x: str) -> str:
    """A clocked inverter."""
    return f"n {out} {n_gate} {x}n\nn {x}n {node} 0\np {out} {p_gate} {x}p\np {x}p {node} vdd\n"


LATCHES = (
    inverter("ck", "c0") + inverter("c0", "c1") + inverter("d", "dn")
    + pass_gate("dn", "m", "c0", "c1") + inverter("m", "mn") + keeper("mn", "m", "c1", "c0", "k1")
    + pass_gate("mn", "s", "c1", "c0") + inverter("s", "sn") + keeper("sn", "s", "c0", "c1", "k2") + inverter("sn", "q")
)  # fmt: skip

LOGIC: Mapping[str, LogicCell] = {
    cell.name: cell
    for cell in (
        LogicCell("INV", ("a",), ("y",), inverter("a", "y")),
        LogicCell("NAND2", ("a", "b"), ("y",), NAND.format(y="y")),
        LogicCell("AND2", ("a", "b"), ("y",), NAND.format(y="yn") + inverter("yn", "y")),
        LogicCell("XOR2", ("a", "b"), ("y",), COMPLEMENTS + XOR),
        LogicCell(
            "HA", ("a", "b"), ("s", "co"),
            COMPLEMENTS + XOR.replace(" y ", " s ") + NAND.format(y="cn") + inverter("cn", "co"),
        ),
        LogicCell(
            "FA", ("a", "b", "ci"), ("s", "co"),
            mirror("n", "0") + mirror("p", "vdd") + inverter("sn", "s") + inverter("cn", "co"),
        ),
        LogicCell("DFF", ("d", "ck"), ("q",), LATCHES, clock="ck"),
    )
}  # fmt: skip


class LogicFamily(Parametrised):
    """Sizes, supply, temperature and transistors that all gates of a circuit share.

    `v_t_shift` raises the size of every threshold, as a process with another threshold does; the card stays the same.
    """

    name = "logic"
    v_dd = param("1.2 V", unit="V", symbol="V_DD", bounds=(0, INF), doc="supply")
    w_n = param("120 nm", unit="m", symbol="W_N", bounds=(0, INF), doc="width of every NMOS")
    w_p = param("240 nm", unit="m", symbol="W_P", bounds=(0, INF), doc="width of every PMOS")
    l = param("65 nm", unit="m", symbol="L", bounds=(0, INF), doc="length of every transistor")  # noqa: E741
    diffusion = param("150 nm", unit="m", bounds=(0, INF), doc="length of a source or drain region (chosen)")
    temperature = param(27.0, unit="1", symbol="T", bounds=(-273.15, INF), doc="temperature in degrees Celsius")
    v_t_shift = param("0 V", unit="V", symbol="dV_T", doc="added to the size of every threshold")

    def __init__(self, card: str = "ptm65_ekv_logic", **values: Any) -> None:
        super().__init__(**values)
        if self.lanes > 1:
            raise InputError(f"{self.name}: one value a parameter is needed, not {self.lanes}")
        self.card = card_of(card)

    def place(self, cell: LogicCell, name: str, wires: Mapping[str, str]) -> list[Element]:
        """The transistors of a gate called `name` whose pins are on these nodes."""
        outside = {"0": GROUND, SUPPLY: SUPPLY, **wires}
        placed = []
        for k, (kind, *nodes) in enumerate(cell.lines, 1):
            w, bulk, sign = (self.w_n, GROUND, 1) if kind == "n" else (self.w_p, SUPPLY, -1)
            area, edge = w * self.diffusion, 2 * (w + self.diffusion)
            params = {"w": w, "l": self.l, "ad": area, "as": area, "pd": edge, "ps": edge}
            if np.any(self.v_t_shift):
                params["delvto"] = sign * self.v_t_shift
            where = tuple(outside.get(node, f"{name}.{node}") for node in nodes)
            placed.append(Element(f"{name}.m{k}", "m", (*where, bulk), params, model=f"{kind}mos"))
        return placed

    def netlist(self, title: str, elements: Sequence[Element], **fields: Any) -> Netlist:
        """A circuit of these elements with the supply and the models of the card."""
        supply = Element(SUPPLY, "v", (SUPPLY, GROUND), {"dc": self.v_dd})
        models = {kind: Model(kind, kind, self.card.models[kind]) for kind in ("nmos", "pmos")}
        return Netlist(title=title, models=models, temperature=self.temperature, **fields).add(supply, *elements)
