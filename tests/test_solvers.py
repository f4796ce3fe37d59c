"""Every solver against exact solutions, its own order, and the rules of events, breakpoints and lanes."""

import casadi as ca
import numpy as np
import pytest
from numba import njit
from scipy.integrate import solve_ivp

import neuristor as nr
from neuristor.kernel.call import call
from neuristor.kernel.programs import adaptive_program
from neuristor.neurons import Neuron, Scales, State
from neuristor.parameters import param


def lif_interval(neuron, current):
    v_inf = neuron.v_rest + neuron.r_mem * current
    tau = neuron.r_mem * neuron.c_mem
    return neuron.t_ref + tau * np.log((v_inf - neuron.v_reset) / (v_inf - neuron.v_th))


@pytest.mark.parametrize("t_ref", [0.0, 1e-3])
def test_lif_rate_over_six_decades(t_ref):
    """Intervals equal the closed form to 1e-9, from 1.001 to 1e6 times rheobase; below it there is silence."""
    neuron = nr.LIF(t_ref=t_ref)
    currents = 30e-6 * np.logspace(np.log10(1.001), 6, 200)
    exact = lif_interval(neuron, currents)
    for current, interval in zip(currents[::20], exact[::20], strict=True):
        spikes = nr.simulate(neuron, nr.Step(current), 20.5 * interval).spikes[0]
        assert len(spikes) in (20, 21)
        np.testing.assert_allclose(np.diff(spikes), interval, rtol=1e-9)
    slow = nr.simulate(neuron, nr.Step(currents[:100]), 0.4, record=())
    for spikes, interval in zip(slow.spikes, exact, strict=False):
        np.testing.assert_allclose(np.diff(spikes), interval, rtol=1e-9)
    quiet = nr.simulate(neuron, nr.Step(30e-6 * np.linspace(-5, 1 - 1e-9, 50)), 1.0, record=())
    assert quiet.spike_counts.sum() == 0


def test_rc_step_response_and_breakpoint():
    """A step at an odd time charges the membrane along 1 - e^(-t/tau) from exactly that time."""
    neuron = nr.LIF()
    start = 0.0123456789
    for method in ("exact", "dopri5", "rodas4"):
        trace = nr.simulate(neuron, nr.Step(20e-6, start=start), 0.05, method=method, rtol=1e-11, samples=501)
        t = np.maximum(trace.time - start, 0)
        expected = -0.07 + 0.02 * -np.expm1(-t / 5e-3)
        np.testing.assert_allclose(trace["v_mem"][0], expected, atol=1e-12 if method == "exact" else 2e-12)


def test_energy_of_charging_a_capacitor():
    """The source gives R I^2 (T - tau (1 - e^(-T/tau))) to an RC membrane."""
    for method in ("exact", "dopri5", "rodas4"):
        trace = nr.simulate(nr.LIF(), nr.Step(20e-6), 0.03, method=method, rtol=1e-11)
        expected = 1e3 * 20e-6**2 * (0.03 + 5e-3 * np.expm1(-6))
        np.testing.assert_allclose(trace.energy["input"], expected, rtol=1e-11)


def test_charge_balance_of_the_perfect_integrator():
    """Charge in equals charge on the capacitor plus what each reset took, at 10 fF and 10 pA."""
    stimulus = nr.OrnsteinUhlenbeck("10 pA", "4 pA", "1 ms", "0.1 ms", 0.05, seed=3)
    trace = nr.simulate(nr.PerfectIntegrator(), stimulus, samples=11)
    times, values = stimulus.nodes(0)
    charge = np.trapezoid(values, times)
    left = 10e-15 * (trace["v_mem"][0, -1] + 0.5 * trace.spike_counts[0])
    assert trace.spike_counts[0] > 50
    np.testing.assert_allclose(left, charge, rtol=1e-11)


