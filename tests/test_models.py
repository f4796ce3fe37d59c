"""Contracts over every registered neuron and preset, and each model's own exact results."""

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import neuristor as nr
from neuristor.kernel.graph import System
from neuristor.neurons import NEURONS
from neuristor.neurons.spike_response import membrane_potential
from neuristor.presets import PRESETS

ALL = [cls() for cls in NEURONS.values()]
IDS = list(NEURONS)


@pytest.mark.parametrize("neuron", ALL, ids=IDS)
def test_documentation_is_complete(neuron):
    text = type(neuron).__doc__
    for word in ("Source:", "Valid:", "Checked against:", "Input"):
        assert word in text, f"{neuron.name}: no {word} in its docstring"
    for declared in neuron.params.values():
        assert declared.doc
    assert neuron.title
    assert neuron.source


@pytest.mark.parametrize("neuron", ALL, ids=IDS)
def test_jacobian_equals_finite_differences(neuron):
    """CasADi's derivative of each model's equations against central differences, at random states."""
    system = System(type(neuron), "constant")
    i = ca.SX.sym("i")
    f = system.f(system.x, i)
    symbols = [system.x, i, ca.vertcat(*system.parameters.values())]
    field, jacobian = (ca.Function("f", symbols, [e]) for e in (f, ca.jacobian(f, system.x)))
    values = np.array(list(neuron.values().values()))
    rng = np.random.default_rng(1)
    scale = np.array([s.scale for s in neuron.states.values()])
    start = np.array([float(v) for v in {**dict.fromkeys(neuron.states, 0.0), **neuron.initial()}.values()])
    for _ in range(20):
        x = start + scale * rng.uniform(0.05, 1, len(start))
        level = neuron.scales().input * rng.uniform(0.5, 1.5)
        exact = np.array(jacobian(x, level, values))
        for j, step in enumerate(1e-5 * scale):
            shift = np.eye(len(x))[j] * step
            difference = (np.array(field(x + shift, level, values)) - np.array(field(x - shift, level, values))) / (2 * step)
            size = np.abs(exact).max() * step + 1e-300
            np.testing.assert_allclose(difference.ravel() * step / size, exact[:, j] * step / size, atol=2e-6)


@pytest.mark.parametrize("neuron", ALL, ids=IDS)
def test_silent_below_and_firing_above_rheobase(neuron):
    threshold = nr.rheobase(neuron)
    span = max(abs(threshold), abs(neuron.scales().input))
    length = 40 * neuron.scales().time
    below, above = threshold - 0.02 * span, threshold + 0.3 * span
    trace = nr.simulate(neuron, nr.Step([below, above], unit=neuron.input_unit), length, record=())
    assert trace.ok
    quiet, firing = trace.spikes
    assert len(quiet) == 0 or quiet[-1] < length * 2 / 3
    assert len(firing) >= 3
    assert firing[-1] > length * 2 / 3


@pytest.mark.parametrize("neuron", ALL, ids=IDS)
def test_rate_grows_with_the_input(neuron):
    curve = nr.fi_curve(neuron)
    firing = curve.rates[curve.rates > 0]
    assert len(firing) > 10
    assert curve.slope > 0
    assert firing[-1] > firing[0]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: f"{p.neuron}:{p.name}")
def test_presets_work_and_name_their_source(preset):
    neuron = NEURONS[preset.neuron].preset(preset.name)
    assert any(word in preset.source for word in ("table", "fig.", "p. ", "listing", "eq"))
    stimulus = preset.protocol() if preset.protocol else nr.Step(preset.input)
    trace = nr.simulate(neuron, stimulus, None if preset.protocol else 0.3)
    assert trace.ok
    assert len(trace.spike_times) >= 1


# --- Hodgkin-Huxley -------------------------------------------------------------------------------------------------


