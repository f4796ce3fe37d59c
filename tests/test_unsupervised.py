"""The unsupervised network: its neurons against the package's own exact ones, its competition, learning and checkpoints."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from neuristor.digital.fixed_point import FixedPointLayer
from neuristor.errors import InputError
from neuristor.networks.checkpoint import read_state, write_state
from neuristor.networks.datasets import Dataset, load_dataset
from neuristor.networks.encoding import PoissonRate, SpikeList
from neuristor.networks.evaluation import evaluate
from neuristor.networks.image_files import DIGITS
from neuristor.networks.labels import assign, decide
from neuristor.networks.membranes import standard
from neuristor.networks.operation_energy import OperationEnergy, energy
from neuristor.networks.operations import operations
from neuristor.networks.plasticity import PairSTDP, TripletSTDP
from neuristor.networks.trials import trials
from neuristor.networks.unsupervised import TESTING, TRAINING, Homeostasis, UnsupervisedNetwork
from neuristor.neurons.lif import LIF
from neuristor.neurons.linear_leak import LinearLeak, LinearLeakFixedPoint
from neuristor.neurons.spike_response import SpikeResponse, membrane_potential
from neuristor.stimulus import SpikeTrain

NEURONS = [
    SpikeResponse(v_th="5 mV", tau_m="20 ms", tau_s="4 ms", tau_r="8 ms"),
    LinearLeak(v_th="5 mV", leak="40 mV/s", t_ref="2 ms", p_min="-2 mV", p_reset="1 mV"),
    LIF(v_rest="-65 mV", v_reset="-64 mV", v_th="-60 mV", c_mem="1 nF", r_mem="20 MOhm", t_ref="2 ms"),
]
NAMES = ["spike_response", "linear_leak", "lif"]
SMALL = {
    "inputs": 64,
    "neurons": 100,
    "weight_sum": 15.0,
    "encoding": PoissonRate(total_rate="12 kHz", duration="150 ms"),
    "homeostasis": Homeostasis(theta_plus="0.2 mV"),
}


@pytest.fixture(scope="module")
def learned(digits):
    """Three membranes, equal settings, two epochs of the small digits."""
    return {name: UnsupervisedNetwork(membrane=name, **SMALL).train(digits, epochs=2) for name in NAMES}


def random_spikes(inputs, n, duration=0.4, seed=1):
    rng = np.random.default_rng(seed)
    return SpikeList(np.sort(rng.uniform(0, duration, n)), rng.integers(0, inputs, n), inputs, duration)


def answer(network, spikes, purpose=TESTING):
    """Times and neurons of the spikes of a showing."""
    room = network.room()
    network.show(spikes, 0, purpose, room)
    fired = room[0].tally[0]
    return room[0].times[:fired].copy(), room[0].neurons[:fired].copy()


def literal(neuron, spikes, weights):
    """Spike times by the package's own simulation of one neuron."""
    per_weight = 1e-3 * (neuron.c_mem if isinstance(neuron, LIF) else 1.0)
    trains = [spikes.times[spikes.inputs == i] for i in range(spikes.size)]
    train = SpikeTrain(trains, weights * per_weight, unit=neuron.input_unit, duration=spikes.duration)
    return neuron.simulate(train, rtol=1e-10).spikes[0]


@pytest.mark.parametrize("neuron", NEURONS, ids=NAMES)
def test_without_inhibition_every_neuron_is_the_equation_neuron(neuron):
    spikes = random_spikes(12, 1000)
    network = UnsupervisedNetwork(
        12, 6, neuron, PairSTDP(w_min=-1, w_max=2), inhibition=0.0, weight_sum=None, precision="float64"
    )
    network.weights = np.random.default_rng(2).uniform(-0.3, 1.0, (12, 6))
    times, neurons = answer(network, spikes)
    for j in range(6):
        expected = literal(neuron, spikes, network.weights[:, j])
        assert len(expected) > 5
        assert times[neurons == j] == pytest.approx(expected, abs=2e-9)


