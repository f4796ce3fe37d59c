"""Random circuits: operating points and transients of the circuit solver against ngspice, or where that fails, checked."""

from collections import Counter

import numpy as np
import pytest
from circuits_random import text
from circuits_tools import NGSPICE, cards, parse, tight_ngspice

from neuristor.circuits import analyses
from neuristor.circuits.compiled import Compiled
from neuristor.circuits.engines import ngspice
from neuristor.circuits.engines.native_engine import branched
from neuristor.circuits.engines.operating_point import operating_point
from neuristor.circuits.engines.program import NgspiceError
from neuristor.circuits.engines.small_signal import jacobians
from neuristor.errors import InputError

TIMES = 21
BALANCE = 1e-6  # of the currents at a node that may be left over


def imbalance(c, x):
    """Largest sum of the currents into a node, beyond what 1 nV there makes, as part of the sum of their sizes."""
    total, size = np.zeros(c.rows), np.full(c.rows, 1e-18)
    for group in c.groups:
        for i in group.instances:
            values = group.kernel.split.full({f"v{k}": x[t] for k, t in enumerate(i.terminals)}, i.values)
            for k, t in enumerate(i.terminals):
                total[t] += np.ravel(values[k])[0]
                size[t] += np.abs(np.ravel(values[k])[0])
    g, _ = jacobians(c, x[:, 0])
    nodes = np.arange(len(c.nodes))
    return float(np.max((np.abs(total) - 1e-9 * np.abs(np.diag(g)))[nodes] / size[nodes], initial=0.0))


def is_solution(c, x, theirs):
    """Whether Newton's method from ngspice's voltages stays there (nodes inside devices begin at their terminals)."""
    guess = x.copy()
    for name, k in c.index.items():
        outer = c.netlist.elements[name.split("#")[0]].nodes if "#" in name else ()
        if k < c.n and name in theirs:
            guess[k] = theirs[name]
        elif outer:
            guess[k] = guess[c.index[next(e for e in c.netlist.elements[f"r.{name.replace('#', '.')}"].nodes if e != name)]]
    found, failures = operating_point(c, guess)
    if failures:
        return False
    return all(abs(found[c.index[n], 0] - theirs[n]) < 1e-6 * (1 + abs(theirs[n])) for n in c.netlist.nodes if n in theirs)


def compare_point(netlist, c):
    """ "equal", or why not: "ngspice fails", "ngspice unbalanced", "other solution"; AssertionError if it is ours."""
    x, failures = operating_point(c)
    assert not failures, "the native engine found no operating point"
    assert imbalance(c, x) < BALANCE, f"ours is not balanced, by {imbalance(c, x):.2g}"
    try:
        theirs = ngspice.op(netlist, timeout=5)
    except NgspiceError:
        return "ngspice fails"
    nodes = [n for n in netlist.nodes if n in theirs]
    ours = {n: x[c.index[n]] for n in nodes}
    a, b = (np.array([float(np.ravel(s[n])[0]) for n in nodes]) for s in (ours, theirs))
    if np.all(np.abs(a - b) <= 1e-6 + 1e-6 * np.abs(b)):
        return "equal"
    return "other solution" if is_solution(c, x, theirs) else "ngspice unbalanced"


def worst(ours, theirs, scale):
    """Largest difference as part of each signal's range, beyond three times the tolerance of the circuit's voltage."""
    return max((np.max(np.abs(ours[n] - theirs[n])) - 3e-5 * scale) / max(np.ptp(theirs[n]), 1e-30) for n in ours)


def waves(netlist, **settings):
    trace = analyses.tran(netlist, samples=TIMES, **settings)
    assert not trace.failures, str(trace.failures[0])
    return {n: trace.signals[n][0] for n in netlist.nodes}


def compare_waves(netlist, point, scale):
    """ "waves equal" to ngspice's; or what else is known where ngspice fails or its own waves still move when its steps
    shrink: equal to our own tight ones, or (a steep edge at a time that is compared) to tight ones at 1e-7 only."""
    ours, stop, theirs = waves(netlist), netlist.analyses[0].stop, []
    for steps in (2000, 20000) if point in ("equal", "ngspice unbalanced") else ():
        try:
            got = tight_ngspice(netlist, stop / steps, timeout=5, reltol=1e-6)
        except NgspiceError:
            break
        theirs.append({n: np.interp(np.linspace(0, stop, TIMES), got.time, got[n]) for n in netlist.nodes})
        if worst(ours, theirs[-1], scale) < 1e-3:
            return "waves equal"
    tight = waves(netlist, rtol=1e-8)
    if len(theirs) == 2:
        coarse, fine = (worst(tight, t, scale) for t in theirs)
        assert fine < 0.9 * coarse, f"transient differs from ngspice by {coarse:.2g}, at its smaller steps by {fine:.2g}"
    if worst(ours, tight, scale) < 1e-3:
        return "waves equal to tight ones"
    error = worst(waves(netlist, rtol=1e-7), tight, scale)
    assert error < 1e-3, f"transient differs from a tight one by {error:.2g} of the range"
    return "waves equal at 1e-7"


def check(seeds):
    classes, wrong = Counter(), []
    for seed in seeds:
        netlist = parse(text(seed), cards())
        try:
            c = Compiled(branched(netlist))
            point = compare_point(netlist, c)
            classes.update([point, compare_waves(netlist, point, c.voltage_scale)])
        except (AssertionError, ArithmeticError, ValueError, InputError) as error:
            wrong.append(f"circuit {seed}: {type(error).__name__}: {error}")
    assert not wrong, "\n".join([str(dict(classes)), *wrong])
    return classes


@NGSPICE
def test_some_random_circuits():
    classes = check(range(40))
    assert classes["equal"] >= 36


@NGSPICE
@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_many_random_circuits(part):
    check(range(40 + 20 * part, 60 + 20 * part))