def squid(y, current):
    """The 1952 equations, written independently (mV, ms, uA/cm2)."""
    v, m, h, n = y
    am, bm = 0.1 * (v + 40) / (1 - np.exp(-(v + 40) / 10)), 4 * np.exp(-(v + 65) / 18)
    ah, bh = 0.07 * np.exp(-(v + 65) / 20), 1 / (1 + np.exp(-(v + 35) / 10))
    an, bn = 0.01 * (v + 55) / (1 - np.exp(-(v + 55) / 10)), 0.125 * np.exp(-(v + 65) / 80)
    dv = current - 120 * m**3 * h * (v - 50) - 36 * n**4 * (v + 77) - 0.3 * (v + 54.387)
    return np.array([dv, am * (1 - m) - bm * m, ah * (1 - h) - bh * h, an * (1 - n) - bn * n])


def gates_at(v):
    am, bm = 0.1 * (v + 40) / (1 - np.exp(-(v + 40) / 10)), 4 * np.exp(-(v + 65) / 18)
    ah, bh = 0.07 * np.exp(-(v + 65) / 20), 1 / (1 + np.exp(-(v + 35) / 10))
    an, bn = 0.01 * (v + 55) / (1 - np.exp(-(v + 55) / 10)), 0.125 * np.exp(-(v + 65) / 80)
    return am / (am + bm), ah / (ah + bh), an / (an + bn)


def test_squid_rest():
    """The resting potential is -65 mV by convention: the root of the steady current lies within 5 uV of it."""
    rest = brentq(lambda v: squid([v, *gates_at(v)], 0.0)[0], -70, -60, xtol=1e-12)
    assert abs(rest + 65) < 5e-3
    trace = nr.simulate(nr.HodgkinHuxley(), nr.Step(0.0, unit="A/m2"), 0.5, rtol=1e-11)
    assert abs(1e3 * trace["v_mem"][0, -1] - rest) < 1e-6


def sustained(current, end=400.0):
    """Number of spikes of the independent equations, and the last interval (ms)."""

    def up(t, y):
        return y[0]

    up.direction = 1
    start = [-65, 0.0529, 0.5961, 0.3177]
    run = solve_ivp(lambda t, y: squid(y, current), (0, end), start, "LSODA", events=up, rtol=1e-10, atol=1e-12)
    return run.t_events[0]


def test_squid_rate_at_ten_microampere():
    spikes = sustained(10.0)
    found = nr.simulate(nr.HodgkinHuxley(), nr.Step("10 uA/cm2"), 0.4, record=()).spikes[0]
    expected = 1e3 / np.diff(spikes)[-5:].mean()
    assert abs(1 / np.diff(found)[-5:].mean() / expected - 1) < 1e-4
    assert 65 < expected < 72


@pytest.mark.slow
def test_squid_rheobase_for_sustained_firing():
    """Least current of lasting firing, by bisection on an independent solver, to 1e-4."""
    low, high = 6.0, 6.6
    while high - low > 2e-5 * high:
        middle = 0.5 * (low + high)
        spikes = sustained(middle, 600.0)
        low, high = (low, middle) if len(spikes) and spikes[-1] > 400 else (middle, high)
    found = 100 * nr.rheobase(nr.HodgkinHuxley(), duration=0.6, low=0.06, high=0.066)
    assert abs(found / high - 1) < 1e-4


def test_removable_singularities_of_the_rates():
    """alpha_m at -40 mV and alpha_n at -55 mV are 0/0 as printed; the limits are 1/ms and 0.1/ms."""
    neuron = nr.HodgkinHuxley()
    for offset in (0.0, 1e-12, 1e-7, -1e-6, 1e-5, 1e-4):
        m, n = (float(neuron.rates(v + offset)[g][0]) for v, g in ((-0.04, "m"), (-0.055, "n")))
        y = 1e2 * offset
        exact = y / -np.expm1(-y) if y else 1.0
        assert abs(m / (1e3 * exact) - 1) < 1e-12
        assert abs(n / (1e2 * exact) - 1) < 1e-12


