"""The lane kernels: right numbers, vector code, hoisting, disk cache."""

import os
import subprocess
import sys

import casadi as ca
import numpy as np
import pytest
from numba import njit

from neuristor.kernel import vector_math as vm
from neuristor.kernel.call import call
from neuristor.kernel.lanes import Program


@njit
def _map(f, x, out):
    for k in range(len(x)):
        out[k] = f(x[k])


def mapped(f, x):
    out = np.empty_like(x)
    _map(f, x, out)
    return out


@pytest.mark.parametrize(
    ("ours", "theirs", "span", "relative", "absolute"),
    [
        (vm.vexp, np.exp, (-700, 700), 3e-16, 0),
        (vm.vexp, np.exp, (-1, 1), 3e-16, 0),
        (vm.vexpm1, np.expm1, (-2, 2), 1e-15, 0),
        (vm.vexpm1, np.expm1, (-1e-9, 1e-9), 1e-15, 0),
        (vm.vexpm1, np.expm1, (-700, 700), 1e-15, 0),
        (vm.vlog1p, np.log1p, (-0.9, 3), 3e-15, 0),
        (vm.vtanh, np.tanh, (-30, 30), 1e-15, 0),
        (vm.vtanh, np.tanh, (-1e-6, 1e-6), 1e-15, 0),
        (vm.vsin, np.sin, (-10, 10), 0, 4e-16),
        (vm.vsin, np.sin, (-1e5, 1e5), 0, 4e-16),
        (vm.vcos, np.cos, (-1e5, 1e5), 0, 4e-16),
    ],
)
def test_elementary_functions(ours, theirs, span, relative, absolute):
    x = np.linspace(*span, 200_001)
    exact = theirs(x)
    error = np.abs(mapped(ours, x) - exact)
    assert np.all(error <= relative * np.abs(exact) + absolute)


def test_log_over_all_magnitudes():
    x = np.logspace(-300, 300, 100_001)
    assert np.all(np.abs(mapped(vm.vlog, x) - np.log(x)) <= 1e-15 * np.abs(np.log(x)) + 1e-16)


def random_expression(rng, symbols, depth):
    """A random smooth expression in which every lane operation can occur."""
    if depth == 0:
        return symbols[rng.integers(len(symbols))]
    a = random_expression(rng, symbols, depth - 1)
    b = random_expression(rng, symbols, depth - 1)
    forms = [
        lambda: a + b, lambda: a - b, lambda: a * b, lambda: a / (1.5 + ca.fabs(b)), lambda: ca.exp(-ca.fabs(a)),
        lambda: ca.log(1 + ca.fabs(a)), lambda: ca.sqrt(1 + a * a), lambda: ca.if_else(a < b, a, 2 * b),
        lambda: ca.fmin(a, b), lambda: ca.fmax(a, -b), lambda: ca.tanh(a), lambda: ca.sin(a), lambda: ca.cos(b),
        lambda: ca.floor(a) + b, lambda: ca.sign(a) * b, lambda: ca.expm1(-ca.fabs(b)), lambda: -a, lambda: a**2,
        lambda: ca.if_else(ca.logic_and(a > 0, b <= 0.3), a, b), lambda: ca.if_else(ca.logic_not(a > b), a, b),
        lambda: ca.if_else(ca.logic_or(a > 1, b > 0), 1, 0) + a, lambda: ca.fabs(a) ** 1.7, lambda: (a > b) * 1.5 + b,
    ]  # fmt: skip
    return forms[rng.integers(len(forms))]()