@pytest.mark.parametrize(("fraction_bits", "bits", "refractory"), [(4, 3, 2), (0, 4, 0), (7, 8, 5)])
def test_fixed_point_neurons_are_the_layer_that_the_hardware_is_held_against(fraction_bits, bits, refractory):
    """Without inhibition spike for spike digital.fixed_point, with saturation, floor, and inputs in the refractory time."""
    neuron = LinearLeakFixedPoint(
        v_th="5 mV", leak="700 mV/s", p_min="-1 mV", t_clock="1 ms", refractory=refractory, bits=bits,
        fraction_bits=fraction_bits,
    )  # fmt: skip
    network = UnsupervisedNetwork(12, 6, neuron, PairSTDP(w_min=-3, w_max=4), inhibition=0.0, weight_sum=None)
    network.weights = np.random.default_rng(2).uniform(-2.0, 4.0, (12, 6)).astype("float32")
    network.theta[:] = [0, 0.3, 1, 2, 30, 0]
    spikes = random_spikes(12, 1500)
    raster = np.zeros((400, 12), bool)
    raster[np.ceil(spikes.times / 1e-3).astype(int) - 1, spikes.inputs] = True
    per = 2**fraction_bits
    whole, floor = np.floor(network.weights.astype(float) * per + 0.5), np.floor(-1 * per + 0.5)
    threshold = np.minimum(np.floor((5 + network.theta) * per + 0.5), 2 ** (bits + fraction_bits) - 1)
    leak = np.floor(0.7 * per + 0.5)
    layer = FixedPointLayer(
        whole, threshold, leak, floor, refractory=refractory, weight_bits=16, membrane_bits=bits + fraction_bits
    )
    clocks, neurons = np.nonzero(layer.run(raster).spikes[0])
    times, fired = answer(network, spikes)
    order = np.lexsort((fired, np.rint(times * 1e3)))
    assert len(times) > 100
    assert np.array_equal(np.rint(times * 1e3).astype(int)[order], clocks + 1)
    assert np.array_equal(fired[order], neurons)


def test_fine_steps_and_a_fast_clock_are_linear_decay(learned, digits):
    """The same trained network with 12 bits after the point on a clock of 10 us: the answers of the exact layer."""
    exact = learned["linear_leak"]
    fine = standard("linear_leak_fixed").with_(fraction_bits=12, t_clock="10 us", refractory=200)
    few = digits.x_test[:40]
    one, other = exact.responses(few), exact.with_membrane(fine).responses(few)
    assert np.mean(one.argmax(axis=1) == other.argmax(axis=1)) > 0.9
    assert other.sum() == pytest.approx(one.sum(), rel=0.02)


def test_inhibition_is_a_response_as_eq_4_has_them():
    """P of every neuron as the literal sum, the others' spikes as inhibitory kernels: at its spikes it is the threshold."""
    neuron, spikes = NEURONS[0], random_spikes(12, 600)
    network = UnsupervisedNetwork(12, 4, neuron, inhibition="3 mV", weight_sum=8.0, precision="float64")
    times, neurons = answer(network, spikes)
    grid = np.linspace(0, 0.4, 2001)
    trains = [spikes.times[spikes.inputs == i] for i in range(12)]
    assert len(np.unique(neurons)) > 1
    for j in range(4):
        own, others = times[neurons == j], times[neurons != j]

        def potential(t, j=j, own=own, others=others):
            p = membrane_potential(neuron, t, trains, list(network.weights[:, j] * 1e-3), [0.0] * 12, own)
            late = t[:, None] - others
            return p - 3e-3 * np.sum(np.where(late >= 0, np.exp(-np.maximum(late, 0) / neuron.tau_r), 0.0), axis=1)

        assert potential(own - 1e-11) == pytest.approx(neuron.v_th, rel=1e-6)
        assert np.all(potential(grid) < neuron.v_th * (1 + 1e-9))


