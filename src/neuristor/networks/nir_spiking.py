"""NIR graphs to spiking networks and back, and how other programs step the same graph.

NIR fixes differential equations, not a step: programs differ in the step, in which parameters they obey and in what a
spike does. `SpikingNetwork` obeys them all; `as_read_by` gives what another program computes from the same graph:
norse     1.1, step 1 ms unless told: v_reset is 0, r of LIF is 1, v_leak of CubaLIF must be 0, IF adds its input whole;
          no AvgPool2d
snntorch  1.0, step 0.1 ms: v_reset is 0, v_leak must be 0, a layer has one threshold, CubaLIF wants r = tau_mem / dt; no
          SumPool2d; an IF stops it (it is read as a leaky neuron that keeps 0.9 a step, and hands on a pair)
Both begin at v_leak or 0, compare v > v_threshold and reset at once, as here. snnTorch's own neurons, made without a
graph, reset at the next step by default: Leaky subtracts then (spiking_inference.LIFLayer, "subtract"), Synaptic with
"zero" loses that step's input; its graphs say neither, so that they run as with "zero" and reset_delay=False.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..errors import InputError, nearest
from ..neurons.lif import LIF
from ..neurons.perfect_integrator import PerfectIntegrator
from ..quantities import show
from .dataset_files import written_whole
from .layers import Conv2d, Dense, ReLU, Shape
from .network import Network
from .nir_io import free_label, layer_from, nir_or_error, node_of, read_graph, row_of, take_all
from .nir_network import PARAMETERS, Neurons, SpikingNetwork, Stage, label_of
from .settings import single
from .spiking_inference import LIFLayer

SNNTORCH_DT = 1e-4  # s, written in its source
STAGES_READ = ("Affine", "Linear", "Conv2d", "AvgPool2d", "SumPool2d", "Flatten", *PARAMETERS)


def spiking_from_nir(
    source: Any, dt: Any, *, reset: str = "v_reset", input_shape: Sequence[int] | None = None
) -> SpikingNetwork:
    """The network of a .nir file or a nir.NIRGraph whose nodes stand in a row; InputError names what cannot be read."""
    graph = read_graph(Path(source)) if isinstance(source, str | Path) else source
    if type(graph).__name__ != "NIRGraph":
        raise InputError(f"a .nir file or a nir.NIRGraph is needed, not {type(graph).__name__}")
    stages: list[Stage] = []
    stored = take_all(graph, lambda label, node, kind: stages.append(stage_from(node, label, kind)))
    shape = stored if input_shape is None else input_shape
    if shape is None:
        raise InputError("the graph does not say the shape of its input: give input_shape, e.g. (1, 28, 28)")
    return SpikingNetwork(stages, tuple(shape), dt, reset)


def stage_from(node: Any, label: str, kind: str) -> Stage:
    if kind in PARAMETERS:
        return Neurons(kind, {key: getattr(node, key) for key in PARAMETERS[kind]}, label)
    if (layer := layer_from(node, label)) is None:
        raise InputError(f"a node of this kind cannot be read; {', '.join(STAGES_READ)} can")
    return layer


def spiking_to_nir(network: SpikingNetwork) -> Any:
    """The network as a nir.NIRGraph, every parameter to the bit; the step and the name of the reset are not stored."""
    nir = nir_or_error("writing a NIR graph")
    nodes: dict[str, Any] = {"input": nir.Input(np.array(network.shapes[0]))}
    for k, (stage, shape) in enumerate(zip(network.stages, network.shapes, strict=False)):
        label = free_label(stage, k, nodes)
        if isinstance(stage, Neurons):
            full = {key: spread(value, shape) for key, value in stage.values.items()}
            nodes[label] = getattr(nir, stage.kind)(**full)
        else:
            if stage.activation != "linear":
                raise InputError(f"{label_of(k, stage)}: its {stage.activation} is no node; use Neurons('IF', ...)")
            nodes[label] = node_of(nir, stage, shape, label_of(k, stage))
    nodes["output"] = nir.Output(np.array(network.shapes[-1]))
    return row_of(nir, nodes)


def spread(value: np.ndarray, shape: Shape) -> np.ndarray:
    """One number for all neurons as an array of them."""
    return np.full(shape, value.reshape(())) if value.size == 1 else value.copy()


def write_spiking_nir(network: SpikingNetwork, path: str | Path) -> Path:
    """Write the network's graph; the file appears whole or not at all."""
    target = Path(path).expanduser()
    if target.suffix.lower() != ".nir":
        raise InputError(f"{target}: a spiking network is written as .nir")
    graph = spiking_to_nir(network)
    with written_whole(target) as file:
        nir_or_error(f"writing {target}").write(file, graph)
    return target


