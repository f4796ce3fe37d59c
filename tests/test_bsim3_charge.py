"""BSIM3v3.3 against ngspice: charges and capacitances; derivatives, conservation and the compiled form."""

import ctypes
import os
import re
import shutil

import numpy as np
import pytest
from bsim3_bench import Case, biases, capacitances, card, charges, matrix_errors, our_capacitances, sized, slopes

from neuristor.kernel.device import DeviceKernel, Table
from neuristor.kernel.split import Split
from neuristor.kernel.vector_ir import vector_width, with_width

needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
pytestmark = pytest.mark.skipif("NEURISTOR_DATA" not in os.environ, reason="NEURISTOR_DATA is not set")

CAPMODS = (0, 1, 2, 3)
SMALL, LARGE = (0.7e-6, 0.35e-6), (5e-6, 2e-6)
CONDITIONS = (("nmos", SMALL, 27.0), ("nmos", LARGE, 125.0), ("pmos", SMALL, 125.0), ("pmos", LARGE, 27.0))
STEP = 1e-4  # V, of difference quotients
# What differs from the card, what is left out of it.
VARIANTS = {
    "lightly doped overlap": ({"cgsl": 2e-10, "cgdl": 1e-10, "ckappa": 0.4}, ()),
    "overlap from dlc": ({"dlc": 2e-8, "cgdl": 1e-11, "dwc": 1e-8}, ("cgdo", "cgso", "cgbo")),
    "overlap by default": ({"cf": 1e-10}, ("cgdo", "cgso", "cgbo")),
    "noff, voffcv": ({"noff": 2.0, "voffcv": -0.05}, ()),
    "acde, moin": ({"acde": 0.6, "moin": 10.0}, ()),
    "clc, cle, vfbcv": ({"clc": 3e-7, "cle": 0.8, "vfbcv": -0.6}, ()),
    "poly depletion": ({"ngate": 5e19, "toxm": 7e-9}, ()),
    "junctions": (
        {"tpb": 1e-3, "tpbsw": 1e-3, "tpbswg": 2e-3, "tcj": 5e-4, "tcjsw": 6e-4, "tcjswg": 7e-4}
        | {"cjswg": 2e-10, "mjswg": 0.4, "pbswg": 0.8, "mj": 0.5},
        (),
    ),
    "sizes for charges": ({"ll": 1e-15, "llc": 2e-15, "lwc": 1e-15, "lwlc": 1e-22, "wlc": 1e-15, "wwc": 2e-15}, ()),
    "size terms": ({"lclc": 1e-8, "wcle": 0.02, "pacde": 0.03, "lmoin": 0.5, "wnoff": 0.1, "lvoffcv": 0.01}, ()),
    "no body effect": ({"k1": 0.0, "k2": 0.0}, ()),
    "gamma1": ({"gamma1": 0.6, "gamma2": 0.4}, ("k1", "k2")),
    "vfb": ({"vfb": -0.9}, ("vth0",)),
}


def our_charges(case, volts, celsius):
    return case.sign * case.evaluate("charges", case.sign * volts.T, celsius).T


def check_charges(case, volts, celsius):
    """Charges to rounding, capacitances as exactly as difference quotients of ngspice's charges allow."""
    theirs = charges(case, volts, celsius)
    error = np.abs(our_charges(case, volts, celsius) - theirs) / np.abs(theirs).max(axis=1, keepdims=True)
    assert error.max() < 1e-12
    quotients = slopes(lambda v: charges(case, v, celsius), volts, STEP)
    of_largest, of_entry = matrix_errors(our_capacitances(case, volts, celsius), quotients)
    assert of_largest.max() < 1e-5
    assert of_entry.max() < 1e-5