def test_a_crossing_is_found_where_only_the_refractory_part_rises():
    """An inhibitory weight leaves u_m and u_s negative; P still rises while r decays, to cross and fall within one gap."""
    neuron = SpikeResponse(v_th="1 mV", tau_m="40 ms", tau_s="20 ms", tau_r="1 ms")
    rule = PairSTDP(w_min=-50, w_max=50)
    network = UnsupervisedNetwork(3, 1, neuron, rule, inhibition=0.0, weight_sum=None, precision="float64")
    network.weights = np.array([[40.0], [-45.0], [3.0]])
    for last in (7e-3, 8e-3, 12e-3, 30e-3):
        spikes = SpikeList([0.0, last, last + 40e-3], [0, 1, 2], 3, 0.2)
        expected = literal(neuron, spikes, network.weights[:, 0])
        assert len(expected) > 1
        assert answer(network, spikes)[0] == pytest.approx(expected, abs=2e-9)


@pytest.mark.parametrize("neuron", NEURONS, ids=NAMES)
def test_inputs_of_one_moment_act_together(neuron):
    rng = np.random.default_rng(3)
    times = np.repeat(np.arange(1, 60) * 5e-3, 6)
    inputs = rng.integers(0, 12, times.size)
    shuffled = np.concatenate([rng.permutation(six) for six in inputs.reshape(-1, 6)])
    network = UnsupervisedNetwork(12, 5, neuron, weight_sum=8.0, precision="float64")
    one, other = (answer(network, SpikeList(times, i, 12, 0.3)) for i in (inputs, shuffled))
    assert len(one[0]) > 5
    assert one[0] == pytest.approx(other[0], abs=1e-9)
    assert np.array_equal(one[1], other[1])


@pytest.mark.parametrize("name", NAMES)
def test_the_winner_takes_all_back_to_rest(name):
    """After a spike the layer goes on as one that only sees what comes later, but for the winner's own refractoriness."""
    spikes = random_spikes(20, 4000)
    network = UnsupervisedNetwork(20, 30, name, weight_sum=4.0, precision="float64")
    times, neurons = answer(network, spikes)
    assert len(times) > 5
    later = spikes.times > times[0]
    rest = SpikeList(spikes.times[later] - times[0], spikes.inputs[later], 20, spikes.duration - times[0])
    alone = UnsupervisedNetwork(20, 29, name, weight_sum=None, precision="float64")
    kept = np.arange(30) != neurons[0]
    alone.weights = network.weights[:, kept]
    second = np.flatnonzero(neurons != neurons[0])[0]
    if second == 1:
        assert answer(alone, rest)[0][0] == pytest.approx(times[1] - times[0], abs=1e-9)
    assert second == 1


def test_thresholds_rise_by_spikes_and_forget():
    steady = Homeostasis(theta_plus="0.1 mV", tau="1 s", pause="0.1 s")
    network = UnsupervisedNetwork(20, 10, "linear_leak", weight_sum=4.0, homeostasis=steady)
    spikes = random_spikes(20, 3000)
    expected = np.zeros(10)
    for _ in range(3):
        _, fired = answer(network, spikes, TRAINING)
        expected = (expected + 0.1 * np.bincount(fired, minlength=10)) * np.exp(-0.5)
    assert expected.max() > 0
    assert network.theta == pytest.approx(expected)
    answer(network, spikes, TESTING)
    assert network.theta == pytest.approx(expected)


def test_weights_keep_their_sum_and_their_bounds(learned):
    for network in learned.values():
        assert network.weights.sum(axis=0) == pytest.approx(15.0, rel=1e-4)
        assert network.weights.min() >= 0.0
        assert network.weights.max() <= 1.0


