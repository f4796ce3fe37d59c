"""Neuristor: one neuron, from its equations to its transistors to the classifier built of it."""

from typing import Any

from .version import __version__

_HOME = {
    "simulate": "subject",
    "linspace": "quantities",
    "geomspace": "quantities",
    "InputError": "errors",
    "Trace": "trace",
    **dict.fromkeys(
        [
            "LIF",
            "AdaptiveLIF",
            "AdEx",
            "Izhikevich",
            "HodgkinHuxley",
            "CorticalHH",
            "HindmarshRose",
            "SpikeResponse",
            "LinearLeak",
            "LinearLeakFixedPoint",
            "PerfectIntegrator",
            "MemristiveALIF",
            "Neuron",
            "NEURONS",
        ],
        "neurons",
    ),
    **dict.fromkeys(
        [
            "Step",
            "Pulse",
            "Square",
            "Triangle",
            "Ramp",
            "Sine",
            "PWL",
            "SpikeTrain",
            "Regular",
            "Poisson",
            "WhiteNoise",
            "OrnsteinUhlenbeck",
            "Fluctuated",
            "Stimulus",
        ],
        "stimulus",
    ),
    **dict.fromkeys(
        ["Netlist", "Element", "read_spice", "parse_spice", "write_spice", "CircuitNeuron", "cells"], "circuits"
    ),
    **dict.fromkeys(["MMS", "GMMS", "VTEAM", "Yakopcic", "LinearDrift", "MSS", "load_memristor"], "devices.memristor"),
    **dict.fromkeys(["fi_curve", "rheobase", "adaptation", "phase_plane", "compare"], "experiments"),
    **dict.fromkeys(["capacitance_sweep", "spike_shape", "energy", "area", "fluctuation"], "experiments"),
    **dict.fromkeys(["mismatch", "ranking", "corners", "supply_sweep", "temperature_sweep"], "experiments"),
    **dict.fromkeys(["optimize", "extract", "burst_adaptation", "spike_energy", "feasibility"], "experiments"),
    **dict.fromkeys(
        ["mac_transfer", "mac_linearity", "mac_bias", "mac_noise", "mac_mismatch", "digital_mac"], "experiments"
    ),
    **dict.fromkeys(["Crossbar", "Cell", "Wires", "Faults", "Variation", "effective_conductance"], "arrays"),
    **dict.fromkeys(["Network", "Dense", "Conv2d", "Dataset"], "networks"),
    **dict.fromkeys(["load_dataset", "load_network", "save_network", "reference_network", "array_to_accuracy"], "networks"),
    "design_space": "networks.design_space",
    **dict.fromkeys(["read_study", "plan_of", "run_study", "open_store"], "studies"),
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import neuristor` and the command line start at once."""
    if name not in _HOME:
        raise AttributeError(f"module 'neuristor' has no attribute {name!r}")
    from importlib import import_module

    home = import_module(f".{_HOME[name]}", __name__)
    return getattr(home, name) if hasattr(home, name) else import_module(f".{_HOME[name]}.{name}", __name__)


def __dir__() -> list[str]:
    return sorted(__all__)
