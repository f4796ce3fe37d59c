"""Spiking networks that neuristor wrote as NIR graphs, as snnTorch and Norse run them, and two that snnTorch wrote.

    python tests/references/make_nir_networks.py write      writes nir_*.nir, needs neuristor
    pip install snntorch==1.0.0 norse==1.1.0 nir==1.0.8 nirtorch==2.6 torch==2.13.0 "numpy<2.4"
    python tests/references/make_nir_networks.py run        writes nir_networks.npz and nir_*_by_snntorch.nir, needs these

Of every neuron: its spikes, and its last potential, after a reset, as a multiple of the threshold. Both programs hand
the Flatten of a graph the axis of the samples too, so that samples are shown one at a time.
What they cannot run: snnTorch has no SumPool2d, and its IF (a leaky neuron that keeps 0.9 a step) hands the next layer a
pair; Norse has no AvgPool2d.
"""

import contextlib
import io
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
GRAPHS = ("lif", "cuba", "if", "conv", "sum", "odd")
BY = {"snntorch": ("lif", "cuba", "conv"), "norse": ("lif", "cuba", "if", "sum", "odd")}  # what each can run
STEPS, SAMPLES, DT = 120, 4, 1e-4
OWN = {"dense": (30,), "pictures": (2, 8, 8)}
SHAPES = {"conv": (2, 8, 8), "sum": (2, 8, 8)}


def networks():
    """Networks by name, drawn from a seed; float32 numbers, so that nobody rounds them."""
    from neuristor.networks import AvgPool2d, Conv2d, Dense, Flatten, SumPool2d
    from neuristor.networks.nir_network import Neurons, SpikingNetwork

    rng = np.random.default_rng(129)

    def draw(*shape, scale):
        return rng.normal(scale=scale, size=shape).astype(np.float32)

    def dense(inputs, outputs, scale):
        return Dense(draw(inputs, outputs, scale=scale), draw(outputs, scale=scale / 10))

    def lif(keeps, shape, r=1.0, v_leak=0.0, v_reset=0.0):
        numbers = {"tau": DT / (1 - keeps), "r": r, "v_leak": v_leak, "v_threshold": 1.0, "v_reset": v_reset}
        return Neurons("LIF", {key: np.full(shape, value) for key, value in numbers.items()})

    def cuba(keeps, syn, n):
        numbers = {"tau_mem": DT / (1 - keeps), "tau_syn": DT / (1 - syn), "r": 1 / (1 - keeps), "v_leak": 0.0, "w_in": 0.75}
        numbers |= {"v_threshold": 1.0, "v_reset": -0.25}
        return Neurons("CubaLIF", {key: np.full(n, value) for key, value in numbers.items()})

    def integrators(n):
        return Neurons("IF", {"r": np.ones(n), "v_threshold": np.full(n, 1.5), "v_reset": np.zeros(n)})

    def pictures(pool):
        kernel, bias = draw(3, 2, 3, 3, scale=3), draw(3, scale=1)
        layers = [Conv2d(kernel, bias, padding=1), lif(0.8, (3, 8, 8)), pool(2), Flatten(), dense(48, 10, 4.0), lif(0.9, 10)]
        return SpikingNetwork(layers, SHAPES["conv"], DT)

    return {
        "lif": SpikingNetwork([dense(30, 40, 3.0), lif(0.9, 40), dense(40, 10, 4.0), lif(0.85, 10)], (30,), DT),
        "cuba": SpikingNetwork([dense(30, 40, 0.4), cuba(0.9, 0.7, 40), dense(40, 10, 0.4), cuba(0.8, 0.6, 10)], (30,), DT),
        "if": SpikingNetwork([dense(30, 40, 0.5), integrators(40), dense(40, 10, 0.5), integrators(10)], (30,), DT),
        "conv": pictures(AvgPool2d),
        "sum": pictures(SumPool2d),
        "odd": SpikingNetwork([dense(30, 40, 3.0), lif(0.9, 40, r=2.0, v_leak=0.25, v_reset=-0.5)], (30,), DT),
    }


def inputs(name):
    """Spikes (steps, samples, *shape)."""
    shape = SHAPES.get(name, (30,))
    return np.random.default_rng([7, GRAPHS.index(name)]).random((STEPS, SAMPLES, *shape)) < 0.2


def by_snntorch(graph, spikes):
    """Spikes and potentials (steps, samples, 1, *neurons) of each layer of neurons, the 1 lost behind a Flatten."""
    import snntorch
    import torch
    from snntorch.import_nir import import_from_nir

    found = []
    for k in range(spikes.shape[1]):
        with contextlib.redirect_stdout(io.StringIO()):  # it tells that it scales thresholds
            net = import_from_nir(graph)
        parts = [m for m in net.modules() if isinstance(m, snntorch.Leaky | snntorch.Synaptic)]
        found.append([([], []) for _ in parts])
        for part, told in zip(parts, found[-1], strict=True):
            part.register_forward_hook(keep_snntorch(told))
        state = None
        with torch.no_grad():
            for x in spikes[:, k]:
                _, state = net(torch.tensor(x[None], dtype=torch.float32), state)
    return transposed(found)


