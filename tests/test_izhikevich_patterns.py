"""The twenty firing patterns of Izhikevich (2004), each by what defines it, on the solved equations."""

import numpy as np
import pytest

import neuristor as nr
from neuristor.presets.izhikevich_2004 import PRESETS, held


def run(name, stimulus=None, **options):
    """Spike times (ms), time (ms) and potential (mV) of a pattern under its own or another stimulus."""
    neuron = nr.Izhikevich.preset(name)
    trace = nr.simulate(neuron, stimulus or neuron.presets[name].protocol(), samples=8001, **options)
    assert trace.ok, trace.failures
    return 1e3 * trace.spikes[0], 1e3 * trace.time, 1e3 * trace["v_mem"][0]


def bursts(spikes, gap):
    """Groups of spikes separated by more than `gap` ms."""
    return np.split(spikes, np.flatnonzero(np.diff(spikes) > gap) + 1)


def test_all_twenty_are_there():
    assert [p.source[-1] for p in PRESETS] == list("ABCDEFGHIJKLMNOPQRST")


def test_tonic_spiking():
    """Spikes go on as long as the input, at equal intervals once adapted."""
    spikes, *_ = run("tonic_spiking", held(0, 500, (10, 500, 14)))
    late = np.diff(spikes)[-8:]
    assert spikes[0] > 10
    assert np.ptp(late) < 1e-3 * late.mean()


def test_phasic_spiking():
    """One spike at the onset, then silence under the same input, however long."""
    spikes, time, v = run("phasic_spiking", held(0, 1000, (20, 1000, 0.5)))
    assert len(spikes) == 1
    assert np.ptp(v[time > 900]) < 0.1


def test_tonic_bursting():
    """Bursts of several spikes repeat with equal periods."""
    spikes, *_ = run("tonic_bursting", held(0, 500, (22, 500, 15)))
    groups = bursts(spikes, 15)[1:-1]
    assert len(groups) >= 4
    assert min(len(g) for g in groups) >= 3
    starts = np.diff([g[0] for g in groups])
    assert np.ptp(starts) < 0.02 * starts.mean()


def test_phasic_bursting():
    """One burst at the onset, then silence."""
    spikes, *_ = run("phasic_bursting", held(0, 1000, (20, 1000, 0.6)))
    assert len(bursts(spikes, 30)) == 1
    assert len(spikes) >= 3


def test_mixed_mode():
    """A burst at the onset, then single spikes."""
    spikes, *_ = run("mixed_mode", held(0, 400, (16, 400, 10)))
    groups = bursts(spikes, 12)
    assert len(groups[0]) >= 2
    assert all(len(g) == 1 for g in groups[1:])
    assert len(groups) > 5


def test_spike_frequency_adaptation():
    """The intervals only grow, from the first to the last by more than a factor of five."""
    spikes, *_ = run("spike_frequency_adaptation")
    intervals = np.diff(spikes)
    assert np.all(np.diff(intervals) > 0)
    assert intervals[-1] > 5 * intervals[0]


def onset_rate(name, low, high, v0):
    """Rate (Hz) just above the weakest constant input that fires the neuron for good."""
    neuron = nr.Izhikevich.preset(name)
    for _ in range(3):
        currents = np.linspace(low, high, 41)
        trace = nr.simulate(neuron, nr.Step(currents, unit="V/s"), 6.0, initial={"v_mem": v0})
        rate = np.array([0.0 if len(s) < 4 or s[-1] < 5.5 else 1 / np.diff(s)[-3:].mean() for s in trace.spikes])
        first = np.flatnonzero(rate)[0]
        low, high = currents[first - 1], currents[first]
    return rate[first]


def test_class_1_excitability():
    """The rate starts from zero: it falls without limit as the input comes down to rheobase."""
    rate = onset_rate("class_1", 1, 25, -0.06)
    assert rate < 3
    spikes, *_ = run("class_1")
    assert np.all(np.diff(np.diff(spikes)) < 0)


def test_class_2_excitability():
    """The rate starts at a finite value, however closely rheobase is approached."""
    rate = onset_rate("class_2", -0.5, 3.5, -0.064)
    assert rate > 15
    spikes, *_ = run("class_2")
    assert len(spikes) > 8


def test_spike_latency():
    """The spike comes after the pulse that causes it has ended, and later for a weaker one."""
    spikes, *_ = run("spike_latency")
    assert len(spikes) == 1
    assert spikes[0] > 13
    stronger, *_ = run("spike_latency", held(0, 100, (10, 13, 9.0)))
    assert stronger[0] < spikes[0]


def test_subthreshold_oscillations():
    """After the spike the potential rings about rest: several decaying maxima, no further spike."""
    spikes, time, v = run("subthreshold_oscillations")
    assert len(spikes) == 1
    after = v[time > spikes[0] + 10]
    peaks = after[1:-1][(after[1:-1] > after[:-2]) & (after[1:-1] > after[2:])]
    assert len(peaks) >= 3
    assert np.all(np.diff(peaks) < 0)


def doublet(name, gap, width, level):
    """Number of spikes after two pulses whose starts are `gap` ms apart."""
    spikes, *_ = run(name, held(0, 300, (50, 50 + width, level), (50 + gap, 50 + gap + width, level)))
    return len(spikes)


def test_resonator():
    """Two pulses at the period of its own ringing fire it, at half that period or one and a half they do not."""
    spikes, *_ = run("resonator")
    assert len(spikes) == 1
    assert spikes[0] > 320
    assert [doublet("resonator", gap, 4, 0.65) for gap in (20, 40, 60)] == [0, 1, 0]