# --- Spike response and linear leak ---------------------------------------------------------------------------------


def random_synapses(seed):
    rng = np.random.default_rng(seed)
    inputs = [np.sort(rng.uniform(0, 0.2, 40)) for _ in range(6)]
    return inputs, list(rng.uniform(-4e-3, 20e-3, 6)), list(rng.uniform(0, 5e-3, 6))


@pytest.mark.parametrize("seed", range(5))
def test_spike_response_state_form_equals_the_sum_of_kernels(seed):
    """Eq. 4 as a sum over all spikes equals the event-driven states to 1e-12, delays and inhibition included."""
    neuron = nr.SpikeResponse()
    inputs, weights, delays = random_synapses(seed)
    train = nr.SpikeTrain(inputs, weights, delays, unit="V/s", duration=0.22)
    trace = nr.simulate(neuron, train, samples=2201)
    outputs = trace.spikes[0]
    assert len(outputs) >= 3
    t = trace.time
    events = np.concatenate([outputs, *(s + d for s, d in zip(inputs, delays, strict=True))])
    away = np.all(np.abs(t[:, None] - events[None, :]) > 1e-9, axis=1)
    states = trace["u_m"][0] - trace["u_s"][0] + trace["r"][0]
    summed = membrane_potential(neuron, t, inputs, weights, delays, outputs)
    np.testing.assert_allclose(states[away], summed[away], atol=1e-12 * np.abs(summed).max())


def test_spike_response_fires_where_the_sum_reaches_threshold():
    neuron = nr.SpikeResponse()
    inputs, weights, delays = random_synapses(3)
    outputs = nr.simulate(neuron, nr.SpikeTrain(inputs, weights, delays, unit="V/s", duration=0.22)).spikes[0]
    for k, t in enumerate(outputs):
        just = membrane_potential(neuron, np.array([t - 1e-12]), inputs, weights, delays, outputs[:k])
        assert abs(just[0] / neuron.v_th - 1) < 1e-9


def test_refractory_kernel_decays_although_eq_2_prints_growth():
    """With the printed sign the neuron would fall silent after its first spike; the decay lets it fire again."""
    trace = nr.simulate(nr.SpikeResponse(), nr.Step(8.0, unit="V/s"), 0.2)
    assert len(trace.spikes[0]) > 10
    assert trace["r"][0].min() >= -2 * 30e-3


def test_linear_leak_by_hand():
    """Three 12 mV spikes 5 ms apart on a leak of 1 V/s, a fourth fires at once; the floor stops the decay."""
    neuron = nr.LinearLeak(leak="1 V/s", v_th="30 mV", t_ref="2 ms")
    train = nr.SpikeTrain([0.0, 5e-3, 10e-3], weights=12e-3, unit="V/s", duration=0.05)
    trace = nr.simulate(neuron, train, samples=50001)
    p, t = trace["p_mem"][0], trace.time

    def at(ms):
        return p[np.searchsorted(t, 1e-3 * ms + 1e-9)]

    assert trace.spikes[0].tolist() == []
    np.testing.assert_allclose([at(4), at(9), at(14), at(20), at(35)], [8e-3, 15e-3, 22e-3, 16e-3, 1e-3], atol=2e-6)
    assert np.all(p[t > 0.0361] == 0)
    four = nr.SpikeTrain(np.arange(4) * 5e-3, weights=12e-3, unit="V/s", duration=0.05)
    assert nr.simulate(neuron, four).spikes[0].tolist() == [15e-3]