def as_read_by(network: SpikingNetwork, program: str) -> SpikingNetwork:
    """What `program` computes from the network's graph; InputError where it cannot run the graph."""
    if program not in READINGS:
        raise InputError(f"unknown program {program!r}{nearest(str(program), READINGS)}; there are {', '.join(READINGS)}")
    stages: list[Stage] = []
    for k, stage in enumerate(network.stages):
        if stage.kind in NOT_RUN[program]:
            raise InputError(f"{label_of(k, stage)}: {program} cannot run {stage.kind}")
        try:
            stages.append(READINGS[program](stage, network.dt) if isinstance(stage, Neurons) else stage)
        except InputError as why:
            raise InputError(f"{label_of(k, stage)}: {program} {why}") from None
    return replace(network, stages=stages, reset="v_reset")


def by_norse(stage: Neurons, dt: float) -> Neurons:
    values = dict(stage.values)
    if stage.kind == "CubaLIF" and np.any(values["v_leak"]):
        raise InputError("adds v_leak to the synaptic current too, so that it must be 0")
    if stage.kind != "CubaLIF":
        values["r"] = np.full(values["r"].shape, 1.0 if stage.kind == "LIF" else 1 / dt)
    return replace(stage, values={**values, "v_reset": np.zeros(())})


def by_snntorch(stage: Neurons, dt: float) -> Neurons:
    values = stage.values
    if not np.isclose(dt, SNNTORCH_DT, rtol=1e-9, atol=0):
        raise InputError(f"steps a graph by {show(SNNTORCH_DT, 's')}, not {show(dt, 's')}")
    if np.ptp(values["v_threshold"]) > 0:
        raise InputError("has one v_threshold a layer")
    if np.any(values["v_leak"]):
        raise InputError("wants v_leak = 0")
    if stage.kind == "CubaLIF" and not np.allclose(values["r"], values["tau_mem"] / dt):
        raise InputError("wants r = tau_mem / dt in a CubaLIF")
    return replace(stage, values={**values, "v_reset": np.zeros(())})


READINGS: Mapping[str, Callable[[Neurons, float], Neurons]] = {"norse": by_norse, "snntorch": by_snntorch}
NOT_RUN = {"norse": ("AvgPool2d", "I", "LI", "CubaLI"), "snntorch": ("SumPool2d", "IF", "I", "LI", "CubaLI")}


def neurons_of(neuron: Any, name: str = "") -> Neurons:
    """An equation neuron as NIR has it: LIF, or PerfectIntegrator as IF; driven by currents in A.

    InputError for what NIR does not have: a refractory time, the refractory kernel of the spike response model, others.
    """
    if not isinstance(neuron, LIF | PerfectIntegrator):
        told = getattr(neuron, "name", type(neuron).__name__)
        raise InputError(f"{told}: NIR has the equations of lif and perfect_integrator only")
    single(neuron)
    if neuron.t_ref:
        raise InputError(
            f"{neuron.name}: NIR has no refractory time, t_ref = {show(neuron.t_ref, 's')} would be lost; set 0"
        )
    fires = {"v_threshold": neuron.v_th, "v_reset": neuron.v_reset}
    if isinstance(neuron, PerfectIntegrator):
        return Neurons("IF", {"r": 1 / neuron.c_mem, **fires}, name)
    values = {"tau": neuron.r_mem * neuron.c_mem, "r": neuron.r_mem, "v_leak": neuron.v_rest}
    return Neurons("LIF", {**values, **fires}, name)


