"""Spiking networks through NIR: what snnTorch and Norse compute from the same graphs, step by step, and exact solutions.

What the programs computed is kept in references/nir_networks.npz (references/make_nir_networks.py); where one of them is
installed, it runs again.
"""

from dataclasses import replace
from math import exp
from pathlib import Path

import numpy as np
import pytest
from references import make_nir_networks as made

import neuristor as nr
from neuristor.networks import Dense, LIFLayer, Network, infer
from neuristor.networks.nir_network import PARAMETERS, Neurons, SpikingNetwork
from neuristor.networks.nir_spiking import (
    as_read_by,
    from_lif_layers,
    lif_layers,
    neurons_of,
    spiking_from_nir,
    spiking_to_nir,
    with_neurons,
    write_spiking_nir,
)

nir = pytest.importorskip("nir")
REFERENCES = Path(__file__).parent / "references"
CASES = [(program, name) for program, names in made.BY.items() for name in names]


@pytest.fixture(scope="module")
def told():
    with np.load(REFERENCES / "nir_networks.npz") as stored:
        return dict(stored)


def unpacked(bits, shape):
    return np.unpackbits(bits, count=int(np.prod(shape))).reshape(shape).astype(bool)


def inputs(told, name, network):
    return unpacked(told[f"{name} in"], (made.STEPS, made.SAMPLES, *network.shapes[0]))


def neuron_courses(network, spikes):
    """Spikes, and potentials after a reset as multiples of the threshold, of every layer of neurons."""
    found = []
    for stage, course in zip(network.stages, network.run(spikes), strict=True):
        if isinstance(stage, Neurons):
            fired = course.outputs > 0
            after = np.where(fired, stage.values["v_reset"], course.potentials)
            found.append((fired, after / stage.values["v_threshold"]))
    return found


def values(kind, **changes):
    """Parameters of a kind of neuron for a step of 0.1 ms, one number each."""
    usual = {
        "tau": 1e-3,
        "tau_mem": 1e-3,
        "tau_syn": 5e-4,
        "w_in": 1.0,
        "r": 1.0,
        "v_leak": 0.0,
        "v_threshold": 1.0,
        "v_reset": 0.0,
    }
    return {**{key: usual[key] for key in PARAMETERS[kind]}, **changes}


def one_layer(kind, n=3, dt=1e-4, reset="v_reset", **changes):
    return SpikingNetwork([Dense(np.eye(n)), Neurons(kind, values(kind, **changes))], (n,), dt, reset)


