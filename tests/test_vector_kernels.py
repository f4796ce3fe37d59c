"""Vector code from graphs: every operation against NumPy, at every vector width; compiled once and kept on disk."""

import ctypes
import re

import casadi as ca
import numpy as np
import pytest

from neuristor.devices.base import DeviceGraph
from neuristor.devices.passive import graph as linear
from neuristor.kernel import vector_ir
from neuristor.kernel.device import DeviceKernel, Table
from neuristor.kernel.split import Split
from neuristor.kernel.vector_ir import vector_width

FUNCTIONS = {
    "exp": (ca.exp, np.exp, (-700, 700), 4e-16),
    "expm1": (ca.expm1, np.expm1, (-50, 50), 1e-15),
    "expm1 near 0": (ca.expm1, np.expm1, (-1e-8, 1e-8), 1e-15),
    "log": (ca.log, np.log, (1e-300, 1e300), 1e-15),
    "log1p near 0": (ca.log1p, np.log1p, (-1e-9, 1e-9), 1e-15),
    "log1p": (ca.log1p, np.log1p, (-0.9, 1e6), 2e-15),
    "tanh": (ca.tanh, np.tanh, (-30, 30), 2e-15),
    "sine": (ca.sin, np.sin, (-1.5, 1.5), 1e-15),
    "sine, third turn": (ca.sin, np.sin, (19.0, 21.5), 4e-15),
    "cosine": (ca.cos, np.cos, (-1.4, 1.4), 2e-15),
    "cosine, many turns": (ca.cos, np.cos, (628.0, 629.0), 4e-15),
    "sqrt": (ca.sqrt, np.sqrt, (0, 1e10), 3e-16),
    "power": (lambda x: ca.power(x, 0.7), lambda x: x**0.7, (1e-6, 1e6), 1e-14),
    "abs": (ca.fabs, np.abs, (-5, 5), 0),
    "sign": (ca.sign, np.sign, (-5, 5), 0),
    "choice": (lambda x: ca.if_else(x > 0.3, x, -2 * x), lambda x: np.where(x > 0.3, x, -2 * x), (-1, 1), 0),
    "two tests": (
        lambda x: ca.if_else(ca.logic_and(x > -0.5, ca.logic_not(x > 0.5)), 1 / (x + 2), x),
        lambda x: np.where((x > -0.5) & ~(x > 0.5), 1 / (x + 2), x),
        (-1, 1),
        3e-16,
    ),
    "extremes": (lambda x: ca.fmin(ca.fmax(x, -1), 1), lambda x: np.clip(x, -1, 1), (-3, 3), 0),
}


def one_terminal(function):
    """A device with one terminal whose current is `function` of its voltage."""
    v = ca.SX.sym("v")
    zero = ca.SX(0)
    return DeviceGraph("test", ("a",), [v], {"p": ca.SX.sym("p")}, [function(v)], [zero], [[zero]], [[zero]])


def run(kernel, volts, hoisted=(), count=1):
    """Call a one-terminal kernel on a block; the residual of the terminal."""
    w = kernel.width
    x = np.zeros(6 * w)
    x[:w] = volts
    table = Table([0], [2 * w], [3 * w], [[4 * w]], [[4 * w]]).row()
    index = np.array(table * count, dtype=np.int64)
    h = np.array([*hoisted, 0.0])
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_int64)
    kind(kernel.address)(x.ctypes.data, h.ctypes.data, index.ctypes.data, count, w)
    return x[2 * w : 3 * w].copy()


@pytest.mark.parametrize("width", sorted({2, 4, vector_width()}))
@pytest.mark.parametrize("name", FUNCTIONS)
def test_operations_equal_numpy(name, width):
    symbolic, numeric, (low, high), tolerance = FUNCTIONS[name]
    kernel = DeviceKernel(one_terminal(symbolic), frozenset(), width)
    rng = np.random.default_rng(0)
    wide = low > 0 and high / low > 1e3
    for _ in range(40):
        v = np.exp(rng.uniform(np.log(low), np.log(high), width)) if wide else rng.uniform(low, high, width)
        np.testing.assert_allclose(run(kernel, v), numeric(v), rtol=tolerance, atol=0)


def test_instances_add_up():
    kernel = DeviceKernel(one_terminal(lambda v: v * v), frozenset())
    assert run(kernel, 3.0, count=5) == pytest.approx(45.0)


def test_exponentials_saturate_instead_of_overflowing():
    kernel = DeviceKernel(one_terminal(ca.exp), frozenset())
    assert np.all(np.isfinite(run(kernel, 1e6)))


def test_parameter_only_work_is_hoisted():
    v, p, q = ca.SX.sym("v"), ca.SX.sym("p"), ca.SX.sym("q")
    split = Split({"v": v}, {"p": p, "q": q}, [v * ca.exp(p) / ca.sqrt(q), p + 1])
    assert sum(i.is_dynamic for i in split.instructions) <= 3  # v, two products
    values = split.full({"v": np.array([2.0])}, {"p": 1.0, "q": np.array([4.0])})
    assert values[0] == pytest.approx([np.e])
    assert values[1] == pytest.approx(2.0)


def test_divisors_of_several_quotients_are_inverted_once():
    v = ca.SX.sym("v")
    d = 1 + v * v
    zero = ca.SX(0)
    graph = DeviceGraph("test", ("a", "b"), [v, ca.SX.sym("w")], {}, [v / d, ca.exp(v) / d], [zero] * 2,
                        [[zero] * 2] * 2, [[zero] * 2] * 2)  # fmt: skip
    source = DeviceKernel(graph, frozenset())._source()
    assert source.count("fdiv") == 1


def test_code_is_written_on_vectors_of_the_machine():
    source = DeviceKernel(linear("r"), frozenset())._source()
    widths = {int(n) for n in re.findall(r"<(\d+) x double>", source)}
    assert widths == {vector_width()}


def test_compiled_code_is_found_on_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path))
    monkeypatch.setattr(vector_ir, "_LOADED", {})
    DeviceKernel(linear("c"), frozenset())
    files = list(tmp_path.glob("neuristor_device_*.o"))
    assert len(files) == 1
    stamp = files[0].stat().st_mtime_ns
    monkeypatch.setattr(vector_ir, "_LOADED", {})
    DeviceKernel(linear("c"), frozenset())
    assert files[0].stat().st_mtime_ns == stamp
    assert len(list(tmp_path.iterdir())) == 1
