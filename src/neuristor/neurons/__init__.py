"""The neuron models: one file a model, one line here."""

from .adaptive_lif import AdaptiveLIF
from .adex import AdEx
from .base import Neuron, Preset, Scales, State
from .hindmarsh_rose import HindmarshRose
from .hodgkin_huxley import CorticalHH, HodgkinHuxley
from .izhikevich import Izhikevich
from .lif import LIF
from .linear_leak import LinearLeak, LinearLeakFixedPoint
from .memristive_alif import MemristiveALIF
from .perfect_integrator import PerfectIntegrator
from .spike_response import SpikeResponse

NEURONS: dict[str, type[Neuron]] = {
    cls.name: cls
    for cls in (
        LIF,
        AdaptiveLIF,
        AdEx,
        Izhikevich,
        HodgkinHuxley,
        CorticalHH,
        HindmarshRose,
        SpikeResponse,
        LinearLeak,
        LinearLeakFixedPoint,
        PerfectIntegrator,
        MemristiveALIF,
    )
}

__all__ = ["NEURONS", "Neuron", "Preset", "Scales", "State", *(cls.__name__ for cls in NEURONS.values())]