def test_linear_leak_rate_has_a_closed_form():
    """Under a steady input the interval is t_ref + v_th / (x - leak); ramps agree with Runge-Kutta."""
    neuron = nr.LinearLeak()
    spikes = nr.simulate(neuron, nr.Step(4.0, unit="V/s"), 0.2).spikes[0]
    np.testing.assert_allclose(np.diff(spikes), 2e-3 + 0.03 / 3.0, rtol=1e-12)
    ramp = nr.PWL([0, 0.1, 0.3, 0.4], [-2.0, 3.0, 6.0, -1.0], unit="V/s")
    exact, other = (nr.simulate(neuron, ramp, method=m, rtol=1e-10).spikes[0] for m in ("exact", "dopri5"))
    np.testing.assert_allclose(exact, other, rtol=1e-6)


def integer_neuron(weights, leak, threshold, low, high, refractory):
    """The fixed-point neuron in Python integers: spike clocks."""
    p, wait, spikes = 0, 0, []
    for k, w in enumerate(weights):
        if wait <= 0:
            p = min(max(p + w - leak, low), high)
        fired = wait <= 0 and p >= threshold
        wait = max(wait - 1, 0)
        if fired:
            p, wait = 0, refractory
            spikes.append(k)
    return spikes


@pytest.mark.parametrize("seed", range(4))
def test_fixed_point_neuron_equals_integer_arithmetic(seed):
    """Bit for bit: the spike clocks of 5,000 random clocks equal those of Python integers."""
    rng = np.random.default_rng(seed)
    neuron = nr.LinearLeakFixedPoint(refractory=int(rng.integers(0, 5)), fraction_bits=4, bits=6)
    counts = rng.integers(-40, 120, 5000) * (rng.uniform(size=5000) < 0.3)
    times = np.flatnonzero(counts) * 1e-4
    train = nr.SpikeTrain([[t] for t in times], [c * 1e-3 / 16 for c in counts[counts != 0]], unit="V/s", duration=0.5)
    trace = nr.simulate(neuron, train)
    leak = int(np.floor(1.0 * 1e-4 / (1e-3 / 16) + 0.5))
    expected = integer_neuron(counts.tolist(), leak, 30 * 16, 0, 2**10 - 1, int(neuron.refractory))
    found = np.rint(trace.spikes[0] / 1e-4).astype(int) - 1
    assert len(expected) > 10
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(trace.spikes[0], nr.simulate(neuron, train).spikes[0])
    assert np.all(trace["p"][0] == np.rint(trace["p"][0]))


def test_fixed_point_neuron_approaches_the_floating_one():
    neuron = nr.LinearLeakFixedPoint(t_clock="1 us", fraction_bits=16, refractory=2000)
    fine = nr.simulate(neuron, nr.Step(4.0, unit="V/s"), 0.2, record=()).spikes[0]
    exact = nr.simulate(nr.LinearLeak(), nr.Step(4.0, unit="V/s"), 0.2, record=()).spikes[0]
    np.testing.assert_allclose(fine[: len(exact)], exact, rtol=4e-3)  # 262.144 - 65.536 steps a clock, both rounded


# --- Perfect integrator and adaptive LIF ----------------------------------------------------------------------------


def test_perfect_integrator_shifts_by_one_over_one_plus_x():
    """Interval q / i: +10 % of current moves the spike by -9.0909 %, -10 % by +11.1111 %."""
    trace = nr.simulate(nr.PerfectIntegrator(), nr.Step([10e-12, 11e-12, 9e-12]), 5e-3, record=())
    base, more, less = (s[0] for s in trace.spikes)
    np.testing.assert_allclose([more / base - 1, less / base - 1], [-1 / 11, 1 / 9], rtol=1e-12)


def test_adaptive_lif_without_adaptation_is_the_lif():
    alif = nr.AdaptiveLIF(b=0.0, c_mem="5 uF", g_leak="1 mS", v_th="-40 mV", v_reset="-70 mV", t_ref="1 ms")
    spikes = [nr.simulate(n, nr.Step("0.1 mA"), 0.05, record=()).spikes[0] for n in (alif, nr.LIF())]
    np.testing.assert_allclose(spikes[0], spikes[1], rtol=1e-12)
