"""Directives: initial values, options, temperature, analyses, output requests."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import nearest
from ..netlist import GROUND, Ac, Dc, Noise, Op, Sweep, Tran
from .draft import Draft
from .frames import Frame, flat_name
from .measures import read_measure, read_signal
from .places import Unplaced, short
from .words import Words

OPTIONS = (
    "abstol", "chgtol", "gmin", "gminsteps", "itl1", "itl2", "itl3", "itl4", "itl5", "itl6", "maxord", "method", "minbreak",
    "pivrel", "pivtol", "ramptime", "reltol", "rshunt", "cshunt", "seed", "sourcesteps", "srcsteps", "temp", "tnom", "trtol",
    "vntol", "xmu", "noopiter", "trytocompact", "autostop", "interp", "acct", "list", "nomod", "nopage", "node", "opts",
    "noacct", "noinit", "klu", "sparse", "savecurrents", "keepopinfo", "warn", "maxwarns", "plotwinsize", "numdgt", "post",
)  # fmt: skip
OPTIONS_OF_SIZES = ("scale", "scalm", "defl", "defw", "defad", "defas", "defpd", "defps", "badmos3")
METHODS = ("trap", "trapezoidal", "gear", "euler")
VARIATIONS = ("dec", "oct", "lin")
REFUSED = {
    ".control": ".control blocks are not read: write analyses as .tran, .dc, .ac and results as .meas",
    ".endc": ".endc ends a .control block, and these are not read",
    ".func": ".func is not read: write the expression where it is used, or as a .param",
    ".if": ".if is not read: use a ? b : c in an expression", ".alter": ".alter is not read: write one file per variant",
    ".four": ".four is not read", ".tf": ".tf is not read", ".pz": ".pz is not read", ".sens": ".sens is not read",
    ".step": ".step is not read: write one file per value, or sweep with .dc", ".disto": ".disto is not read",
    ".csparam": ".csparam belongs to .control blocks, which are not read", ".elseif": ".if is not read",
    ".else": ".if is not read", ".endif": ".if is not read", ".data": ".data is not read", ".width": ".width is not read",
}  # fmt: skip


def read_card(word: str, words: Words, frame: Frame, draft: Draft) -> None:
    """Add what a directive says to the draft; Unplaced for whatever is wrong in it."""
    words.take(word)
    CARDS[word](words, frame, draft)


def _initial(words: Words, frame: Frame, draft: Draft) -> None:
    values = draft.initial if words.first == ".ic" else draft.nodeset
    if not words.more:
        raise Unplaced(f"{words.first} lacks v(node)=value")
    while words.more:
        place = words.line.place
        words.expect("v")
        words.expect("(")
        node = frame.node(words.name("a node"))
        words.expect(")")
        words.expect("=")
        value = words.value(f"a value for v({node})")
        if node == GROUND:
            raise Unplaced(f"{words.first} sets a voltage of ground, which is zero")
        if values.get(node, value) != value:
            raise Unplaced(f"{words.first} gives v({node}) a second value, {value:g} after {values[node]:g}")
        values[node] = value
        draft.used_nodes.append((node, place))


def _options(words: Words, frame: Frame, draft: Draft) -> None:
    if not words.more:
        raise Unplaced(f"{words.first} lacks options")
    while words.more:
        name = words.name("an option")
        if name in OPTIONS_OF_SIZES:
            raise Unplaced(f"the option {name!r} is not read: write the sizes themselves on the lines of the elements")
        if name not in OPTIONS:
            raise Unplaced(f"unknown option {short(name)}{nearest(name, OPTIONS)}")
        value: float | str = ""
        if words.skip("="):
            value = _option(name, words)
        if name == "temp":
            if value == "":
                raise Unplaced("the option temp lacks a value")
            draft.set_temperature(float(value))
        elif draft.options.setdefault(name, value) != value:
            raise Unplaced(f"the option {name!r} has a second value, {value} after {draft.options[name]}")


def _option(name: str, words: Words) -> float | str:
    if name != "method":
        return words.value(f"a value after {name}=")
    method = words.name("a method")
    if method not in METHODS:
        raise Unplaced(f"unknown method {short(method)}: choose one of {', '.join(METHODS)}{nearest(method, METHODS)}")
    return method


def _temperature(words: Words, frame: Frame, draft: Draft) -> None:
    value = words.value("a temperature in degrees Celsius")
    if words.more:
        raise Unplaced(".temp takes one temperature; sweep it with .dc temp start stop step")
    draft.set_temperature(value)


def _op(words: Words, frame: Frame, draft: Draft) -> None:
    words.end()
    draft.analyses.append(Op())


def _dc(words: Words, frame: Frame, draft: Draft) -> None:
    sweeps = [_sweep(words, draft)]
    if words.more:
        sweeps.append(_sweep(words, draft))
    words.end()
    if len({s.source for s in sweeps}) < len(sweeps):
        raise Unplaced(f".dc sweeps {sweeps[0].source} twice")
    draft.analyses.append(Dc(tuple(sweeps)))


def _sweep(words: Words, draft: Draft) -> Sweep:
    source = flat_name(words.name("a source or temp"))
    sweep = Sweep(source, words.value("a start"), words.value("a stop"), words.value("a step"))
    if sweep.step == 0 or (sweep.stop - sweep.start) * sweep.step < 0:
        raise Unplaced(f".dc from {sweep.start:g} to {sweep.stop:g} never ends with a step of {sweep.step:g}")
    if source != "temp":
        draft.used_sources.append((source, "vi", words.line.place))
    return sweep


def _tran(words: Words, frame: Frame, draft: Draft) -> None:
    uic = words.tokens[-1].text.lower() == "uic"
    if uic:
        words.tokens.pop()
    if len(words.tokens) < 3:
        raise Unplaced(".tran needs a step and a stop time, as in '.tran 1n 10u'")
    values = [words.value("a time") for _ in range(min(4, len(words.tokens) - 1))]
    words.end()
    step, stop, start, longest = (*values, 0.0, 0.0)[:4]
    if step <= 0 or stop <= 0:
        raise Unplaced(f".tran needs a step and a stop time of more than zero, not {step:g} and {stop:g}")
    if not 0 <= start < stop:
        raise Unplaced(f".tran records from {start:g} s, which is not between zero and the stop time {stop:g} s")
    if longest < 0:
        raise Unplaced(f".tran has a longest step of {longest:g} s, which may not be negative")
    draft.analyses.append(Tran(step, stop, start, longest, uic))


def _ac(words: Words, frame: Frame, draft: Draft) -> None:
    draft.analyses.append(Ac(*_frequencies(words)))
    words.end()


def _frequencies(words: Words) -> tuple[str, int, float, float]:
    """Variation, points, start and stop of `.ac` and `.noise`."""
    variation = words.name("dec, oct or lin")
    if variation not in VARIATIONS:
        raise Unplaced(f"{words.first} needs dec, oct or lin, found {short(variation)}")
    points = words.value("a number of points")
    start, stop = words.value("a start frequency"), words.value("a stop frequency")
    if points < 1 or points != int(points):
        raise Unplaced(f"{words.first} needs a whole number of points, at least 1, not {points:g}")
    if not 0 < start <= stop:
        raise Unplaced(f"{words.first} needs 0 < start <= stop, not {start:g} and {stop:g} Hz")
    return variation, int(points), start, stop


def _noise(words: Words, frame: Frame, draft: Draft) -> None:
    output = read_signal(words, frame)
    if output.kind != "v":
        raise Unplaced(f".noise needs a voltage such as v(out), not {output}")
    source = flat_name(words.name("an input source"))
    frequencies = _frequencies(words)
    words.end()
    draft.use(output, words.line.place)
    draft.used_sources.append((source, "vi", words.line.place))
    draft.analyses.append(Noise(output.name, output.reference, source, *frequencies))


def _measure(words: Words, frame: Frame, draft: Draft) -> None:
    measure = read_measure(words, frame)
    if any(m.name == measure.name and m.analysis == measure.analysis for m in draft.measures):
        raise Unplaced(f"there are two measures named {short(measure.name)}")
    for signal in (measure.signal, *(c.signal for c in (measure.trigger, measure.target) if c)):
        if signal:
            draft.use(signal, words.line.place)
    draft.measures.append(measure)


def _output(words: Words, frame: Frame, draft: Draft) -> None:
    """Output requests change no number: everything is recorded anyway; what they name must exist."""
    if words.peek() in ("op", "dc", "tran", "ac", "noise") and words.peek(1) != "(":
        words.take("an analysis")
    if not words.more:
        raise Unplaced(f"{words.first} lacks signals such as v(out)")
    while words.more:
        if words.peek(1) == "(":
            draft.use(read_signal(words, frame), words.line.place)
        else:
            word = words.name("a signal such as v(out)")
            if word not in ("all", "alli", "allv"):
                raise Unplaced(f"{words.first} asks for {short(word)}, which is no signal such as v(out) or i(v1)")


def _backanno(words: Words, frame: Frame, draft: Draft) -> None:
    """A mark of LTspice for its own plots."""
    words.end()


CARDS: dict[str, Callable[[Words, Frame, Draft], None]] = {
    ".ic": _initial, ".nodeset": _initial, ".option": _options, ".options": _options, ".opt": _options,
    ".temp": _temperature, ".op": _op, ".dc": _dc, ".tran": _tran, ".ac": _ac, ".noise": _noise, ".meas": _measure,
    ".measure": _measure, ".print": _output, ".plot": _output, ".probe": _output, ".save": _output, ".backanno": _backanno,
}  # fmt: skip
IN_SUBCIRCUITS = (".ic", ".nodeset")
