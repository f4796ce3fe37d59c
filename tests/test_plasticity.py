"""Plasticity against the sums over pairs and triplets that define it, and against its bounds."""

import numpy as np
import pytest

from neuristor.devices.memristor import MMS, MSS, VTEAM
from neuristor.errors import InputError
from neuristor.networks.device_updates import COURSE, END, GRID, START, course, device_curve
from neuristor.networks.plasticity import PairSTDP, TripletSTDP, UpdateCurve, plasticity_from, weight_after

WIDE = {"w_min": -1e3, "w_max": 1e3, "mu": 0.0}


def trains(seed):
    rng = np.random.default_rng(seed)
    return np.sort(rng.uniform(0, 1, 30)), np.sort(rng.uniform(0, 1, 25))


def test_the_window_is_two_exponentials():
    rule = PairSTDP(a_plus=0.8, a_minus=0.3, tau_plus="8 ms", tau_minus="5 ms", **WIDE)
    for dt in (1e-3, 5e-3, 20e-3):
        assert weight_after(rule, 0.0, [0.1], [0.1 + dt]) == pytest.approx(0.8 * np.exp(-dt / 8e-3))
        assert weight_after(rule, 0.0, [0.1 + dt], [0.1]) == pytest.approx(-0.3 * np.exp(-dt / 5e-3))


@pytest.mark.parametrize("seed", range(3))
def test_all_pairs_count(seed):
    before, after = trains(seed)
    rule = PairSTDP(a_plus=0.02, a_minus=0.03, tau_plus="15 ms", tau_minus="30 ms", **WIDE)
    lag = after[:, None] - before
    expected = np.sum(np.where(lag > 0, 0.02 * np.exp(-np.abs(lag) / 15e-3), -0.03 * np.exp(-np.abs(lag) / 30e-3)))
    assert weight_after(rule, 0.0, before, after) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_nearest_pairs_count(seed):
    before, after = trains(seed)
    rule = PairSTDP(a_plus=0.02, a_minus=0.03, nearest=1, **WIDE)
    expected = 0.0
    for t in after:
        expected += 0.02 * np.exp(-(t - before[before < t][-1]) / 20e-3) if np.any(before < t) else 0.0
    for t in before:
        expected -= 0.03 * np.exp(-(t - after[after < t][-1]) / 20e-3) if np.any(after < t) else 0.0
    assert weight_after(rule, 0.0, before, after) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_all_triplets_count(seed):
    before, after = trains(seed)
    rule = TripletSTDP(a_plus=0.01, a_minus=0.02, a3_plus=0.03, a3_minus=0.04, w_min=-1e3, w_max=1e3)

    def trace(spikes, t, tau):
        return np.sum(np.exp(-(t - spikes[spikes < t]) / tau))

    expected = sum(trace(before, t, rule.tau_plus) * (0.01 + 0.03 * trace(after, t, rule.tau_y)) for t in after)
    expected -= sum(trace(after, t, rule.tau_minus) * (0.02 + 0.04 * trace(before, t, rule.tau_x)) for t in before)
    assert weight_after(rule, 0.0, before, after) == pytest.approx(expected, rel=1e-10)


def test_the_triplet_rule_of_visual_cortex_turns_with_frequency():
    """60 pairs: seldom ones only depress; at 50 Hz either order potentiates (Pfister & Gerstner 2006, all-to-all fit)."""

    def change(rate, lag):
        before = 0.1 + np.arange(60) / rate
        return weight_after(TripletSTDP(w_min=-1e3, w_max=1e3), 0.0, before, before + lag)

    assert abs(change(0.1, 10e-3)) < 1e-3
    assert change(0.1, -10e-3) == pytest.approx(-60 * 7e-3 * np.exp(-10 / 33.7), rel=1e-3)
    assert change(10.0, 10e-3) < change(20.0, 10e-3) < change(40.0, 10e-3)
    assert change(10.0, -10e-3) < 0 < change(50.0, -10e-3)


def test_soft_bounds_are_approached_and_never_crossed():
    rule = PairSTDP(a_plus=0.2, a_minus=0.0, w_min=-1.2, w_max=1.5)
    before = np.arange(100) * 1.0
    assert weight_after(rule, 0.0, before, before + 1e-9) == pytest.approx(1.5 - 1.5 * 0.8**100, rel=1e-6)
    falling = PairSTDP(a_plus=0.0, a_minus=0.2, w_min=-1.2, w_max=1.5)
    assert weight_after(falling, 1.0, before + 1e-9, before) == pytest.approx(-1.2 + 2.2 * 0.8**100, rel=1e-6)


@pytest.mark.parametrize("mu", [0.0, 0.3, 1.0])
def test_weights_stay_within_their_bounds(mu):
    rng = np.random.default_rng(4)
    rule = PairSTDP(a_plus=0.9, a_minus=0.9, mu=mu, w_min=-0.5, w_max=0.5)
    before, after = np.sort(rng.uniform(0, 5, 500)), np.sort(rng.uniform(0, 5, 500))
    path = [weight_after(rule, 0.0, before[before < t], after[after < t]) for t in np.linspace(0.1, 5, 50)]
    assert min(path) >= -0.5
    assert max(path) <= 0.5
    assert max(path) - min(path) > 0.1


