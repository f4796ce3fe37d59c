"""Shared by the tests of circuits: SPICE text to a netlist, runs with little to type, models."""

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from neuristor.circuits import analyses
from neuristor.circuits.engines import ngspice
from neuristor.circuits.engines.program import NgspiceError, NgspiceTimeout
from neuristor.circuits.spice import parse_spice

HAS_CARDS, HAS_NGSPICE = "NEURISTOR_DATA" in os.environ, shutil.which("ngspice") is not None
CARDS = pytest.mark.skipif(not HAS_CARDS, reason="needs the transistor models")
NGSPICE = pytest.mark.skipif(not (HAS_CARDS and HAS_NGSPICE), reason="needs ngspice and the transistor models")
# ngspice as an exact reference: everything tight; a largest step keeps its trapezoids short
TIGHT = {"reltol": 1e-7, "abstol": 1e-18, "vntol": 1e-10, "chgtol": 1e-22, "gmin": 1e-18}


def cards():
    """The text of the transistor models: nmos035 and pmos035."""
    text = (Path(os.environ["NEURISTOR_DATA"]) / "models" / "tsmc035_n88y_v33.lib").read_text()
    return "\n".join(line for line in text.splitlines() if not line.startswith("*")) + "\n"


def with_params(text, **params):
    """Cards with parameters added, in the place of those of the same name."""
    for name in params:
        text = re.sub(rf"(?im)\b{name}\s*=\s*\S+", "", text)
    words = " ".join(f"{k}={v}" for k, v in params.items())
    return re.sub(r"(?im)^(\.model\s+\w+\s+\w+\s*\()", rf"\1 {words}", text)


def parse(body, models=""):
    return parse_spice(f"title\n{body}\n{models}\n")


def run(circuit, *args, models="", **settings):
    """A transient of one lane from text or a netlist; it must not fail."""
    netlist = parse(circuit, models) if isinstance(circuit, str) else circuit
    trace = analyses.tran(netlist, *args, **settings)
    assert not trace.failures, trace.failures
    return trace


def sampled(trace, name):
    return trace.time, trace.signals[name][0]


def tight_ngspice(netlist, max_step, timeout=None, **options):
    """ngspice at tight options and a largest step; less tight where its steps vanish."""
    plan = netlist.analyses[0]
    short = netlist.with_(analyses=(type(plan)(plan.step, plan.stop, 0.0, max_step, plan.uic),))
    try:
        return ngspice.tran(short, {**TIGHT, **options}, timeout=timeout)
    except NgspiceTimeout:
        raise
    except NgspiceError:
        return ngspice.tran(short, options, timeout=timeout)


def fitted_slope(x, y):
    """Slope of log y over log x."""
    return np.polyfit(np.log(x), np.log(y), 1)[0]