@pytest.mark.parametrize("seed", range(12))
def test_kernel_equals_casadi(seed):
    """Random graphs of shared parameters, parameters per lane and states give CasADi's own numbers."""
    rng = np.random.default_rng(seed)
    names = ["x.a", "x.b", "p.shared", "p.lane"]
    symbols = {name: ca.SX.sym(name.replace(".", "_")) for name in names}
    outputs = {f"y{k}": random_expression(rng, list(symbols.values()), 5) for k in range(3)}
    program = Program(8)
    program.layout.scalar("p.shared")
    program.add("kernel", symbols, outputs)
    program.compile()
    X, at = program.layout.array(), program.layout.address
    values = {name: rng.normal(size=8) for name in names}
    values["p.shared"][:] = values["p.shared"][0]
    for name, v in values.items():
        X[at(name) : at(name) + (1 if name == "p.shared" else 8)] = v[: 1 if name == "p.shared" else 8]
    run_kernel(program.hoist_addresses()[0], program.address("kernel"), X)
    graph = ca.Function("f", list(symbols.values()), list(outputs.values()))
    exact = np.array(graph.map(8)(*(v[None, :] for v in values.values()))).reshape(3, 8)
    found = np.array([X[at(name) : at(name) + 8] for name in outputs])
    np.testing.assert_allclose(found, exact, rtol=2e-13, atol=1e-14)


@njit
def run_kernel(hoist, kernel, X):
    call(hoist, X)
    call(kernel, X)


def test_parameter_part_is_hoisted():
    """exp(-dt/tau) depends on parameters alone: it must not be evaluated inside the kernel."""
    x, tau, dt = ca.SX.sym("x"), ca.SX.sym("tau"), ca.SX.sym("dt")
    for shared in (("p.tau", "p.dt"), ("p.dt",)):
        program = Program(8)
        for name in shared:
            program.layout.scalar(name)
        program.add("decay", {"x": x, "p.tau": tau, "p.dt": dt}, {"y": x * ca.exp(-dt / tau)})
        emitter = program.emitters["decay"][0]
        assert not [line for line in emitter.body if "vexp" in line]
        assert [line for line in emitter.shared + emitter.per_lane if "vexp" in line]


def test_two_parts_of_a_choice_become_one_select():
    x, y = ca.SX.sym("x"), ca.SX.sym("y")
    program = Program(8)
    program.add("choose", {"x": x, "y": y}, {"z": ca.if_else(x < y, x * 2, y * 3)})
    assert [line for line in program.emitters["choose"][0].body if line.count(" if ") == 1 and "else v" in line]


def test_kernel_is_vector_code(tmp_path):
    """The machine code of a Hodgkin-Huxley step works on whole vector registers, in a fresh compilation."""
    code = (
        "from neuristor.neurons import HodgkinHuxley\n"
        "from neuristor.kernel.programs import grid_program\n"
        "made = grid_program(HodgkinHuxley, 'exponential_euler', 'constant', (), False)\n"
        "print(made.program.assembly('step'))\n"
    )
    environment = {**os.environ, "NEURISTOR_CACHE": str(tmp_path)}
    asm = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    lines = asm.stdout.splitlines()
    packed = sum("pd\t" in line for line in lines)
    assert packed > 300  # beside them a scalar copy of the loop remains, for arrays that overlap
    assert not [line for line in lines if "call" in line and "exp" in line]


def test_second_start_compiles_nothing(tmp_path):
    """A second process finds generated source and machine code on disk: no file changes, no compilation."""
    code = (
        "import numba.core.compiler as c, neuristor as nr\n"
        "seen = []\n"
        "old = c.Compiler.compile_extra\n"
        "c.CompilerBase.compile_extra, keep = (lambda self, func: (seen.append(func.__name__), keep(self, func))[1]), "
        "c.CompilerBase.compile_extra\n"
        "nr.simulate(nr.LIF(), nr.Step('0.1 mA'), '20 ms')\n"
        "nr.simulate(nr.Izhikevich(), nr.Step(10, unit='V/s'), '20 ms', method='euler', dt='0.1 ms')\n"
        "print(*seen)\n"
    )
    environment = {**os.environ, "NEURISTOR_CACHE": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    first, second = (
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    assert "step" in first.stdout.split()
    assert second.stdout.split() == []