@needs_ngspice
@pytest.mark.parametrize("xpart", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("capmod", CAPMODS)
def test_charges_equal_those_of_ngspice(capmod, xpart):
    for seed, (kind, size, celsius) in enumerate(CONDITIONS):
        case = Case(kind, card(kind, capmod=float(capmod), xpart=xpart), sized(*size))
        check_charges(case, biases(16, seed), celsius)


@pytest.mark.slow
@needs_ngspice
@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("capmod", CAPMODS)
def test_charges_of_variants(capmod, name):
    changes, drop = VARIANTS[name]
    for seed, (kind, size, celsius) in enumerate(CONDITIONS[::3]):
        case = Case(kind, card(kind, drop, **changes) | {"capmod": float(capmod)}, sized(*size, delvto=0.05, m=2.0))
        check_charges(case, biases(16, 10 + seed), celsius)


@needs_ngspice
@pytest.mark.parametrize("capmod", CAPMODS)
def test_capacitances_equal_those_of_ngspice(capmod):
    """Small-signal matrices; ngspice's derivatives by the bulk voltage are approximate, and so are those by the source.

    It holds the derivative of V_bseff at 1 - 3e-4 for a forward bulk, leaves it out of the surface potential of CAPMOD 0,
    and drops a factor of dV_dseff/dV_b of CAPMOD 3 in saturation; its charges have none of this.
    """
    for seed, (kind, size, celsius) in enumerate(CONDITIONS):
        case = Case(kind, card(kind, capmod=float(capmod), xpart=(0.0, 0.5, 1.0, 0.0)[seed]), sized(*size))
        volts = biases(40, seed)
        ours, theirs = our_capacitances(case, volts, celsius), capacitances(case, volts, celsius)
        of_largest, of_entry = matrix_errors(ours, theirs)
        higher = np.where(volts[:, 0] < volts[:, 2], 2, 0)
        exact = np.zeros((len(volts), 1, 4), bool)
        exact[:, 0, 1] = exact[np.arange(len(volts)), 0, higher] = True
        if capmod in (1, 2):
            exact |= (volts[:, 3] < np.minimum(volts[:, 0], volts[:, 2]) - 0.01)[:, None, None]
        assert (of_entry * exact).max() < 1e-5
        assert of_largest.max() < (2e-3 if capmod == 3 else 5e-5)


@needs_ngspice
def test_no_intrinsic_charge():
    case = Case("nmos", card("nmos", xpart=-1.0), sized(*SMALL))
    volts = biases(8, 0)
    theirs = capacitances(case, volts, 27.0)
    assert matrix_errors(our_capacitances(case, volts, 27.0), theirs)[0].max() < 1e-12


@pytest.mark.parametrize(("capmod", "mobmod"), [(0, 1), (1, 2), (2, 3), (3, 1)])
def test_derivatives_and_conservation(capmod, mobmod):
    changes = {"capmod": float(capmod), "mobmod": float(mobmod), "alpha0": 1e-7, "ngate": 5e19, "cgsl": 1e-10}
    if mobmod == 3:
        changes |= {"uc": -0.02, "uc1": -0.01}
    for kind, size, celsius in CONDITIONS[::3]:
        check_derivatives(Case(kind, card(kind, **changes), sized(*size)), celsius)


def check_derivatives(case, celsius):
    volts = case.sign * biases(60, 3)
    for values, matrix, floor in (("currents", "g", 1e-14), ("charges", "c", 0.0)):
        terminal = case.evaluate(values, volts.T, celsius)
        assert np.all(np.abs(terminal.sum(axis=0)) <= 1e-13 * np.abs(terminal).max(axis=0))
        ours = case.evaluate(matrix, volts.T, celsius).T.reshape(-1, 4, 4)
        top = np.abs(ours).max(axis=(1, 2))[:, None]
        assert np.all(np.abs(ours.sum(axis=1)) <= 1e-12 * top)
        assert np.all(np.abs(ours.sum(axis=2)) <= 1e-12 * top)
        quotients = slopes(lambda v, name=values: case.evaluate(name, v.T, celsius).T, volts, 1e-5)
        assert matrix_errors(ours, quotients, floor)[0].max() < 1e-6


def run_kernel(kernel, volts, params, alpha):
    """Residual, charges, matrix, charge matrix (each (n, W)) that the kernel adds for W lanes; volts (4, W)."""
    w, n = kernel.width, kernel.n
    blocks = iter(range(3 * n + 2 * n * n + 1))
    take = lambda count: [next(blocks) * w for _ in range(count)]  # noqa: E731
    voltage, residual, charge = take(n), take(n), take(n)
    matrix, charge_matrix = take(n * n), take(n * n)
    (alpha_at,) = take(1)
    table = Table(voltage, residual, charge, np.reshape(matrix, (n, n)).tolist(), np.reshape(charge_matrix, (n, n)).tolist())
    x = np.zeros((alpha_at // w + 1, w))
    x[:n], x[-1] = volts, alpha
    shared, varying = kernel.hoist([params], w)
    wide = iter(varying[0])
    h = np.concatenate([next(wide) if per_lane else shared[:1, k] for k, per_lane in enumerate(kernel.per_lane)])
    index = np.array(table.row(), dtype=np.int64)
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in (x, h, index)]
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_int64)(kernel.address)
    call(*pointers, 1, alpha_at)
    return [x[np.array(rows) // w] for rows in (residual, charge, matrix, charge_matrix)]


@pytest.mark.parametrize(
    ("capmod", "varying"),
    [(0, ()), (1, ("delvto", "mulu0")), (2, ("w", "l")), (3, ()), (3, ("delvto", "mulu0")), (3, ("w", "l"))],
)
def test_the_compiled_kernel_equals_the_graph(capmod, varying):
    case = Case("pmos", card("pmos", capmod=float(capmod)), sized(*SMALL))
    graph = case.graph()
    kernel = DeviceKernel(graph, frozenset(varying))
    w, random = kernel.width, np.random.default_rng(1)
    params = case.model.instance_values(case.instance, 40.0)
    spread = {"delvto": random.normal(0, 0.01, w), "mulu0": random.normal(1, 0.05, w)}
    spread |= {"w": random.uniform(1e-6, 3e-6, w), "l": random.uniform(0.35e-6, 1e-6, w)}
    params |= {name: spread[name] for name in varying}
    groups = [graph.currents, graph.charges, sum(graph.g, []), sum(graph.c, [])]
    split = Split({f"v{k}": v for k, v in enumerate(graph.voltages)}, graph.params, sum(groups, []))
    alpha = 1e9
    for volts in biases(20 * w, 5).reshape(20, w, 4):
        values = split.full({f"v{k}": volts[:, k] for k in range(4)}, params)
        values = np.array([np.broadcast_to(v, w) for v in values])
        current, charge, g, c = np.split(values, np.cumsum([4, 4, 16]))
        expected = [current + alpha * charge, charge, g + alpha * c, c]
        for ours, reference in zip(run_kernel(kernel, volts.T, params, alpha), expected, strict=True):
            assert np.all(np.abs(ours - reference) <= 1e-11 * np.abs(reference).max(axis=0))


def test_the_kernel_is_written_in_vectors_of_the_machine():
    kernel = DeviceKernel(Case("nmos", card("nmos"), sized(*SMALL)).graph(), frozenset({"delvto"}))
    assert kernel.width == vector_width()
    text = with_width(kernel._source(), kernel.width)
    assert set(re.findall(r"<\d+ x double>", text)) == {f"<{kernel.width} x double>"}
    scalar = [line for line in text.splitlines() if re.search(r"= f(add|sub|mul|div)\b", line) and " x double" not in line]
    assert not scalar