def with_neurons(network: Network, neurons: Neurons, dt: Any, reset: str = "v_reset") -> SpikingNetwork:
    """A trained classifier with such neurons in place of every max(0, x); a last layer without one stays a layer."""
    stages: list[Stage] = []
    for layer in network.layers:
        if isinstance(layer, Dense | Conv2d):
            stages.append(replace(layer, activation="linear"))
        elif not isinstance(layer, ReLU):
            stages.append(layer)
        if isinstance(layer, ReLU) or layer.activation == "relu":
            stages.append(replace(neurons, name=""))
    return SpikingNetwork(stages, network.input_shape, dt, reset)


def from_lif_layers(layers: Sequence[LIFLayer], dt: Any) -> SpikingNetwork:
    """Layers of `infer` as LIF nodes, IF where nothing leaks, for a step dt: r is such that a spike counts its weight once.

    InputError for a reset that NIR does not have (all but "zero").
    """
    if not layers:
        raise InputError("at least one layer is needed")
    made = SpikingNetwork([Dense(layer.weights, layer.bias) for layer in layers], layers[0].weights.shape[:1], dt)
    stages: list[Stage] = []
    for k, (layer, dense) in enumerate(zip(layers, made.stages, strict=True), 1):
        if layer.reset != "zero":
            raise InputError(f"layer {k}: a neuron of NIR begins again from v_reset, reset {layer.reset!r} is not like that")
        fires = {"v_threshold": layer.threshold, "v_reset": 0.0}
        if layer.beta == 1:
            stages += [dense, Neurons("IF", {"r": 1 / made.dt, **fires})]
        else:
            tau = made.dt / (1 - layer.beta)
            stages += [dense, Neurons("LIF", {"tau": tau, "r": tau / made.dt, "v_leak": 0.0, **fires})]
    return replace(made, stages=stages)


def lif_layers(network: SpikingNetwork) -> list[LIFLayer]:
    """The network for `infer`, which is fast: fully connected, then LIF or IF of one tau, v_leak = v_reset = 0.

    r and the threshold of every neuron go into its weights (float32). InputError for any other network.
    """
    layers, stages = [], list(network.stages)
    if len(stages) % 2 or not all(isinstance(s, Dense) for s in stages[::2]):
        raise InputError("infer runs pairs of a fully connected layer and its neurons only; use SpikingNetwork.run")
    for dense, neurons in zip(stages[::2], stages[1::2], strict=True):
        layers.append(lif_layer(cast(Dense, dense), neurons, network.dt, network.reset))
    return layers


def lif_layer(dense: Dense, neurons: Stage, dt: float, reset: str) -> LIFLayer:
    if not isinstance(neurons, Neurons) or neurons.kind not in ("LIF", "IF"):
        raise InputError(f"{neurons}: infer runs LIF and IF neurons; use SpikingNetwork.run")
    p = {key: np.broadcast_to(value, dense.bias.shape) for key, value in neurons.values.items()}
    if np.any(p.get("v_leak", 0.0)) or np.any(p["v_reset"]):
        raise InputError(f"{neurons}: infer needs v_leak = v_reset = 0; use SpikingNetwork.run")
    rate = np.zeros(1) if neurons.kind == "IF" else dt / p["tau"]
    if np.ptp(rate) > 0:
        raise InputError(f"{neurons}: infer needs one tau a layer; use SpikingNetwork.run")
    gain = (dt * p["r"] if neurons.kind == "IF" else rate * p["r"]) / p["v_threshold"]
    name = "zero" if reset == "v_reset" else "subtract_now"
    return LIFLayer(dense.weights * gain, dense.bias * gain, float(1 - rate[0]), 1.0, name)
