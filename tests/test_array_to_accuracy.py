"""The chain: theorems about identical neurons, exact shifts, energies by direct simulation, the circuit behind the model."""

import json

import numpy as np
import pytest
from chain_tools import settings

from neuristor import LIF, AdEx, PerfectIntegrator, Step
from neuristor.arrays.crossbar import Crossbar
from neuristor.arrays.faults import Faults
from neuristor.arrays.variation import Variation
from neuristor.arrays.wires import Wires
from neuristor.circuits.cells import CmosLIF
from neuristor.cli.screen import no_nan
from neuristor.networks import inference
from neuristor.networks.array_to_accuracy import array_to_accuracy, bias_of
from neuristor.networks.inference import infer
from neuristor.networks.layers import AvgPool2d, Conv2d, Dense, Flatten, MaxPool2d, SumPool2d
from neuristor.networks.network import Network
from neuristor.networks.neuron_choice import Chosen
from neuristor.networks.readout import by_first_spike, by_rate
from neuristor.networks.reference import reference_network
from neuristor.networks.spot_check import compared
from neuristor.networks.stages import build, forwarded
from neuristor.neurons.behavioural import Behavioural

NEURONS = {"lif": LIF(), "behavioural": Behavioural(), "adex": AdEx(), "perfect_integrator": PerfectIntegrator()}
SOME = [pytest.param(name, marks=[pytest.mark.slow] * (name == "adex")) for name in NEURONS]
SMALL = {"seeds": 2, "shares": (0.0, 0.05), "images": 60, "spot_check": 0}


# Theorems


@pytest.mark.parametrize("wires", [Wires(), Wires(2.0, 3.0, 100.0, 50.0)], ids=["no wires", "wires"])
@pytest.mark.parametrize("name", NEURONS)
def test_identical_neurons_decide_as_the_largest_current(name, wires, network, digits):
    """A monotone neuron spikes first where the current is largest: the currents' argmax, whatever the faults and wires."""
    subject = NEURONS[name]
    stages = build(network, digits.x_train, settings(subject, crossbar={"wires": wires}))
    x = network.samples(digits.x_test)
    everywhere = []
    for share, sample in ((0.0, 0), (0.05, 0), (0.1, 1), (0.1, 2), (0.3, 3)):
        array = stages[0].crossbar.with_(faults=Faults(0.7 * share, 0.3 * share), sample=sample)
        one = infer(stages, [array], 0, x)
        decided, currents = one.decisions.decided, array.currents(x)
        assert decided.mean() > 0.9
        assert np.array_equal(one.decisions.classes[decided], np.argmax(currents, axis=1)[decided])
        assert one.neuron.max(axis=1)[~decided].max(initial=0.0) < stages[0].first.low[0]
        everywhere.append(one.decisions.classes)
    assert len(np.unique(everywhere, axis=0)) == len(everywhere)


@pytest.mark.parametrize("name", SOME)
def test_first_spikes_are_those_of_a_direct_simulation(name, network, digits):
    subject = NEURONS[name]
    stages = build(network, digits.x_train, settings(subject))
    one = infer(stages, [stages[0].crossbar.with_(faults=Faults(stuck_lrs=0.05))], 0, network.samples(digits.x_test[:60]))
    trace = subject.simulate(Step(one.neuron.ravel(), unit=subject.input_unit), stages[0].deadline, record=())
    wanted = np.array([s[0] if len(s) else np.inf for s in trace.spikes]).reshape(one.times.shape)
    near = np.abs(wanted / stages[0].deadline - 1) < 1e-6
    assert np.array_equal(np.isfinite(one.times)[~near], np.isfinite(wanted)[~near])
    both = np.isfinite(one.times) & np.isfinite(wanted)
    assert both.sum() > 100
    np.testing.assert_allclose(one.times[both], wanted[both], rtol=max(3e-6, 3 * stages[0].latency.error))
    direct = by_first_spike(wanted, stages[0].deadline).classes
    assert np.array_equal(direct, one.decisions.classes)


