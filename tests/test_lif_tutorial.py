"""The tutorial's own program, verbatim in its arithmetic, beside the located solution."""

import numpy as np
import pytest
from scipy import signal

import neuristor as nr
from neuristor.papers import PAPERS
from neuristor.papers.lif_tutorial import LISTED, located_from_restarts, published_arithmetic, triangle_window


def tutorial():
    """The program as printed in the document (SciPy's triang has moved to signal.windows); spikes in ms."""
    T, dt, t_init, vRest, Rm, Cm, tau_ref, vTh, I, vSpike = 50, 0.1, 0, -70, 1, 5, 1, -40, 0.2, 50  # noqa: E741
    time = np.arange(0, T * 1e-3 + dt * 1e-3, dt * 1e-3)
    Vm = np.ones(len(time)) * vRest * 1e-3
    tau_m = Rm * 1e3 * Cm * 1e-6
    spikes = []
    stim = I * 1e-3 * signal.windows.triang(len(time))
    for i, t in enumerate(time[:-1]):
        if t > t_init:
            uinf = vRest * 1e-3 + Rm * 1e3 * stim[i]
            Vm[i + 1] = uinf + (Vm[i] - uinf) * np.exp(-dt * 1e-3 / tau_m)
            if Vm[i] >= vTh * 1e-3:
                spikes.append(t * 1e3)
                Vm[i] = vSpike * 1e-3
                t_init = t + tau_ref * 1e-3
    return time, stim, Vm, np.array(spikes)


@pytest.fixture(scope="module")
def reproduction():
    return PAPERS["lif-tutorial"].reproduce(None)


def test_our_copy_of_the_program_gives_its_numbers():
    time, stim, v, spikes = tutorial()
    grid = published_arithmetic()
    np.testing.assert_array_equal(grid.time, time)
    np.testing.assert_allclose(grid.stimulus, stim, rtol=1e-15)
    np.testing.assert_allclose(grid.v_mem, v, rtol=1e-12)
    np.testing.assert_allclose(1e3 * grid.spike_times, spikes, rtol=1e-14)
    np.testing.assert_allclose(spikes, LISTED, atol=1e-9)


@pytest.mark.parametrize("n", [5, 6, 501, 502])
def test_triangle_window_is_scipys(n):
    np.testing.assert_allclose(triangle_window(n), signal.windows.triang(n), rtol=1e-14)


def test_each_spike_is_within_one_step_of_the_located_one():
    """From the program's own restart, under its own held stimulus, every located spike is at most 0.1 ms earlier."""
    grid = published_arithmetic()
    lag = grid.spike_times - located_from_restarts(grid)
    assert len(lag) == 15
    assert np.all(lag > 0)
    assert np.all(lag <= 0.1e-3)


def test_running_freely_the_program_loses_a_spike(reproduction):
    located = reproduction.results["trace"].spikes[0]
    assert len(located) == 16
    grid = published_arithmetic().spike_times
    lags = grid - located[:15]
    assert np.all(np.diff(lags) > 0)  # they add up
    assert 3.7e-3 < lags[-1] < 3.8e-3


def test_located_spikes_satisfy_the_equations():
    """The potential, written out for a linear current, is at threshold at every located spike."""
    neuron = nr.LIF.preset("tutorial")
    spikes = nr.simulate(neuron, nr.Triangle("0.2 mA", "50 ms")).spikes[0]
    tau, slope = 5e-3, 1e3 * 0.2e-3 / 25e-3  # V/s of the driving potential on the way up
    start = 0.0
    for spike in spikes[spikes < 25e-3]:
        t = spike - start
        drive = slope * start
        v = -0.07 + drive * -np.expm1(-t / tau) + slope * (t - tau * -np.expm1(-t / tau))
        assert abs(v + 0.04) < 1e-14
        start = spike + 1e-3


def test_claims(reproduction):
    verdicts = {c.id: c.verdict for c in reproduction.claims}
    assert verdicts["one-step"] == verdicts["grid-spikes"] == verdicts["closed-form"] == "reproduced"
    assert verdicts["spike-count"] == "partly"
    assert len({c.id for c in reproduction.claims}) == len(reproduction.claims)
    assert reproduction.chosen


def test_report_says_why_the_spikes_differ(reproduction):
    assert "threshold is tested on the grid" in reproduction.summary
    assert "add up" in reproduction.summary