def test_integrator():
    """The closer two pulses are, the sooner they fire it: a short gap does, a long one never."""
    spikes, *_ = run("integrator")
    assert len(spikes) == 1
    assert spikes[0] < 70
    fired = [doublet("integrator", gap, 2, 9) for gap in (3, 5, 10, 20, 40)]
    assert fired[:2] == [1, 1]
    assert fired[2:] == [0, 0, 0]


def test_rebound_spike():
    """Inhibition alone causes one spike, after its release."""
    spikes, *_ = run("rebound_spike")
    assert len(spikes) == 1
    assert spikes[0] > 25
    assert len(run("rebound_spike", held(0, 200))[0]) == 0


def test_rebound_burst():
    """Inhibition alone causes a burst, after its release."""
    spikes, *_ = run("rebound_burst")
    assert len(spikes) >= 4
    assert spikes[0] > 25
    assert np.diff(spikes).max() < 10


def test_threshold_variability():
    """The same pulse fails alone and fires the neuron shortly after an inhibitory one."""
    spikes, *_ = run("threshold_variability")
    assert len(spikes) == 1
    assert spikes[0] > 80


def test_bistability():
    """One pulse switches lasting spiking on; an equal pulse at the right phase switches it off."""
    on, *_ = run("bistability", held(0.24, 2000, (37.5, 42.5, 1.24)))
    assert on[-1] > 1900
    assert len(run("bistability", held(0.24, 2000))[0]) == 0
    off, *_ = run("bistability", held(0.24, 2000, (37.5, 42.5, 1.24), (207, 212, 1.24)))
    assert 3 <= len(off) <= 8
    assert off[-1] < 250


def test_depolarizing_after_potential():
    """One spike; afterwards the potential rises above rest again before it returns to it."""
    spikes, time, v = run("depolarizing_after_potential")
    assert len(spikes) == 1
    hump = v[time > spikes[0] + 0.5].max()
    assert hump > v[0] + 10
    assert hump > -60 + 2  # above the reset potential: a hump, not a decay
    assert abs(v[-1] - v[0]) < 0.1


def test_accommodation():
    """A strong but slow ramp does not fire the neuron, a weaker fast one does."""
    spikes, *_ = run("accommodation")
    assert len(spikes) == 1
    assert 300 < spikes[0] < 320


def test_inhibition_induced_spiking():
    """Silent at the higher input, spiking while the input is lowered."""
    spikes, *_ = run("inhibition_induced_spiking")
    assert len(spikes) >= 3
    assert spikes[0] > 50
    assert np.all(spikes < 260)
    assert len(run("inhibition_induced_spiking", held(80, 350))[0]) == 0


def test_inhibition_induced_bursting():
    """Silent at the higher input, bursting while the input is lowered."""
    spikes, *_ = run("inhibition_induced_bursting")
    groups = bursts(spikes, 20)
    assert spikes[0] > 50
    assert len(groups) >= 2
    assert min(len(g) for g in groups) >= 3
    assert len(run("inhibition_induced_bursting", held(80, 350))[0]) == 0


def published_program(a, b, c, d, v, current, tau, end):
    """Spikes (ms) by the arithmetic of the author's program: Euler steps of tau ms, u after V."""
    u, spikes = b * v, []
    for t in np.arange(0, end + tau / 2, tau):
        v = v + tau * (0.04 * v * v + 5 * v + 140 - u + current(t))
        u = u + tau * a * (b * v - u)
        if v > 30:
            v, u = c, u + d
            spikes.append(t)
    return np.array(spikes)


@pytest.mark.parametrize(
    ("name", "published", "stimulus", "program"),
    [
        (
            "bistability",
            {},
            held(0.24, 300, (37.5, 42.5, 1.24), (216, 221, 1.24)),
            (0.1, 0.26, -60, 0, -61, lambda t: 1.24 if 37.5 < t < 42.5 or 216 < t < 221 else 0.24, 0.25, 300),
        ),
        (
            "depolarizing_after_potential",
            {"d": -21},
            held(0, 50, (9, 11, 20)),
            (1, 0.2, -60, -21, -70, lambda t: 20 if abs(t - 10) < 1 else 0, 0.1, 50),
        ),
    ],
)
def test_two_published_numbers_need_the_coarse_step(name, published, stimulus, program):
    """The notes of presets P and Q: the program shows the pattern, the solved equations with its numbers do not."""
    grid = published_program(*program)
    neuron = nr.Izhikevich.preset(name, **published)
    solved = 1e3 * nr.simulate(neuron, stimulus).spikes[0]
    assert solved[-1] > grid[-1] + 20


def test_published_inhibition_induced_bursting_never_ends_when_solved():
    """The note of preset T: d = -2 bursts in the program, but the solved equations fire faster and faster."""
    grid = published_program(-0.026, -1, -45, -2, -63.8, lambda t: 80 if t < 50 or t > 250 else 75, 0.5, 350)
    assert len(bursts(grid, 20)) == 2
    neuron = nr.Izhikevich.preset("inhibition_induced_bursting", d=-2)
    solved = 1e3 * nr.simulate(neuron, held(80, 180, (50, 180, 75))).spikes[0]
    late = np.diff(solved)[-500:]
    assert late[-1] < 0.03
    assert np.all(np.diff(late) < 0)