@pytest.mark.parametrize("name", ["lif", "behavioural"])
def test_counts_are_those_of_a_direct_simulation(name, network, digits):
    subject = NEURONS[name]
    stages = build(network, digits.x_train, settings(subject, readout="rate"))
    one = infer(stages, [stages[0].crossbar], 0, network.samples(digits.x_test[:20]))
    trace = subject.simulate(Step(one.neuron.ravel()), stages[0].deadline, record=())
    counts = trace.spike_counts.reshape(one.neuron.shape)
    assert np.array_equal(stages[0].answers(one.neuron, 0), counts)
    assert np.array_equal(one.decisions.classes, by_rate(counts, 1.0).classes)
    answers = np.sort(stages[0].nominal(one.neuron), axis=1)
    told_apart = answers[:, -1] - answers[:, -2] >= 1  # by a whole spike: then it is the largest current that wins
    assert told_apart.sum() > 10
    assert np.array_equal(one.decisions.classes[told_apart], np.argmax(one.currents, axis=1)[told_apart])


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_the_size_of_the_pieces_does_not_matter(kind, digits, monkeypatch):
    """Also with read noise: that of a sample is its own."""
    net = conv_network(digits) if kind == "conv" else reference_network("digits", (16,))
    stages = build(net, digits.x_train, settings(LIF(), crossbar={"variation": Variation(read_noise=0.2)}))
    x = net.samples(digits.x_test[:40])
    found = []
    for numbers in (1 << 23, 640):
        monkeypatch.setattr(inference, "PATCH_NUMBERS", numbers)
        found.append(infer(stages, [stage.crossbar for stage in stages], 0, x))
    whole, pieces = found
    np.testing.assert_allclose(pieces.currents, whole.currents, rtol=1e-9, atol=1e-9 * np.abs(whole.currents).max())
    assert np.array_equal(pieces.decisions.classes, whole.decisions.classes)
    quiet = infer([*stages], [stage.crossbar.with_(variation=Variation()) for stage in stages], 0, x)
    noise = (whole.currents - quiet.currents) / np.abs(quiet.currents).max()
    assert np.abs(noise).max() > 1e-3
    assert len(np.unique(noise[:, 0])) == len(x)


def test_equal_answers_go_to_the_lower_class_and_none_is_undecided():
    times = np.array([[3.0, 2.0, 2.0], [np.inf] * 3, [9.0, 8.0, 7.0]])
    assert by_first_spike(times, 5.0).classes.tolist() == [1, -1, -1]
    assert by_first_spike(times, 5.0).times.tolist() == [2.0, 5.0, 5.0]
    assert by_rate(np.array([[1, 4, 4], [0, 0, 0]]), 1.0).classes.tolist() == [1, -1]


# Deadlines, mismatch


def test_mismatch_changes_decisions_and_deadlines_leave_some_open(network, digits):
    plain = array_to_accuracy(network, digits, neuron="lif", **SMALL)
    spread = array_to_accuracy(network, digits, neuron="lif", mismatch={"c_mem": "30 %"}, **SMALL)
    short = array_to_accuracy(network, digits, neuron="lif", deadline=1.2 * plain.stages[0].full_latency, **SMALL)
    assert np.all(plain.agreement == 1.0)
    assert np.all(spread.agreement < 1.0)
    assert np.all(short.undecided > plain.undecided)
    assert np.allclose(short.undecided, short.missed + short.silent)


# Shifts, energy