def keep_snntorch(told):
    def hook(module, _, fired):
        told[0].append(fired.numpy().reshape(module.mem.shape) > 0)
        told[1].append((module.mem / module.threshold).numpy())

    return hook


def by_norse(graph, spikes):
    """Spikes and potentials (steps, samples, 1, *neurons) of each layer of neurons, the 1 lost behind a Flatten."""
    import torch
    from norse.torch import from_nir
    from norse.torch.module.iaf import IAFCell
    from norse.torch.module.lif_box import LIFBoxCell

    found = []
    for k in range(spikes.shape[1]):
        net = from_nir(graph, ignore_warnings=True, dt=DT)
        parts = [m for m in net.modules() if isinstance(m, LIFBoxCell | IAFCell)]
        found.append([([], []) for _ in parts])
        for part, told in zip(parts, found[-1], strict=True):
            part.register_forward_hook(keep_norse(told))
        state = None
        with torch.no_grad():
            for x in spikes[:, k]:
                _, state = net(torch.tensor(x[None], dtype=torch.float32), state)
    return transposed(found)


def keep_norse(told):
    def hook(module, _, out):
        told[0].append(out[0].numpy() > 0)
        told[1].append((out[1].v / module.p.v_th).numpy())

    return hook


def transposed(found):
    """[sample][layer](spikes, potentials)[step] -> [layer](spikes, potentials) (steps, samples, 1, *neurons)."""
    return [
        tuple(np.stack([np.stack(sample[layer][what]) for sample in found], axis=1) for what in (0, 1))
        for layer in range(len(found[0]))
    ]


RUN = {"snntorch": by_snntorch, "norse": by_norse}


def own_network(name, reset):
    """Neurons of snnTorch with its defaults, but for what a spike does: 30 - 40 - 10, or pictures.

    Those with a synaptic current reset at once: by default they lose the input of the step after a spike.
    """
    import snntorch
    import torch

    torch.manual_seed(138)
    nn, rest = torch.nn, {"init_hidden": True, "reset_mechanism": reset}

    def leaky(beta, *shape):
        return snntorch.Leaky(torch.full(shape, beta), torch.ones(shape), **rest)

    if name == "dense":
        layers = [nn.Linear(30, 40), leaky(0.9, 40), nn.Linear(40, 10), leaky(0.8, 10)]
    else:
        alpha, beta = torch.full((10,), 0.5), torch.full((10,), 0.75)
        synaptic = snntorch.Synaptic(alpha, beta, torch.ones(10), reset_delay=False, **rest)
        layers = [nn.Conv2d(2, 3, 3), leaky(0.9, 3, 6, 6), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(27, 10), synaptic]
    for layer in layers[::2] if name == "dense" else (layers[0], layers[4]):
        layer.weight.data *= 4.0
    return nn.Sequential(*layers)


def run_own(name, reset, spikes):
    """Output spikes (steps, samples, neurons) of `own_network`."""
    import torch

    with torch.no_grad():
        net = own_network(name, reset)
        return np.stack([net(torch.tensor(x, dtype=torch.float32)).numpy() > 0 for x in spikes])


def graph_by_snntorch(name):
    """The graph that snnTorch makes of `own_network`: the same for every reset."""
    import torch
    from snntorch.export_nir import export_to_nir

    return export_to_nir(own_network(name, "subtract"), torch.zeros(1, *OWN[name]), ignore_dims=[0])


def run():
    import nir

    told = {}
    for program, names in BY.items():
        for name in names:
            spikes = inputs(name)
            told[f"{name} in"] = np.packbits(spikes)
            for k, (fired, potentials) in enumerate(RUN[program](nir.read(HERE / f"nir_{name}.nir"), spikes)):
                told[f"{name} {program} {k} spikes"] = np.packbits(fired)
                told[f"{name} {program} {k} v"] = potentials[-1]
    for name, like in (("dense", "lif"), ("pictures", "conv")):
        for reset in ("zero", "subtract"):
            told[f"snntorch {name} {reset}"] = np.packbits(run_own(name, reset, inputs(like)))
        nir.write(HERE / f"nir_{name}_by_snntorch.nir", graph_by_snntorch(name))
    np.savez_compressed(HERE / "nir_networks.npz", **told)


def write():
    from neuristor.networks.nir_spiking import write_spiking_nir

    for name, network in networks().items():
        write_spiking_nir(network, HERE / f"nir_{name}.nir")


if __name__ == "__main__":
    {"write": write, "run": run}[sys.argv[1]]()
