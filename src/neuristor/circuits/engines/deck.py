"""A netlist as the text that ngspice reads, under plain names ("n3", "m5", "mod1"), and the way back to ours."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ...devices import model_of
from ...devices.amplifier import AMPLIFIERS
from ...errors import InputError, nearest
from ..modelled import nominal
from ..netlist import GROUND, Ac, Analysis, Dc, Element, Model, Netlist, Noise, Op, Sweep, Tran
from ..spice.subcircuits import amplifier_subcircuit, memristor_subcircuit, memristor_values

NEUTRAL = {"delvto": 0.0, "mulu0": 1.0, "m": 1.0, "area": 1.0}  # not written: some models know no such parameter
MAIN = {"r": "r", "c": "c", "l": "l", "e": "gain", "g": "gain", "f": "gain", "h": "gain"}  # written without a name
NUMBERS_A_LINE = 8
STEP_OF_DELAY = 1.5  # largest step of a circuit with comparators, over the shortest of their delays


def number(value: float | str) -> str:
    """A number with all its digits; a word as it is."""
    return value if isinstance(value, str) else repr(float(value))


@dataclass(frozen=True)
class Names:
    """What ngspice calls the nodes, elements and models of a netlist (a name of ours may hold dots, or be a keyword)."""

    netlist: Netlist

    @cached_property
    def nodes(self) -> dict[str, str]:
        states = [f"x({e.name})" for e in self.netlist.elements.values() if e.kind == "y"]
        return {GROUND: GROUND} | {name: f"n{k}" for k, name in enumerate([*self.netlist.nodes, *states], 1)}

    @cached_property
    def elements(self) -> dict[str, str]:
        letters = {"y": "x", "u": "x"}  # subcircuits
        return {e.name: f"{letters.get(e.kind, e.kind)}{k}" for k, e in enumerate(self.netlist.elements.values(), 1)}

    @cached_property
    def models(self) -> dict[str, str]:
        return {name: f"mod{k}" for k, name in enumerate(self.netlist.models, 1)}

    def node(self, name: str, user: str) -> str:
        """ngspice's name of a node; InputError, beginning with `user`, if the circuit has none of this name."""
        if name.lower() not in self.nodes:
            raise InputError(f"{user}: the circuit has no node {name!r}{nearest(name, self.nodes)}")
        return self.nodes[name.lower()]

    def model(self, e: Element) -> str:
        if e.model not in self.models:
            raise InputError(f"{e.where}{e.name}: there is no model {e.model!r}{nearest(e.model, self.models)}")
        return self.models[e.model]

    def quantity(self, ours: str) -> str:
        """ "@x1.m2[gm]" -> "@m5[gm]"; InputError if it is not of this form or the element is missing."""
        match = re.fullmatch(r"@(.+)\[(\w+)\]", ours.strip().lower())
        if match is None:
            raise InputError(f"cannot save {ours!r}: a quantity inside a device is written @m1[id]")
        return f"@{self.elements[self.netlist.element(match[1]).name]}[{match[2]}]"

    def signals(self, save: Iterable[str] = ()) -> dict[str, str]:
        """Variable of the raw file -> our name: node voltages, branch currents "i(v1)", saved quantities."""
        known = {f"v({theirs})": ours for ours, theirs in self.nodes.items()}
        known |= {f"i({theirs})": f"i({ours})" for ours, theirs in self.elements.items()}
        return known | {self.quantity(ours): ours for ours in save}

    def translate(self, message: str) -> str:
        """A message of ngspice with our names in it."""
        back = {theirs: ours for table in (self.nodes, self.elements, self.models) for ours, theirs in table.items()}
        return re.sub(r"\b[a-z]+\d+\b", lambda m: back.get(m[0], m[0]), message)


def write_deck(
    netlist: Netlist, analysis: Analysis, options: Mapping[str, float | str], save: Iterable[str] = ()
) -> tuple[str, Names]:
    """The text for one analysis, and the names in it; InputError if something in it does not exist."""
    names = Names(netlist)
    lines = ["* circuit"]
    lines += [card(e, names, analysis) for e in netlist.elements.values()]
    lines += [model_card(m, names) for m in netlist.models.values()]
    for keyword, voltages in ((".ic", netlist.initial), (".nodeset", netlist.nodeset)):
        lines += [f"{keyword} v({names.node(n, keyword)})={number(v)}" for n, v in voltages.items()]
    lines += [f".options {k}={number(v)}" if v != "" else f".options {k}" for k, v in options.items() if k != "temp"]
    lines.append(f".temp {number(netlist.temperature)}")
    lines.append(" ".join([".save all", *map(names.quantity, save)]))
    lines += [analysis_card(analysis, names), ".end", ""]
    return "\n".join(lines), names


def card(e: Element, names: Names, analysis: Analysis) -> str:
    """The line (or lines) of one element."""
    words = [names.elements[e.name], *(names.node(n, f"{e.where}{e.name}") for n in e.nodes)]
    if e.kind in "vi":
        return "\n".join(words_of_source(words, e, analysis))
    if e.kind == "y":
        return memristor_lines(words, e, names, analysis)
    if e.kind == "u":
        return amplifier_lines(words, e, names)
    params = {k: v for k, v in e.params.items() if NEUTRAL.get(k) != v}
    if e.kind in "fh":
        words.append(names.elements[names.netlist.element(e.control).name])
    if e.kind in MAIN:
        if MAIN[e.kind] not in params:
            raise InputError(f"{e.where}{e.name} needs a value for {MAIN[e.kind]!r}")
        words.append(number(params.pop(MAIN[e.kind])))
    if e.model or e.kind in "dms":
        words.append(names.model(e))
    if e.kind == "s":
        return " ".join([*words, "on" if params.get("on") else "off"])
    return " ".join(words + [f"{k}={number(v)}" for k, v in params.items()])