def test_shifts_of_a_perfect_integrator_follow_from_the_currents(network, digits):
    """T = Q / I: the shift index is 100 c / (1 + c) % for a relative change c of the current."""
    found = array_to_accuracy(network, digits, neuron="perfect_integrator", **{**SMALL, "shares": (0.0, 0.02)})
    assert np.all(found.shift[:, 0] == 0.0)
    assert np.all(found.change[:, 0] == 0.0)
    kept = np.isfinite(found.shift[0, 1])
    c = found.change[0, 1][kept]
    np.testing.assert_allclose(found.shift[0, 1][kept], 100 * c / (1 + c), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(found.ripple_change[0, 1], 0.02 * found.levels, rtol=1e-12)


@pytest.mark.parametrize("name", ["lif", "behavioural"])
def test_energy_is_that_of_the_neurons_run_up_to_the_decision(name, network, digits):
    subject = NEURONS[name]
    stages = build(network, digits.x_train, settings(subject))
    x = network.samples(digits.x_test[:12])
    one = infer(stages, [stages[0].crossbar], 0, x)
    wanted = []
    for currents, time in zip(one.neuron, one.decisions.times, strict=True):
        trace = subject.simulate(Step(currents), time * (1 + 1e-6), record=())
        wanted.append(sum(float(e.sum()) for e in trace.energy.values()))
    label = stages[0].label
    np.testing.assert_allclose(one.energy[f"neurons, {label}"], wanted, rtol=5e-3)
    g = stages[0].crossbar.conductances
    rows = np.column_stack([x, np.ones(len(x))])
    power = (rows * 0.2) ** 2 @ g.sum(axis=1)
    np.testing.assert_allclose(one.energy[f"array, {label}"], power * one.decisions.times, rtol=1e-12)


# Hidden layers


def clipped_chain(stages, network, x):
    """Scores of the network whose hidden activations are cut below the neuron's least current and at full scale."""
    for k, stage in enumerate(stages):
        for layer in stage.before:
            x = layer.forward(x)
        patches = stage.layer.patches(x)
        sums = (patches * stage.scale) @ stage.layer.weights + stage.layer.bias
        if k == len(stages) - 1:
            return sums[:, 0]
        share = sums / stage.next_scale
        low = (stage.nominal.low[0] - stage.bias) / stage.full
        share = np.where(share < low, 0.0, np.clip(share, 0.0, 1.0))
        x = stage.layer.place(share, stage.shape)
    raise AssertionError


def conv_network(digits):
    """Random filters, pooled, and a trained layer on top."""
    rng = np.random.default_rng(0)
    front = [Conv2d(rng.normal(size=(6, 1, 3, 3)), rng.normal(size=6) * 0.1, padding=1, activation="relu"), MaxPool2d(2)]
    x = digits.x_train.reshape(-1, 1, 8, 8)
    for layer in front:
        x = layer.forward(x)
    features = np.column_stack([x.reshape(len(x), -1), np.ones(len(x))])
    top = np.linalg.lstsq(features, np.eye(10)[digits.y_train], rcond=1e-3)[0]
    return Network([*front, Flatten(), Dense(top[:-1], top[-1])], (1, 8, 8), name="conv")


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_identical_hidden_neurons_pass_on_a_clipped_relu(kind, digits):
    net = conv_network(digits) if kind == "conv" else reference_network("digits", (16,))
    stages = build(net, digits.x_train, settings(LIF(), bias_current=bias_of(LIF(), "rheobase", 240e-6)))
    x = net.samples(digits.x_test)
    one = infer(stages, [stage.crossbar for stage in stages], 0, x)
    scores = clipped_chain(stages, net, x)
    unit = stages[-1].crossbar.unit_current / stages[-1].scale
    np.testing.assert_allclose(one.currents / unit, scores, rtol=1e-4, atol=1e-4 * np.abs(scores).max())
    decided = one.decisions.decided
    assert np.mean(one.decisions.classes[decided] == np.argmax(scores, axis=1)[decided]) > 0.99
    assert stages[0].bias == pytest.approx(30e-6, rel=0.1)
    assert np.mean(one.decisions.classes == digits.y_test) > net.accuracy(x, digits.y_test) - 0.01


def test_the_record_of_a_pooled_network_counts_its_readings(digits):
    result = array_to_accuracy(conv_network(digits), digits, neuron="lif", shares=(0.0,), seeds=1, images=20, spot_check=0)
    assert [(s.inputs, s.outputs, s.positions) for s in result.stages] == [(9, 6, 64), (96, 10, 1)]


def test_sums_over_windows_are_as_good_as_means(digits):
    """SumPool2d gives four times what AvgPool2d gives: with weights a fourth as large it is the same network."""
    rng = np.random.default_rng(0)
    hidden, top = rng.normal(size=(16, 20)), rng.normal(size=(20, 10))
    x = digits.x_test[:50].reshape(-1, 1, 8, 8)
    found = []
    for pool, weights in ((AvgPool2d(2), hidden), (SumPool2d(2), hidden / 4)):
        net = Network([pool, Flatten(), Dense(weights, activation="relu"), Dense(top)], (1, 8, 8))
        stages = build(net, digits.x_train, settings(LIF()))
        found.append(infer(stages, [stage.crossbar for stage in stages], 0, net.samples(x)))
    mean, total = found
    assert np.unique(mean.decisions.classes).size > 1
    np.testing.assert_allclose(total.currents, mean.currents, rtol=1e-9, atol=1e-9 * np.abs(mean.currents).max())
    assert np.array_equal(total.decisions.classes, mean.decisions.classes)


def test_counts_pass_on_a_quantised_relu(digits):
    net = reference_network("digits", (16,))
    stages = build(net, digits.x_train, settings(LIF(), readout="rate"))
    x = net.samples(digits.x_test[:50])
    stage = stages[0]
    passed = forwarded(stage, stage.crossbar, 0, x)
    i = stage.neuron_currents(stage.crossbar.currents(x))
    counts = np.floor(stage.nominal(i))
    steps = stage.nominal.current_of(np.array([[1.0, 2.0, 3.0, 30.0, 31.0]]))[0]
    one = counts == 2
    assert one.any()
    assert np.all((passed[one] >= steps[1] / stage.full) & (passed[one] <= steps[2] / stage.full))
    assert np.all(passed[counts == 0] == 0.0)


# The whole


@pytest.fixture(scope="module")
def result(network, digits):
    return array_to_accuracy(network, digits, fault=["stuck_lrs", "stuck_hrs"], seeds=3, shares=(0, 0.05), spot_check=60)


def test_share_zero_is_the_array_without_faults(result, network, digits):
    x = network.samples(digits.x_test)
    array = Crossbar(network.layers[0].weights, bias=network.layers[0].bias)
    argmax = np.mean(np.argmax(array.currents(x), axis=1) == digits.y_test)
    assert np.all(result.array_accuracy[:, 0] == argmax)
    assert np.all(result.shift[:, 0] == 0)
    assert np.all(result.accuracy[:, 0] == result.accuracy[0, 0, 0])
    assert result.network_accuracy == network.accuracy(digits.x_test, digits.y_test)
    assert np.all(np.abs(result.accuracy[:, 0] + result.undecided[0, 0] / 2 - argmax) <= result.undecided[0, 0] / 2 + 1e-12)


def test_fewer_seeds_are_the_first_of_more(network, digits):
    options = {**SMALL, "neuron": "lif", "mismatch": {"c_mem": 0.05}}
    wanted = array_to_accuracy(network, digits, **{**options, "seeds": 3})
    found = array_to_accuracy(network, digits, **options)
    assert np.array_equal(found.accuracy, wanted.accuracy[:, :, :2])


def test_threads_do_not_matter(network, digits, monkeypatch):
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("NEURISTOR_THREADS", threads)
        one = array_to_accuracy(network, digits, neuron="lif", mismatch={"c_mem": 0.05}, **SMALL)
        found.append(json.dumps({k: v for k, v in one.to_json_dict().items() if k != "timing"}))
    assert found[0] == found[1]


def test_the_circuit_agrees_with_its_model(result):
    check = result.spot_check
    assert check.runs >= 60
    assert check.within
    assert check.largest <= check.stated == 0.01
    assert check.rms <= check.largest
    assert check.changed <= 1


@pytest.mark.slow
@pytest.mark.parametrize("readout", ["first_spike", "rate"])
def test_two_hundred_circuit_runs_agree(network, digits, readout):
    check = array_to_accuracy(network, digits, seeds=3, readout=readout).spot_check
    assert check.runs >= 200
    assert check.within
    assert np.all(np.abs(check.model_counts - check.circuit_counts) <= 1 + 0.01 * check.circuit_counts)


def test_a_wrong_model_is_found_out(network, digits):
    """A threshold charge 5 % off moves every spike by 5 %."""
    wrong = Behavioural(q_th=1.05 * Behavioural().q_th)
    options = {**SMALL, "spot_check": 20, "seeds": 1}
    check = array_to_accuracy(network, digits, neuron=wrong, circuit=CmosLIF(), **options).spot_check
    assert not check.within
    assert check.rms == pytest.approx(0.05, abs=0.01)


def test_spikes_that_only_one_of_both_has_must_lie_at_the_deadline(network, digits):
    """A circuit that is 10 % slower misses those that its model has just before the deadline."""
    (stage,) = build(network, digits.x_train, settings(LIF()))
    levels = np.geomspace(stage.first.low[0], stage.high, 4000)[:, None]
    share = stage.first.times(levels)[:, 0] / stage.deadline
    slower = LIF(c_mem=1.1 * LIF().c_mem)
    for subject, low, high, within, one_sided in (
        (slower, 0.93, 0.98, False, True), (LIF(), 0.3, 0.9, True, False), (slower, 0.3, 0.9, False, False),
        (LIF(c_mem=1.002 * LIF().c_mem), 0.999, 1.0, False, True),
    ):  # fmt: skip
        currents = levels[(share > low) & (share < high)]
        check = compared(Chosen("lif", LIF(), subject, 0.01), stage, currents, len(currents))
        assert check.runs == len(currents) > 0
        assert check.within == within
        assert (check.one_sided == check.runs) == one_sided
    nothing = compared(Chosen("lif", LIF(), LIF(), 0.01), stage, np.zeros((3, 1)), 3)
    assert not nothing.within
    assert nothing.runs == 0


def test_the_result_is_whole(result):
    told = json.loads(json.dumps(no_nan(result.to_json_dict())))
    assert np.shape(told["accuracy"]) == (2, 2, 3)
    width = np.diff(result.change_edges)
    assert np.all((result.change_density * width).sum(axis=2) <= 1 + 1e-12)
    assert (result.ripple_density[:, 1] * width).sum(axis=1) == pytest.approx(1.0)
    np.testing.assert_allclose(sum(result.energy.values()), result.energy_total)
    assert np.all(result.accuracy_low[:, 1] <= result.accuracy_mean[:, 1])
    assert np.all(result.image_low < result.accuracy_mean)


def test_a_bias_that_fires_alone_leaves_no_relative_change(network, digits):
    """Neurons whose bias current alone makes them spike may decide on a negative array current."""
    found = array_to_accuracy(network, digits, neuron="lif", bias_current="200 uA", mismatch={"c_mem": 0.3}, **SMALL)
    assert np.all(found.undecided == 0)
    assert np.all(found.change[:, 0] == 0.0)
    assert np.all(found.change[:, 1, 0] > -10)