@pytest.mark.parametrize(("program", "name"), CASES)
def test_programs_compute_the_same(told, program, name):
    """Every spike of every layer of the graph, and the potentials at the end to what float32 holds."""
    network = as_read_by(spiking_from_nir(REFERENCES / f"nir_{name}.nir", made.DT), program)
    for k, (fired, after) in enumerate(neuron_courses(network, inputs(told, name, network))):
        assert 0.01 < fired.mean() < 0.6
        assert np.array_equal(fired, unpacked(told[f"{name} {program} {k} spikes"], fired.shape))
        assert np.allclose(after[-1], told[f"{name} {program} {k} v"].reshape(after[-1].shape), rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(("program", "name"), CASES)
def test_installed_programs_compute_the_same(program, name):
    """The same with the program itself, fed with other spikes."""
    pytest.importorskip("nirtorch")
    pytest.importorskip(program)
    network = as_read_by(spiking_from_nir(REFERENCES / f"nir_{name}.nir", made.DT), program)
    spikes = np.random.default_rng(5).random((40, 2, *network.shapes[0])) < 0.25
    theirs = made.RUN[program](nir.read(REFERENCES / f"nir_{name}.nir"), spikes)
    for (fired, after), (peer, v) in zip(neuron_courses(network, spikes), theirs, strict=True):
        assert fired.any()
        assert np.array_equal(fired, peer.reshape(fired.shape))
        assert np.allclose(after, v.reshape(after.shape), rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(("program", "name"), [("norse", "odd"), ("norse", "if"), ("snntorch", "cuba"), ("norse", "cuba")])
def test_what_programs_leave_out_matters(told, program, name):
    """Graphs whose v_reset, r or unit of a spike a program does not obey: it fires otherwise than NIR says."""
    network = spiking_from_nir(REFERENCES / f"nir_{name}.nir", made.DT)
    fired, _ = neuron_courses(network, inputs(told, name, network))[0]
    assert np.count_nonzero(fired != unpacked(told[f"{name} {program} 0 spikes"], fired.shape)) > 10


@pytest.mark.parametrize("name", made.GRAPHS)
def test_round_trip(name, tmp_path):
    """Every number of a written graph, to the bit, after reading and writing it again; NIR itself checks the types."""
    drawn, read = made.networks()[name], spiking_from_nir(REFERENCES / f"nir_{name}.nir", made.DT)
    again = spiking_from_nir(write_spiking_nir(read, tmp_path / "again.nir"), made.DT)
    nir.read(tmp_path / "again.nir")
    for one, other in ((drawn, read), (read, again)):
        assert one.shapes == other.shapes
        for a, b in zip(one.stages, other.stages, strict=True):
            assert a.kind == b.kind
            for key, value in (a.values if isinstance(a, Neurons) else vars(a)).items():
                assert key == "name" or np.array_equal(value, (b.values if isinstance(b, Neurons) else vars(b))[key])
    spikes = made.inputs(name)[:20]
    assert np.array_equal(drawn.run(spikes)[-1].outputs, again.run(spikes)[-1].outputs)


def test_names_that_are_taken():
    """Stages named like each other, like NIR's ends or like the name that another would get stay apart."""
    stages = [
        Dense(np.eye(3), name="dense_1"),
        Dense(2 * np.eye(3)),
        Neurons("LI", values("LI"), "output"),
        Dense(np.eye(3), name="input"),
    ]
    network = SpikingNetwork(stages, (3,), 1e-4)
    written = spiking_to_nir(network)
    assert len(written.nodes) == 6
    again, x = spiking_from_nir(written, 1e-4), np.ones((4, 1, 3))
    assert np.array_equal(again.run(x)[-1].outputs, network.run(x)[-1].outputs)


@pytest.mark.parametrize(("name", "like"), [("dense", "lif"), ("pictures", "conv")])
def test_graphs_that_snntorch_wrote(told, name, like):
    """Its own network with reset "zero" is what its graph says; with its default, "subtract", the graph says another."""
    network = spiking_from_nir(REFERENCES / f"nir_{name}_by_snntorch.nir", made.DT)
    found = network.run(inputs(told, like, network))[-1].outputs > 0
    zero, subtract = (unpacked(told[f"snntorch {name} {reset}"], found.shape) for reset in ("zero", "subtract"))
    assert found.mean() > 0.05
    assert np.array_equal(found, zero)
    assert np.count_nonzero(zero != subtract) > 100


def test_what_snntorch_does_by_default(told):
    """LIFLayer computes both resets of the dense one."""
    network = spiking_from_nir(REFERENCES / "nir_dense_by_snntorch.nir", made.DT)
    spikes, layers = inputs(told, "lif", network), lif_layers(network)
    for reset in ("zero", "subtract"):
        found = infer([replace(layer, reset=reset) for layer in layers], spikes)
        assert np.array_equal(found, unpacked(told[f"snntorch dense {reset}"], found.shape))


@pytest.mark.parametrize(("name", "reset"), [("lif", "v_reset"), ("lif", "subtract"), ("if", "v_reset")])
def test_infer_computes_the_same(told, name, reset):
    network = spiking_from_nir(REFERENCES / f"nir_{name}.nir", 1.0 if name == "if" else made.DT, reset=reset)
    spikes = inputs(told, name, network)
    found = infer(lif_layers(network), spikes)
    assert found.any()
    assert np.array_equal(found, network.run(spikes)[-1].outputs > 0)


def test_layers_of_infer_through_nir(tmp_path):
    draw = np.random.default_rng(3)
    layers = [
        LIFLayer(draw.normal(size=(12, 9)), draw.normal(size=9) / 9, 0.875, 1.5, "zero"),
        LIFLayer(draw.normal(size=(9, 4)), None, 1.0, 0.75, "zero"),
    ]
    spikes = draw.random((50, 3, 12)) < 0.3
    path = write_spiking_nir(from_lif_layers(layers, "1 ms"), tmp_path / "net.nir")
    network = spiking_from_nir(path, "1 ms")
    assert [stage.kind for stage in network.stages] == ["Dense", "LIF", "Dense", "IF"]
    again = lif_layers(network)
    assert infer(layers, spikes).any()
    assert np.array_equal(infer(again, spikes), infer(layers, spikes))
    assert np.allclose([layer.beta for layer in again], [0.875, 1.0], rtol=1e-15)


@pytest.mark.parametrize("share", [1.2, 2.0, 5.0])
def test_equation_neurons(share):
    """Spikes of the LIF neuron under a constant current: forward Euler is T dt / 2 tau early, and on the grid."""
    neuron, n, dt = nr.LIF(v_reset="-75 mV", t_ref=0), 6, 2e-6
    tau, current = neuron.r_mem * neuron.c_mem, share * 30e-6
    stage = neurons_of(neuron)
    exact = nr.simulate(neuron, nr.Step(current), 0.05).spikes[0][:n]
    assert len(exact) >= 3
    steps = int(np.ceil(exact[-1] / dt)) + 5
    network = SpikingNetwork([Dense(np.eye(1)), stage], (1,), dt)
    found = dt * (1 + np.flatnonzero(network.run(np.full((steps, 1, 1), current))[-1].outputs))
    bound = dt * np.arange(1, len(exact) + 1) + exact * dt / tau
    assert np.all(np.abs(found[: len(exact)] - exact) < bound)


def test_the_perfect_integrator_is_an_if():
    neuron = nr.PerfectIntegrator()
    exact = nr.simulate(neuron, nr.Step("10 pA"), 2e-3).spikes[0]
    network = SpikingNetwork([Dense(np.eye(1)), neurons_of(neuron)], (1,), 1e-7, "subtract")
    found = 1e-7 * (1 + np.flatnonzero(network.run(np.full((20_000, 1, 1), 10e-12))[-1].outputs))
    assert len(exact) in (len(found), len(found) + 1)
    assert np.all(np.abs(found - exact[: len(found)]) <= 1.01e-7)


def test_a_classifier_of_spiking_neurons():
    """IF neurons that keep their excess fire at max(0, x) a step: the scores, averaged over steps, are the network's."""
    draw, steps = np.random.default_rng(17), 4000
    v = draw.normal(size=(8, 3))
    network = Network([Dense(draw.normal(size=(5, 8)) / 6, draw.normal(size=8) / 9, "relu"), Dense(v, draw.normal(size=3))])
    spiking = with_neurons(network, Neurons("IF", values("IF")), 1.0, "subtract")
    x = draw.random((6, 5))
    scores = spiking.run(np.broadcast_to(x, (steps, *x.shape)))[-1].outputs.mean(axis=0)
    assert spiking_to_nir(spiking).nodes["if_1"].v_threshold.shape == (8,)
    assert np.all(np.abs(scores - network.forward(x)) <= np.abs(v).sum(axis=0) / steps)


def test_leaky_integrators_follow_their_equations():
    """CubaLI after a spike: r w_in / (tau_mem - tau_syn) (e^(-t/tau_mem) - e^(-t/tau_syn)), half the error at half dt."""
    tau_mem, tau_syn, t, errors = 20e-3, 5e-3, 12e-3, []
    exact = (exp(-t / tau_mem) - exp(-t / tau_syn)) / (tau_mem - tau_syn)
    for steps in (600, 1200, 2400):
        dt = t / steps
        network = one_layer("CubaLI", 1, dt, tau_mem=tau_mem, tau_syn=tau_syn, w_in=2.0, r=0.5)
        spike = np.zeros((steps + 1, 1, 1))
        spike[0] = 1 / dt
        errors.append(network.run(spike)[-1].outputs[steps, 0, 0] - exact)
    assert np.allclose(np.divide(errors[:-1], errors[1:]), 2.0, atol=0.02)
    rises = one_layer("LI", 1, v_leak=-0.25, r=2.0).run(np.ones((50, 1, 1)))[-1].outputs[:, 0, 0]
    assert np.allclose(rises, -0.25 + 2.0 * (1 - 0.9 ** np.arange(1, 51)), rtol=1e-12)


def test_subtraction_loses_no_charge():
    draw = np.random.default_rng(9)
    network = one_layer("IF", 3, 0.5, "subtract", r=2.0, v_threshold=np.array([0.75, 1.25, 2.5]), v_reset=0.25)
    x = draw.random((400, 2, 3))
    fired, v = network.run(x)[-1]
    left = v[-1] - fired[-1] * (np.array([0.75, 1.25, 2.5]) - 0.25)
    assert np.allclose(fired.sum(axis=0) * (np.array([0.75, 1.25, 2.5]) - 0.25) + left, 0.25 + x.sum(axis=0), rtol=1e-12)
