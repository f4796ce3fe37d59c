"""Order of convergence of the circuit solver: global error against the mean step, for every order of the formula."""

import numpy as np
import pytest
from circuits_tools import fitted_slope, parse, run

CIRCUITS = {
    "rlc step": "v1 in 0 1\nr1 in a 100\nl1 a out 1m\nc1 out 0 1n\n.tran 10n 50u uic",
    "rc with sine": "v1 in 0 sin(0 1 100k)\nr1 in out 1k\nc1 out 0 1n\n.tran 10n 30u",
}
TOLERANCES = {
    1: (1e-4, 3e-5, 1e-5),
    2: (1e-5, 1e-6, 1e-7),
    3: (1e-6, 1e-7, 1e-8),
    4: (1e-7, 1e-8, 1e-9),
    5: (1e-7, 1e-8, 1e-9, 1e-10),
}


def errors_and_steps(body, order, tolerances):
    netlist = parse(body)
    exact = run(netlist, samples=400, rtol=1e-12).signals["out"]
    errors, steps = [], []
    for rtol in tolerances:
        trace = run(netlist, samples=400, rtol=rtol, max_order=order)
        errors.append(np.max(np.abs(trace.signals["out"] - exact)))
        steps.append(len(run(netlist, rtol=rtol, max_order=order).time))
    return errors, steps


@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_global_error_falls_with_the_power_of_the_mean_step(circuit, order):
    errors, steps = errors_and_steps(CIRCUITS[circuit], order, TOLERANCES[order])
    assert fitted_slope(steps, errors) == pytest.approx(-order, abs=0.3 if order < 4 else 0.8)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_global_error_follows_the_tolerance(order):
    """A local error of h^(k+1) is held at the tolerance, so the global one is tolerance^(k / (k + 1))."""
    errors, _ = errors_and_steps(CIRCUITS["rc with sine"], order, TOLERANCES[order])
    assert fitted_slope(TOLERANCES[order], errors) == pytest.approx(order / (order + 1), abs=0.1)