STIMULI = [
    nr.Pulse("0.1 mA", "2 ms", "20 ms", duration=0.06),
    nr.Square("0.1 mA", "5 ms", duration=0.06),
    nr.Triangle("0.2 mA", "50 ms", start="1 ms"),
    nr.Ramp("0 A", "0.1 mA", 0.06),
    nr.Sine("0.1 mA", "50 Hz", offset="50 uA", phase=0.3, duration=0.06),
    nr.PWL([0, 0.01, 0.02, 0.02, 0.05], [0, 1e-4, 5e-5, 2e-4, 0]),
    nr.Poisson("500 Hz", 0.1, "60 uA", kernel="exponential", tau="3 ms", lanes=3),
    nr.Poisson("500 Hz", 0.1, "60 uA", kernel="alpha", tau="3 ms", lanes=3),
    nr.Poisson("300 Hz", 0.1, "90 uA", kernel="double_exponential", tau="5 ms", tau_rise="1 ms", lanes=3),
    nr.Poisson("500 Hz", 0.1, 1e-7, lanes=3),
    nr.OrnsteinUhlenbeck("50 uA", "20 uA", "5 ms", "0.1 ms", 0.1, lanes=3),
    nr.WhiteNoise(1e-6, "0.1 ms", 0.05, mean="60 uA", lanes=3),
    nr.Fluctuated(nr.Triangle("0.2 mA", "50 ms"), 0.1, spacing="1 ms", lanes=3),
    nr.Step("60 uA", duration=0.05) + nr.Sine("30 uA", "200 Hz"),
]


@pytest.mark.parametrize("stimulus", STIMULI, ids=lambda s: s.describe()[:30])
def test_three_methods_agree_under_every_stimulus(stimulus):
    """Taylor series, Runge-Kutta and Rosenbrock share no formula for the input but give the same spikes."""
    neuron = nr.AdaptiveLIF(c_mem="5 uF", g_leak="1 mS", a="0.1 mS", b="5 uA", tau_w="20 ms", d_th="1 mV", t_ref="1 ms")
    found = [nr.simulate(neuron, stimulus, method=m, rtol=1e-11) for m in ("exact", "dopri5", "rodas4")]
    assert found[0].spike_counts.min() > 0
    for other in found[1:]:
        assert other.ok
        np.testing.assert_array_equal(other.spike_counts, found[0].spike_counts)
        np.testing.assert_allclose(other.spike_times, found[0].spike_times, rtol=2e-9, atol=1e-12)


class Rotation(Neuron):
    """A smooth nonlinear oscillator with a known solution: polar form of x' = x - (x^2 + y^2) x - w y, ... plus drive."""

    name = "rotation_test"
    title = source = "test"
    states = {"x": State("1", 1.0, ""), "y": State("1", 1.0, "")}
    input_unit = "1"
    w = param(3.0, doc="angular frequency")

    def initial(self):
        return {"x": 0.5, "y": 0.0}

    def derivative(self, x, i_in):
        square = x.x * x.x + x.y * x.y
        return {
            "x": x.x * (1 - square) - self.w * x.y + 0 * i_in,
            "y": x.y * (1 - square) + self.w * x.x + 0 * i_in,
        }

    def threshold(self, x):
        return x.x - 0.7

    def scales(self):
        return Scales(1.0, 1.0)


def rotation(t):
    radius = 1 / np.sqrt(1 + 3 * np.exp(-2 * t))
    return radius * np.cos(3 * t), radius * np.sin(3 * t)


@njit
def run_kernel(address, X):
    call(address, X)


def fixed_steps(model, method, h, n):
    """State after n steps of length h of an adaptive method, its control switched off."""
    made = adaptive_program(model, method, "constant", ())
    layout, X = made.program.layout, made.program.layout.array()
    neuron = model()
    for name, value in neuron.values().items():
        X[layout.address(f"p.{name}")] = value
    X[layout.address("p.rtol")] = 1.0
    W = layout.lanes
    X[layout.address("active") :][:W], X[layout.address("h") :][:W] = 1.0, h
    for name, value in neuron.initial().items():
        X[layout.address(f"x.{name}") :][:W] = value
    for hoist in made.hoists:
        run_kernel(hoist, X)
    for k in range(n):
        X[layout.address("s") :][:W] = k * h
        run_kernel(made.kernels[0], X)
        for name in neuron.states:
            X[layout.address(f"x.{name}") :][:W] = X[layout.address(f"x1.{name}") :][:W]
    return np.array([X[layout.address(f"x.{name}")] for name in neuron.states])