@pytest.mark.parametrize("name", NAMES)
def test_small_digits_are_learned(learned, digits, name):
    network = learned[name]
    network.assign(digits.x_train[:700], digits.y_train[:700])
    assert network.accuracy(digits.x_test, digits.y_test, "shares").low > 0.8
    untrained = UnsupervisedNetwork(membrane=name, **SMALL)
    untrained.assign(digits.x_train[:700], digits.y_train[:700])
    trained = network.accuracy(digits.x_test, digits.y_test, "shares")
    assert trained.low > untrained.accuracy(digits.x_test, digits.y_test, "shares").high


@pytest.mark.slow
@pytest.mark.parametrize("name", ["spike_response", "linear_leak"])
def test_mnist_is_learned_by_a_hundred_neurons(name):
    """A third of the training pictures, shown once; 82.9 % is what Diehl & Cook 2015 report after all of them."""
    try:
        mnist = load_dataset("mnist")
    except InputError as missing:
        pytest.skip(str(missing))
    network = UnsupervisedNetwork(neurons=100, membrane=name).train(mnist.x_train[:20_000])
    network.assign(mnist.x_train[:5_000], mnist.y_train[:5_000])
    assert network.accuracy(mnist.x_test, mnist.y_test).low > 0.8


def test_answers_depend_neither_on_threads_nor_on_how_many_are_asked(learned, digits, monkeypatch):
    network = learned["linear_leak"]
    monkeypatch.setenv("NEURISTOR_THREADS", "1")
    one = network.responses(digits.x_test[:40])
    monkeypatch.setenv("NEURISTOR_THREADS", "3")
    assert np.array_equal(network.responses(digits.x_test[:40]), one)
    assert np.array_equal(network.responses(digits.x_test[:7]), one[:7])


SCRIPT = """
import sys
from neuristor.networks.datasets import Dataset, load_dataset
from neuristor.networks.unsupervised import UnsupervisedNetwork
network = UnsupervisedNetwork(64, 20, "spike_response", weight_sum=15.0, seed=3)
network.train(load_dataset("digits").x_train[:60], epochs=2000, shuffled=True, checkpoint=sys.argv[1], every=0)
"""


def test_a_killed_training_resumes_to_the_same_bits(tmp_path, digits):
    path, data = tmp_path / "training.npz", digits.x_train[:60]
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)], env=os.environ)
    end = time.monotonic() + 120
    while not (path.exists() and read_state(path)[0]["shown"] > 30) and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 30 < (stopped := read_state(path)[0]["shown"]) < 60 * 2000
    epochs = stopped // 60 + 1
    settings = {"inputs": 64, "neurons": 20, "membrane": "spike_response", "weight_sum": 15.0, "seed": 3}
    resumed = UnsupervisedNetwork(**settings).train(data, epochs, shuffled=True, checkpoint=path)
    straight = UnsupervisedNetwork(**settings).train(data, epochs, shuffled=True)
    assert resumed.shown == straight.shown == 60 * epochs
    assert np.array_equal(resumed.weights, straight.weights)
    assert np.array_equal(resumed.theta, straight.theta)


def test_a_checkpoint_serves_its_own_training_only(tmp_path, digits):
    path = tmp_path / "training.npz"
    UnsupervisedNetwork(64, 10, weight_sum=15.0).train(digits.x_train[:20], checkpoint=path)
    with pytest.raises(InputError, match="different neurons, seed"):
        UnsupervisedNetwork(64, 11, weight_sum=15.0, seed=1).train(digits.x_train[:20], checkpoint=path)
    with pytest.raises(InputError, match="different order"):
        UnsupervisedNetwork(64, 10, weight_sum=15.0).train(digits.x_train[:20], shuffled=True, checkpoint=path)
    with pytest.raises(InputError, match="different data"):
        UnsupervisedNetwork(64, 10, weight_sum=15.0).train(digits.x_train[1:21], checkpoint=path)