def test_additive_is_the_same_everywhere_and_multiplicative_proportional():
    for w in (0.2, 0.5, 0.9):
        assert weight_after(PairSTDP(a_plus=0.01, mu=0.0), w, [0.1], [0.1]) - w == pytest.approx(0.01)
        assert weight_after(PairSTDP(a_plus=0.01, mu=1.0), w, [0.1], [0.1]) - w == pytest.approx(0.01 * (1 - w))


def test_below_the_offset_a_spike_depresses():
    rule = PairSTDP(a_plus=0.1, a_minus=0.0, offset=0.4)
    assert weight_after(rule, 0.5, [], [0.1]) == pytest.approx(0.5 - 0.1 * 0.4 * 0.5)
    assert weight_after(rule, 0.5, [0.1], [0.1]) == pytest.approx(0.5 + 0.1 * 0.6 * 0.5)


def test_a_device_with_soft_bounds_gives_the_multiplicative_rule():
    """Every pulse moves the conductance by 2 % of what is left: the curve of `mu = 1`."""
    k = np.arange(400)
    curve = UpdateCurve.of_pulses(1e-6 + 9e-6 * (1 - 0.98**k), 1e-6 + 9e-6 * 0.98**k)
    device, exact = PairSTDP(a_plus=0.05, a_minus=0.02, curve=curve), PairSTDP(a_plus=0.05, a_minus=0.02)
    before, after = trains(5)
    assert weight_after(device, 0.3, before, after) == pytest.approx(weight_after(exact, 0.3, before, after), rel=1e-2)


def test_a_device_whose_resistance_moves_by_equal_steps_learns_by_the_square_of_its_conductance():
    """VTEAM at constant voltage: R moves by c a pulse, so that g rises by g^2 c / (1 - g c), falls by g^2 c / (1 + g c)."""
    device = VTEAM.preset("memtorch_default")
    rising = course(device, 1.0, START, 100)
    falling = course(device, -1.0, rising[-1], 100)
    courses = [device.resistance(x) for x in (rising, falling)]
    assert [np.abs(np.diff(r)) for r in courses] == [pytest.approx(np.full(100, abs(r[-1] - r[0]) / 100)) for r in courses]
    assert rising[-1] - rising[0] == pytest.approx(COURSE * (END - START), abs=2 / GRID)
    c_up, c_down = (abs(r[-1] - r[0]) / 100 for r in courses)
    curve = device_curve(device, "1 V", pulses=100)
    g = np.linspace(1 / courses[1][-1], 1 / courses[0][-1], curve.up.size)
    up, down = g**2 * c_up / (1 - g * c_up), g**2 * c_down / (1 + g * c_down)
    inner = slice(5, 230)  # within the pulses' own conductances
    assert curve.up[inner] / curve.up[128] == pytest.approx(up[inner] / up[128], rel=0.01)
    assert curve.down[inner] / curve.up[128] == pytest.approx(down[inner] / up[128], rel=0.01)
    assert max(curve.up.max(), curve.down.max()) == pytest.approx(1.0)


def test_a_metastable_switch_has_soft_bounds():
    """Its rate at a voltage is a line in the state: pulses change what is left, as with mu = 1."""
    curve = device_curve(MMS.preset("knowm_default"), "1 V", pulses=200)
    w = np.linspace(0, 1, curve.up.size)
    for values in (curve.up, curve.down):
        line = np.polyfit(w, values, 1)
        assert values == pytest.approx(np.polyval(line, w), abs=5e-3)
        assert abs(line[0]) == pytest.approx(COURSE, abs=0.02)


@pytest.mark.parametrize(
    "rule",
    [PairSTDP(mu=0.4, w_min=-1, offset=0.1), TripletSTDP(), PairSTDP(curve=UpdateCurve.of_pulses([1, 2, 2.5], [2.5, 2, 1]))],
)
def test_a_rule_is_rebuilt_from_its_description(rule):
    before, after = trains(6)
    again = plasticity_from(rule.described())
    assert weight_after(again, 0.4, before, after) == weight_after(rule, 0.4, before, after)


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (lambda: PairSTDP(w_min=1.0, w_max=0.5), "must lie below"),
        (lambda: PairSTDP(tau_pls=1e-3), "did you mean 'tau_plus'"),
        (lambda: PairSTDP(mu=2), "at most 1"),
        (lambda: UpdateCurve.of_pulses([1, 2], [2, 1]), "three or more"),
        (lambda: UpdateCurve.of_pulses([3, 2, 1], [1, 2, 3]), "rise with the pulses"),
        (lambda: UpdateCurve.of_pulses([1, 2, 3], [9, 8, 7]), "share no range"),
        (lambda: device_curve(VTEAM(v_on="0.5 V", v_off="-0.5 V"), "0.4 V"), "vteam does not move under pulses of 400 mV"),
        (lambda: device_curve(VTEAM(), "1 V", 2), "at least 3"),
        (lambda: device_curve(VTEAM(), "-1 V"), "a positive pulse"),
        (lambda: device_curve(MSS.preset("ideal_mss")), "stochastic"),
    ],
)
def test_bad_input_is_told(attempt, told):
    with pytest.raises(InputError, match=told):
        attempt()