@pytest.mark.parametrize(("method", "order"), [("dopri5", 5), ("rodas4", 4)])
def test_order_of_adaptive_methods(method, order):
    exact = np.array(rotation(0.6))
    errors = [np.abs(fixed_steps(Rotation, method, 0.6 / n, n) - exact).max() for n in (30, 60, 120)]
    measured = np.log2(errors[0] / errors[2]) / 2
    assert abs(measured - order) < 0.3


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("exponential_euler", 1), ("rk4", 4)])
def test_order_of_grid_methods(method, order):
    exact = np.array(rotation(2.0))
    errors = []
    for n in (160, 320, 640):
        trace = nr.simulate(Rotation(), nr.Step(0.0, unit="1"), 2.0, method=method, dt=2.0 / n, samples=2)
        errors.append(np.abs(np.array([trace["x"][0, -1], trace["y"][0, -1]]) - exact).max())
    measured = np.log2(errors[0] / errors[2]) / 2
    assert abs(measured - order) < 0.3


def test_exact_grid_is_exact_at_any_step():
    """e^(A dt) has no order: a step of four time constants gives the same state as four hundred small ones."""
    neuron = nr.AdaptiveLIF(v_th="1 V", a="3 nS")
    ends = [
        nr.simulate(neuron, nr.Step("100 pA"), 0.08, method="exact_grid", dt=dt, samples=2)["v_mem"][0, -1]
        for dt in (0.08, 0.02, 0.0002)
    ]
    reference = nr.simulate(neuron, nr.Step("100 pA"), 0.08, samples=2)["v_mem"][0, -1]
    np.testing.assert_allclose(ends, reference, rtol=1e-12)


@pytest.mark.parametrize("method", ["dopri5", "rodas4"])
def test_tolerance_is_respected(method):
    """Global error of spike times falls with rtol about in proportion, and stays within a hundred times rtol."""
    t = np.linspace(0, 20, 2_000_001)
    x = rotation(t)[0]
    rough = t[1:][(x[1:] >= 0.7) & (x[:-1] < 0.7)]
    errors = []
    for rtol in (1e-6, 1e-8, 1e-10):
        spikes = nr.simulate(Rotation(), nr.Step(0.0, unit="1"), 20.0, method=method, rtol=rtol, record=()).spikes[0]
        assert len(spikes) == len(rough)
        exact = spikes.copy()
        for _ in range(4):  # Newton on the closed form
            slope = (rotation(exact + 1e-6)[0] - rotation(exact - 1e-6)[0]) / 2e-6
            exact = exact - (rotation(exact)[0] - 0.7) / slope
        errors.append(np.abs(spikes - exact).max())
    assert errors[0] < 1e-4
    assert errors[1] < 1e-6
    assert errors[2] < 1e-8


class Stiff(Neuron):
    """x' = -rate (x - cos(w t)): for a large rate x follows the input at once (Prothero & Robinson)."""

    name = "stiff_test"
    title = source = "test"
    states = {"x": State("1", 1.0, "")}
    input_unit = "1"
    rate = param(1e7, doc="rate")

    def derivative(self, x, i_in):
        return {"x": -self.rate * (x.x - i_in) + 0.01 * x.x * x.x}

    def threshold(self, x):
        return x.x - 0.5

    def scales(self):
        return Scales(1.0, 0.1)


def test_rosenbrock_is_stable_where_runge_kutta_crawls():
    """A rate of 1e7 over 10 s needs 3e7 explicit steps; the L-stable method takes large ones, and is right."""
    trace = nr.simulate(Stiff(), nr.Sine(1.0, 1.0, unit="1", duration=10.0), method="rodas4", rtol=1e-8, samples=101)
    assert trace.ok
    np.testing.assert_allclose(trace["x"][0], np.sin(2 * np.pi * trace.time), atol=2e-6)
    assert len(trace.spikes[0]) == 10
    np.testing.assert_allclose(trace.spikes[0], np.arange(10) + 1 / 12, atol=1e-6)


@pytest.mark.parametrize("method", ["exact", "dopri5", "rodas4"])
def test_grazing_crossings_inside_a_step_are_found(method):
    """A sine that exceeds the threshold by a millionth for an instant makes a spike, one that misses it does not."""
    neuron = nr.LIF(t_ref=0)
    w, tau = 2 * np.pi * 100, 5e-3
    gain = 1e3 / np.hypot(1, w * tau)
    offset = 20e-6
    limit = (0.03 - 1e3 * offset) / gain  # amplitude at which the steady oscillation just touches v_th
    settled = nr.Sine([limit * (1 - 1e-6), limit * (1 + 1e-6)], "100 Hz", offset=offset, phase=-1.0, duration=0.2)
    start = -0.07 + 1e3 * offset + gain * limit * np.sin(-1.0 - np.arctan(w * tau))
    trace = nr.simulate(neuron, settled, method=method, rtol=1e-12, initial={"v_mem": start}, record=())
    assert trace.spike_counts[0] == 0
    assert trace.spike_counts[1] >= 1