def test_a_saved_network_is_the_same_network(tmp_path, learned, digits):
    network = learned["lif"]
    network.assign(digits.x_train[:200], digits.y_train[:200])
    again = UnsupervisedNetwork.load(network.save(tmp_path / "network.npz"))
    assert again.settings() == network.settings()
    assert np.array_equal(again.classify(digits.x_test[:50]), network.classify(digits.x_test[:50]))


@pytest.mark.parametrize("rule", [TripletSTDP(mu=1.0, a3_plus=0.01, a_minus=1e-4), PairSTDP(a_minus=1e-3, offset=0.1)])
def test_recorded_spikes_and_other_rules_train_too(rule):
    recorded = [random_spikes(30, 2000, seed=k) for k in range(20)]
    network = UnsupervisedNetwork(30, 8, "linear_leak", rule, weight_sum=8.0, delays="1 ms")
    before = network.weights.copy()
    network.train(recorded)
    assert not np.array_equal(before, network.weights)
    assert network.weights.min() >= 0
    assert network.responses(recorded).sum() > 0


def test_decisions_by_hand():
    counts = np.array([[4.0, 0.0, 1.0], [0.0, 3.0, 1.0]])
    chosen = assign(counts, np.array([0, 1]), 2)
    assert chosen.labels.tolist() == [0, 1, 0]
    assert decide(np.array([[1.0, 2.0, 1.0], [0.0, 0.0, 1.0]]), chosen).tolist() == [1, 0]
    assert decide(np.array([[1.0, 0.6, 1.0]]), chosen, "shares").tolist() == [0]
    assert assign(np.zeros((2, 3)), np.array([0, 1]), 2).silent == 3


def test_with_a_fine_clock_the_layers_fire_as_between_events(learned, digits):
    for name in ("spike_response", "linear_leak"):
        *clocked, events = operations(learned[name], digits.x_test[:4], "0.1 ms", literal=False)
        for cost in clocked:
            assert cost.spikes == pytest.approx(events.spikes, abs=0.3)  # one spike of four pictures


def test_operations_of_one_picture_counted_by_hand():
    network = UnsupervisedNetwork(2, 3, SpikeResponse(v_th="1 V"), weight_sum=1.0, precision="float64")
    pictured = [SpikeList([0.5e-3, 2.5e-3], [0, 1], 2, 4e-3)]  # clocks at 1, 2 ms see one spike, at 3, 4 ms two: 6 terms
    sums, shared, events = operations(network, pictured)
    assert (sums.multiplications, sums.additions, sums.exponentials) == (6 * 3, 2 * 6 * 3, 2 * 6 * 3)
    assert (shared.multiplications, shared.additions, shared.exponentials) == (6 * 3, 6 * 3 + 6, 2 * 6)
    assert (events.multiplications, events.additions, events.exponentials) == (2 * 6 * 3, 2 * 4 * 3, 2 * 3)
    leaking = UnsupervisedNetwork(2, 3, LinearLeak(v_th="1 V"), weight_sum=1.0)
    clocked, events = operations(leaking, pictured)
    assert (clocked.additions, clocked.multiplications, clocked.exponentials) == ((2 + 4) * 3, 0, 0)
    assert (events.additions, events.exponentials) == (2 * 2 * 3, 0)
    assert (sums.reads, shared.reads, clocked.reads, events.reads) == (6 * 3, 6 * 3, 2 * 3, 2 * 3)
    own = OperationEnergy(add="1 pJ", multiply="2 pJ", read_bit="0.5 pJ", weight_bits=4, exp_sums=0, exp_products=3)
    spent = energy(sums, own)
    assert spent.total == pytest.approx(1e-12 * (36 + 2 * 18 + 36 * 6 + sums.comparisons + 18 * 2))
    assert spent.arithmetic == pytest.approx(spent.total - spent.reads)