def words_of_source(words: list[str], e: Element, analysis: Analysis) -> list[str]:
    """Lines of a voltage or current source; for `.noise` the input source alone has an AC magnitude, 1."""
    magnitude, phase = e.params.get("acmag", 0.0), e.params.get("acphase", 0.0)
    if isinstance(analysis, Noise):
        magnitude, phase = float(e.name == analysis.source.lower()), 0.0
    if "dc" in e.params or e.wave is None:
        words = [*words, "dc", number(e.params.get("dc", 0.0))]
    lines = [" ".join(words)]
    if magnitude:
        lines.append(f"+ ac {number(magnitude)} {number(phase)}")
    if e.wave is not None:
        values = [number(v) for v in e.wave.values]
        lines.append(f"+ {e.wave.kind}(")
        lines += ["+ " + " ".join(values[k : k + NUMBERS_A_LINE]) for k in range(0, len(values), NUMBERS_A_LINE)]
        lines.append("+ )")
    return lines


def memristor_lines(words: list[str], e: Element, names: Names, analysis: Analysis) -> str:
    """The instance of a memristor's subcircuit, and what holds its state at x0 where time does not run.

    For small signals an inductor so large that it carries none holds the state in the operating point alone.
    """
    own = memristor_values(names.netlist, e)
    state, number_of = names.nodes[f"x({e.name})"], words[0][1:]
    lines = [" ".join([*words, state, names.model(e), *(f"{k}={number(v)}" for k, v in own.items())])]
    x0 = number(e.params.get("x0", 0.0))
    if isinstance(analysis, (Op, Dc)):
        lines.append(f"vhold{number_of} {state} 0 dc {x0}")
    elif not isinstance(analysis, Tran):
        lines += [f"vhold{number_of} hold{number_of} 0 dc {x0}", f"lhold{number_of} hold{number_of} {state} 1e18"]
    return "\n".join(lines)


def amplifier_lines(words: list[str], e: Element, names: Names) -> str:
    """A subcircuit of its own for each op-amp or comparator, and its instance."""
    card = names.netlist.models[e.model]
    amplifier = model_of(card.kind, card.kind, card.params, f"model {e.model}")
    amplifier.check_instance(e.params, names.netlist.temperature, f"{e.where}{e.name}")
    params = {k: v for k, v in e.params.items() if k != "on"}
    name = f"amp{words[0][1:]}"
    return amplifier_subcircuit(amplifier.device.with_(**params), name, bool(e.params.get("on"))) + " ".join([*words, name])


NOT_IN_NGSPICE = {44: "EKV"}  # LEVEL of a MOSFET


def model_card(m: Model, names: Names) -> str:
    """The lines of a `.model`, one parameter a line; the subcircuit of a memristor, none of an amplifier."""
    if m.kind == "memristor":
        return memristor_subcircuit(model_of(m.kind, m.kind, m.params, f"model {m.name}").device, names.models[m.name])
    if m.kind in AMPLIFIERS:
        return ""
    if m.kind in ("nmos", "pmos") and m.level in NOT_IN_NGSPICE:
        where = f"{m.place}: " if m.place else ""
        raise InputError(
            f"{where}model {m.name}: ngspice has no {NOT_IN_NGSPICE[m.level]} (LEVEL {m.level}); use engine native"
        )
    return "\n".join([f".model {names.models[m.name]} {m.kind}", *(f"+ {k}={number(v)}" for k, v in m.params.items())])


def analysis_card(analysis: Analysis, names: Names) -> str:
    """The line of an analysis.

    A `.tran` without a largest step gets a fiftieth of what it covers, as in SPICE, at most a hundred of its steps, and
    what its comparators need: ngspice gives up at 1e-11 of the largest step, which a spike of nanoseconds in a run of
    seconds would need.
    """
    match analysis:
        case Op():
            return ".op"
        case Dc(sweeps):
            return " ".join([".dc", *(sweep_words(s, names) for s in sweeps)])
        case Tran(step, stop, start, max_step, uic):
            longest = max_step or min((stop - start) / 50, 100 * step, comparator_step(names.netlist))
            times = (step, stop, start, longest)
            return " ".join([".tran", *map(number, times), *(["uic"] if uic else [])])
        case Ac(variation, points, start, stop):
            return f".ac {variation} {points} {number(start)} {number(stop)}"
        case Noise():
            a = analysis
            output = ",".join(names.node(n, ".noise") for n in (a.output, a.reference or GROUND) if n != GROUND)
            source = names.elements[names.netlist.element(a.source).name]
            return f".noise v({output}) {source} {a.variation} {a.points} {number(a.start)} {number(a.stop)}"
    raise InputError(f"ngspice cannot run {analysis!r}")


def comparator_step(netlist: Netlist) -> float:
    """The largest step (s) at which ngspice follows the comparators of a netlist of one lane; infinite without any.

    A comparator with hysteresis has two states at one input. In a step far longer than its delay Newton's method may
    land in either, whatever the tolerance: spikes then come early, or twice.
    """
    comparators = (e for e in netlist.elements.values() if e.kind == "u" and netlist.models[e.model].kind == "comparator")
    delays = (float(e.params.get("t_delay", nominal(netlist, e, "t_delay"))) for e in comparators)
    return STEP_OF_DELAY * min(delays, default=math.inf)


def sweep_words(s: Sweep, names: Names) -> str:
    """Source and numbers of one axis of `.dc`."""
    source = "temp" if s.source.lower() == "temp" else names.elements[names.netlist.element(s.source).name]
    return " ".join([source, *map(number, (s.start, s.stop, s.step))])