def test_refractory_period_is_held_to_the_end():
    """The potential stays at v_reset for t_ref after each located spike, then leaves it at once."""
    neuron = nr.LIF(t_ref="3 ms", v_reset="-60 mV")
    trace = nr.simulate(neuron, nr.Step("0.1 mA"), 0.02, samples=20001)
    spike = trace.spikes[0][0]
    v, t = trace["v_mem"][0], trace.time
    held = (t > spike) & (t < spike + 3e-3)
    assert np.all(v[held] == -0.06)
    later = (t > spike + 3e-3) & (t < spike + 4e-3)
    v_inf = 0.03
    expected = v_inf + (-0.06 - v_inf) * np.exp(-(t[later] - spike - 3e-3) / 5e-3)
    np.testing.assert_allclose(v[later], expected, rtol=1e-11)


def test_impulses_move_the_state_at_their_time():
    neuron = nr.LIF(v_th="1 V")
    train = nr.SpikeTrain([1e-3, 4e-3], weights=[5e-8], unit="A", duration=0.01)
    trace = nr.simulate(neuron, train, samples=1001)
    t = trace.time
    expected = -0.07 + sum(0.01 * np.exp(-(t - at) / 5e-3) * (t > at) for at in (1e-3, 4e-3))
    away = np.all(np.abs(t[:, None] - [1e-3, 4e-3]) > 1e-9, axis=1)
    np.testing.assert_allclose(trace["v_mem"][0][away], expected[away], rtol=1e-12)


def test_impulse_above_threshold_spikes_at_once():
    trace = nr.simulate(nr.LIF(), nr.SpikeTrain([2e-3], weights=1e-6, unit="A", duration=0.01))
    assert trace.spikes[0].tolist() == [2e-3]


def test_results_do_not_depend_on_company(monkeypatch):
    """A lane gives the same bits alone, among others, on one thread or two, recorded or not."""
    stimulus = nr.Poisson("800 Hz", 0.05, 0.06, kernel="exponential", tau="3 ms", unit="A/m2", seed=7, lanes=300)
    whole = nr.simulate(nr.HodgkinHuxley(), stimulus, record=())
    monkeypatch.setenv("NEURISTOR_THREADS", "1")
    again = nr.simulate(nr.HodgkinHuxley(), stimulus, record=("v_mem",), samples=50)
    np.testing.assert_array_equal(again.spike_times, whole.spike_times)
    one = nr.PWL([0.0, 1.0], [0.0, 0.0], unit="A/m2")
    one.segments = lambda lanes: stimulus.segments(range(17, 18))
    alone = nr.simulate(nr.HodgkinHuxley(), one, 0.05)
    np.testing.assert_array_equal(alone.spikes[0], whole.spikes[17])
    assert whole.spike_counts.sum() > 500


def test_parameters_per_lane_equal_single_runs():
    c = np.linspace(2e-6, 9e-6, 37)
    together = nr.simulate(nr.LIF(c_mem=c), nr.Step("0.1 mA"), 0.05)
    for k in (0, 5, 36):
        alone = nr.simulate(nr.LIF(c_mem=c[k]), nr.Step("0.1 mA"), 0.05)
        np.testing.assert_allclose(together.spikes[k], alone.spikes[0], rtol=1e-13)


class BlowUp(Neuron):
    """x' = x^2: leaves every bound at t = 1 / x0, and nothing resets it."""

    name = "blow_up_test"
    title = source = "test"
    states = {"x": State("1", 1.0, "")}
    input_unit = "1"
    x0 = param(1.0, doc="start")

    def initial(self):
        return {"x": self.x0}

    def derivative(self, x, i_in):
        return {"x": x.x * x.x + 0 * i_in}

    def threshold(self, x):
        return x.x - 1e300

    def scales(self):
        return Scales(1.0, 1.0)