def test_trials_count_seeds(digits):
    """Every seed its own order, all the same test."""
    few, told = (
        Dataset("few", *(a[:300] for a in (digits.x_train, digits.y_train, digits.x_test, digits.y_test)), DIGITS),
        [],
    )
    found = trials(few, (0, 1), progress=told.append, **{**SMALL, "neurons": 30})
    alone = UnsupervisedNetwork(seed=1, **{**SMALL, "neurons": 30})
    alone.train(few.x_train[np.random.default_rng([1, 300, 0]).permutation(300)])
    alone.assign(few.x_train, few.y_train, 10)
    assert found.accuracy[1] == alone.accuracy(few.x_test, few.y_test)
    assert found.accuracy[0].value != found.accuracy[1].value
    assert found.mean.value == pytest.approx(np.mean([a.value for a in found.accuracy]))
    assert found.mean.low < found.mean.value < found.mean.high
    assert told == pytest.approx(np.arange(1, 13) / 12)


def test_a_test_tells_how_far_it_is(digits):
    told = []
    evaluate(UnsupervisedNetwork(**{**SMALL, "neurons": 10}), digits, assigned=100, images=60, progress=told.append)
    assert told == pytest.approx([50 / 160, 100 / 160, 150 / 160, 1.0])


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (lambda: UnsupervisedNetwork(membrane="spike_respons"), "did you mean 'spike_response'"),
        (lambda: UnsupervisedNetwork(membrane=LinearLeakFixedPoint(bits=2)), "63 steps; bits = 5 is needed"),
        (lambda: UnsupervisedNetwork(membrane=LinearLeakFixedPoint(fraction_bits=2.5)), "a whole number"),
        (lambda: energy(None, "int17"), "did you mean 'int16'"),
        (lambda: UnsupervisedNetwork(membrane=SpikeResponse(tau_s="20 ms")), "tau_s must be shorter"),
        (lambda: UnsupervisedNetwork(membrane=LIF(v_th=[-0.04, -0.03])), "must be one number"),
        (lambda: UnsupervisedNetwork(neurons=0), "whole number"),
        (lambda: UnsupervisedNetwork(neurons=10**8), "more than 268,435,456 weights"),
        (lambda: UnsupervisedNetwork(plasticity="pair_stdp"), "plasticity='pair_stdp': Plasticity, or one of its kind"),
        (lambda: UnsupervisedNetwork(inhibition="-1 mV"), "inhibition = -1 mV: zero or more"),
        (
            lambda: UnsupervisedNetwork(4, membrane=standard("linear_leak_fixed").with_(t_clock="1 ps")).train(np.eye(4)),
            "3.5e.11 clocks in one showing",
        ),
        (lambda: Homeostasis(showings=1.5), "showings = 1.5: a whole number"),
        (lambda: UnsupervisedNetwork(weight_sum=900.0), "must lie between"),
        (lambda: UnsupervisedNetwork(precision="float16"), "unknown precision"),
        (lambda: UnsupervisedNetwork(delays=[0.1, 0.2]), "784 of zero or more"),
        (lambda: UnsupervisedNetwork().train(np.zeros((3, 16, 16))), "pictures of 16 x 16 drive 256 inputs"),
        (lambda: UnsupervisedNetwork(4).train([SpikeList([0.1], [0], 3, 1.0)]), "spikes of 3 inputs"),
        (lambda: UnsupervisedNetwork(4).train(np.full((2, 4), 1.5)), r"must lie in \[0, 1\]"),
        (lambda: UnsupervisedNetwork(4).classify(np.ones((2, 4))), "call assign"),
        (lambda: UnsupervisedNetwork(4).assign(np.ones((2, 4)), [0]), "for 2 pictures"),
        (lambda: UnsupervisedNetwork.load("nowhere.npz"), "there is no file"),
        (lambda: write_state("no/such/folder/x.npz", {}, {}), "there is no folder"),
    ],
)
def test_bad_input_is_told(attempt, told):
    with pytest.raises(InputError, match=told):
        attempt()


def test_a_damaged_file_is_told(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(InputError, match="damaged"):
        UnsupervisedNetwork.load(path)
