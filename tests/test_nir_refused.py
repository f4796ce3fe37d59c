"""Spiking NIR networks: what cannot be is said in one sentence."""

import numpy as np
import pytest
from test_nir_spiking import one_layer, values

import neuristor as nr
from neuristor.errors import InputError
from neuristor.networks import Dense, Flatten, LIFLayer, MaxPool2d
from neuristor.networks.nir_network import Neurons, SpikingNetwork
from neuristor.networks.nir_spiking import (
    as_read_by,
    from_lif_layers,
    lif_layers,
    neurons_of,
    spiking_from_nir,
    spiking_to_nir,
    write_spiking_nir,
)

nir = pytest.importorskip("nir")


def graph(*nodes, size):
    named = {"input": nir.Input(np.atleast_1d(size)), **{f"n{k}": node for k, node in enumerate(nodes)}}
    names = list(named)
    return nir.NIRGraph(named, list(zip(names, names[1:], strict=False)), type_check=False)


def read(*nodes, size=3):
    return spiking_from_nir(graph(*nodes, size=size), 1e-4)


def layers_read(**changes):
    return lif_layers(one_layer("LIF", **changes))


def node(kind, **changes):
    return getattr(nir, kind)(**{key: np.full(3, value) for key, value in values(kind, **changes).items()})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: read(nir.Threshold(np.ones(3))), r"node 'n0' \(Threshold\): a node of this kind"),
        (lambda: read(node("LIF", tau=0.0)), r"node 'n0' \(LIF\): .*tau must be above 0, not 0"),
        (lambda: read(node("LIF", r=np.nan)), "r must be finite real numbers"),
        (lambda: read(node("IF", v_reset=1.0)), "v_threshold must lie above v_reset"),
        (lambda: read(node("LIF"), size=4), r"\(n0: LIF\) wants 3 inputs, .* but the input gives 4"),
        (lambda: read(nir.Flatten({"input": np.array([2, 2])}, 1, 0), size=(2, 2)), "flattens axes 1 to 0 only"),
        (lambda: spiking_from_nir("none.nir", 1e-4), "none.nir cannot be read as a NIR graph"),
        (lambda: spiking_from_nir({}, 1e-4), "a .nir file or a nir.NIRGraph is needed, not dict"),
        (lambda: one_layer("LIF", dt="2 s").run(np.ones((2, 1, 3))), "a step of 2 s is longer than tau = 1 ms"),
        (lambda: one_layer("LIF", dt=0), "dt must be above 0"),
        (lambda: one_layer("LIF", dt="1 mV"), "dt"),
        (lambda: one_layer("LIF", reset="substract"), "unknown reset 'substract'.*subtract"),
        (lambda: one_layer("LIF").run(np.ones((2, 3))), r"inputs of shape \(2 x 3\) do not fit: \(steps x samples x 3\)"),
        (lambda: one_layer("LIF").run(np.full((2, 1, 3), np.inf)), "inputs must be finite"),
        (lambda: Neurons("Lif", {}), "unknown kind of neuron 'Lif'.*LIF"),
        (lambda: Neurons("IF", {"r": 1.0}), "IF: r, v_threshold, v_reset are needed, not r"),
        (lambda: neurons_of(nr.LIF()), "lif: NIR has no refractory time, t_ref = 1 ms would be lost"),
        (lambda: neurons_of(nr.Izhikevich()), "izhikevich: NIR has the equations of lif and perfect_integrator only"),
        (lambda: as_read_by(one_layer("IF"), "snntorch"), r"stage 2 \(IF\): snntorch cannot run IF"),
        (lambda: as_read_by(one_layer("LIF"), "sinabs"), "unknown program 'sinabs'"),
        (lambda: as_read_by(one_layer("LIF", v_leak=-0.5), "snntorch"), "snntorch wants v_leak = 0"),
        (lambda: as_read_by(one_layer("LIF", dt="1 ms"), "snntorch"), "snntorch steps a graph by 100 us, not 1 ms"),
        (lambda: as_read_by(one_layer("CubaLIF"), "snntorch"), "wants r = tau_mem / dt"),
        (lambda: as_read_by(one_layer("CubaLIF", v_leak=0.5), "norse"), "norse adds v_leak to the synaptic current"),
        (lambda: lif_layers(one_layer("CubaLIF")), "infer runs LIF and IF neurons"),
        (lambda: layers_read(v_reset=-0.5), "infer needs v_leak = v_reset = 0"),
        (lambda: layers_read(tau=np.array([1e-3, 2e-3, 1e-3])), "infer needs one tau a layer"),
        (lambda: from_lif_layers([LIFLayer(np.eye(3))], 1e-4), "layer 1: a neuron of NIR begins again from v_reset"),
        (lambda: from_lif_layers([], 1e-4), "at least one"),
        (lambda: write_spiking_nir(one_layer("LIF"), "net.npz"), "net.npz: a spiking network is written as .nir"),
        (
            lambda: spiking_to_nir(SpikingNetwork([MaxPool2d(2), Flatten()], (1, 4, 4), 1e-4)),
            r"stage 1 \(MaxPool2d\): NIR has no MaxPool2d",
        ),
        (
            lambda: spiking_to_nir(SpikingNetwork([Dense(np.eye(2), activation="relu")], (2,), 1e-4)),
            r"stage 1 \(Dense\): its relu is no node; use Neurons",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be(make, message):
    with pytest.raises(InputError, match=message) as told:
        make()
    assert "\n" not in str(told.value)