@pytest.mark.parametrize("method", ["dopri5", "rodas4"])
def test_divergence_ends_in_a_status(method):
    """Lanes that diverge say where and why; the others finish."""
    trace = nr.simulate(BlowUp(x0=[1.0, 0.1, 2.0]), nr.Step(0.0, unit="1"), 3.0, method=method)
    assert [f.lane for f in trace.failures] == [0, 2]
    assert trace.status[1] == "ok"
    np.testing.assert_allclose([f.time for f in trace.failures], [1.0, 0.5], rtol=1e-3)
    assert all("finite" in f.reason or "resolution" in f.reason for f in trace.failures)


def test_divergence_on_a_grid_ends_in_a_status():
    trace = nr.simulate(BlowUp(x0=[1.0, 0.1]), nr.Step(0.0, unit="1"), 3.0, method="rk4", dt=0.01)
    assert [f.lane for f in trace.failures] == [0]


def test_reset_above_threshold_is_a_failure_not_a_hang():
    trace = nr.simulate(nr.LIF(v_reset="-30 mV", t_ref=0), nr.Step("0.1 mA"), 0.05)
    assert len(trace.failures) == 1
    assert "above its threshold" in trace.failures[0].reason


def test_spike_memory_is_bounded_by_spikes():
    """A million neuron-milliseconds with a hundred spikes store a hundred times."""
    trace = nr.simulate(nr.LIF(), nr.Step(np.linspace(0, 31e-6, 1000)), 1.0, record=())
    assert trace.signals == {}
    assert len(trace.spike_times) == trace.spike_counts.sum() < 2000


def test_scipy_agrees_on_a_driven_nonlinear_neuron():
    """A breakpoint-rich stimulus on AdEx against SciPy piece by piece."""
    neuron = nr.AdEx(v_peak="-20 mV")
    stimulus = nr.PWL([0, 0.02, 0.05, 0.1], [0, 1e-9, 0.7e-9, 1.2e-9])
    spikes = nr.simulate(neuron, stimulus, rtol=1e-11, record=()).spikes[0]
    values = {k: float(v) for k, v in neuron.values().items()}

    def field(t, y):
        v, w = y
        i = np.interp(t, stimulus.times, stimulus.values[0])
        up = values["g_leak"] * values["delta_t"] * np.exp((v - values["v_t"]) / values["delta_t"])
        dv = (values["g_leak"] * (values["e_leak"] - v) + up - w + i) / values["c_mem"]
        return [dv, (values["a"] * (v - values["e_leak"]) - w) / values["tau_w"]]

    def peak(t, y):
        return y[0] + 0.02

    peak.terminal, peak.direction = True, 1
    t, y, reference = 0.0, [values["e_leak"], 0.0], []
    for end in (0.02, 0.05, 0.1):
        while t < end:
            run = solve_ivp(field, (t, end), y, "Radau", events=peak, rtol=1e-11, atol=[1e-15, 1e-24])
            t, y = run.t[-1], run.y[:, -1].tolist()
            if len(run.t_events[0]):
                reference.append(t)
                y = [values["v_reset"], y[1] + values["b"]]
    assert len(reference) >= 4
    np.testing.assert_allclose(spikes, reference, rtol=1e-7)


def test_models_name_only_their_own_states():
    class Wrong(Rotation):
        name = "wrong_test"

        def reset(self, x):
            return {"z": ca.SX(0)}

    with pytest.raises(nr.InputError, match="z"):
        nr.simulate(Wrong(), nr.Step(0.0, unit="1"), 1.0)


def test_long_grid_runs_pause_and_go_on(monkeypatch):
    """A run cut into many pieces for progress and Ctrl-C gives the same bits, and tells how far it is."""
    from neuristor.kernel import solve

    whole = nr.simulate(nr.LIF(), nr.Triangle("0.2 mA", "50 ms"), method="rk4", dt=1e-5, samples=101)
    monkeypatch.setattr(solve, "STEPS_AT_ONCE", 137)
    told = []
    cut = nr.simulate(nr.LIF(), nr.Triangle("0.2 mA", "50 ms"), method="rk4", dt=1e-5, samples=101, progress=told.append)
    np.testing.assert_array_equal(cut.spike_times, whole.spike_times)
    np.testing.assert_array_equal(cut["v_mem"], whole["v_mem"])
    assert len(told) == -(-5000 // 137)
    assert told == sorted(told)
    assert told[-1] == 1.0
