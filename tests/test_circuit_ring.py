"""A ring of equal CMOS inverters: its period is ngspice's, its stages are alike."""

import numpy as np
import pytest
from circuits_tools import CARDS, NGSPICE, cards, parse, run, tight_ngspice

from neuristor.circuits.engines.spikes import crossings

STAGES = 5
SIZE = "l=0.35u ad=1p as=1p pd=3.4u ps=3.4u"


def ring(stop="20n"):
    lines = ["vdd vdd 0 2.5"]
    for k in range(STAGES):
        out, into = f"s{(k + 1) % STAGES}", f"s{k}"
        lines += [f"mn{k} {out} {into} 0 0 nmos035 w=1u {SIZE}", f"mp{k} {out} {into} vdd vdd pmos035 w=3u {SIZE}"]
        lines += [f"c{k} {out} 0 5f"]
    start = " ".join(f"v(s{k})={2.5 * (k % 2)}" for k in range(STAGES))
    return parse("\n".join([*lines, f".ic {start}", f".tran 10p {stop} uic"]), cards())


def periods(rtol=1e-5):
    trace = run(ring(), rtol=rtol, spikes=[f"s{k}@1.25" for k in range(STAGES)])
    return [np.array(trace.crossings[f"s{k}"][0][5:]) for k in range(STAGES)]


@NGSPICE
@pytest.mark.slow
def test_period_is_that_of_tight_ngspice():
    got = tight_ngspice(ring(), 1e-12, reltol=1e-6)
    theirs = np.diff(crossings(got.time, got["s0"], 1.25)[5:])
    assert np.diff(periods()[0]).mean() == pytest.approx(theirs.mean(), rel=1e-4)


@CARDS
@pytest.mark.parametrize(("rtol", "spread"), [(1e-5, 1e-4), (1e-8, 1e-6)])
def test_all_stages_are_alike(rtol, spread):
    """Two stages further on, everything happens 1/5 of a period and a half later, whatever the stage."""
    rises = periods(rtol)
    every = np.concatenate([np.diff(r) for r in rises])
    assert np.ptp(every) < spread * every.mean()
    count = min(len(r) for r in rises)
    shifts = [(rises[(k + 2) % STAGES][1 : count - 1] - rises[k][1 : count - 1]) % every.mean() for k in range(STAGES)]
    assert np.ptp(np.array(shifts)) < spread * every.mean()
    assert np.mean(shifts) == pytest.approx(every.mean() / STAGES, rel=spread)
