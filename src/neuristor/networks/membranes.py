"""Which equation neuron a spiking layer is made of, and its numbers as the kernels take them."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import InputError, nearest
from ..neurons.lif import LIF
from ..neurons.linear_leak import LinearLeak, LinearLeakFixedPoint
from ..neurons.spike_response import SpikeResponse
from .settings import single

SPIKE_RESPONSE, LINEAR_LEAK, LEAKY, FIXED_POINT = range(4)
UNIT = 1e-3  # V: the response to a spike through a weight of 1
NEVER = 1e300  # a rate, 1/s, that no kernel uses

Neuron = SpikeResponse | LinearLeak | LIF | LinearLeakFixedPoint


class Membrane(NamedTuple):
    """Numbers of a membrane model above its rest, in UNIT and seconds; which of them it has depends on `kind`.

    In fixed point v_min is in whole steps, t_ref in clocks, leak in steps a clock.
    """

    kind: int
    v_th: float
    v_reset: float  # linear decay, LIF
    v_min: float  # floor of linear decay
    t_ref: float  # linear decay, LIF
    leak: float  # linear decay, UNIT/s
    rate_m: float  # 1/s: decay of a response or of the membrane
    rate_s: float  # spike response: rise of a response
    rate_r: float  # spike response: refractory decay
    period: float = 0.0  # s, of the clock: this and the rest of fixed point alone
    steps: float = 1.0  # of a UNIT
    top: float = 0.0  # the largest potential, steps


def standard(name: str) -> Neuron:
    """The neurons that a layer uses by name: threshold and membrane time of Diehl & Cook 2015, the rest chosen.

    Fixed point: 7 bits after the point, so that the weights from 0 to 1 have 8, and 15 bits of potential in all.
    """
    neurons: dict[str, Neuron] = {
        "spike_response": SpikeResponse(v_th="20 mV", tau_m="100 ms", tau_s="5 ms", tau_r="10 ms"),
        "linear_leak": LinearLeak(v_th="20 mV", leak="100 mV/s", t_ref="2 ms"),
        "linear_leak_fixed": LinearLeakFixedPoint(
            v_th="20 mV", leak="100 mV/s", refractory=2, t_clock="1 ms", bits=8, fraction_bits=7
        ),
        "lif": LIF(v_rest="-65 mV", v_th="-45 mV", v_reset="-65 mV", c_mem="100 pF", r_mem="1 GOhm", t_ref="2 ms"),
    }
    if name not in neurons:
        raise InputError(f"unknown membrane {name!r}{nearest(str(name), neurons)}; there are {', '.join(neurons)}")
    return neurons[name]


def neuron_of(chosen: str | Neuron) -> Neuron:
    """A neuron by its name, or the one given."""
    return standard(chosen) if isinstance(chosen, str) else chosen


def membrane_of(neuron: Neuron) -> Membrane:
    """The numbers of a neuron; InputError for one that a layer cannot use."""
    if not isinstance(neuron, Neuron):
        kinds = "SpikeResponse, LinearLeak, LinearLeakFixedPoint or LIF"
        raise InputError(f"a layer is made of {kinds} neurons, not {type(neuron).__name__}")
    single(neuron)
    if isinstance(neuron, SpikeResponse):
        if not neuron.tau_s < neuron.tau_m:
            raise InputError("spike_response: tau_s must be shorter than tau_m")
        rates = (1 / neuron.tau_m, 1 / neuron.tau_s, 1 / neuron.tau_r)
        return Membrane(SPIKE_RESPONSE, neuron.v_th / UNIT, 0.0, 0.0, 0.0, 0.0, *rates)
    if isinstance(neuron, LinearLeak):
        if not neuron.p_min <= 0.0 <= neuron.p_reset < neuron.v_th:
            raise InputError("linear_leak: a layer needs p_min <= 0 <= p_reset < v_th")
        levels = (neuron.v_th / UNIT, neuron.p_reset / UNIT, neuron.p_min / UNIT)
        return Membrane(LINEAR_LEAK, *levels, neuron.t_ref, neuron.leak / UNIT, NEVER, NEVER, NEVER)
    if isinstance(neuron, LinearLeakFixedPoint):
        return fixed_point(neuron)
    if not neuron.v_reset < neuron.v_th or not neuron.v_rest < neuron.v_th:
        raise InputError("lif: a layer needs v_rest and v_reset below v_th")
    above = ((neuron.v_th - neuron.v_rest) / UNIT, (neuron.v_reset - neuron.v_rest) / UNIT)
    return Membrane(LEAKY, *above, 0.0, neuron.t_ref, 0.0, 1 / (neuron.r_mem * neuron.c_mem), NEVER, NEVER)


def fixed_point(neuron: LinearLeakFixedPoint) -> Membrane:
    """Its numbers, rounded as the neuron rounds them."""
    for key in ("bits", "fraction_bits", "refractory"):
        if getattr(neuron, key) % 1:
            raise InputError(f"linear_leak_fixed: {key} = {getattr(neuron, key):g}: a layer needs a whole number")
    v_th, v_min, leak = (float(neuron.whole(v)) for v in (neuron.v_th, neuron.p_min, neuron.leak * neuron.t_clock))
    top = 2.0 ** (neuron.bits + neuron.fraction_bits) - 1
    if not v_min <= 0 < v_th <= top:
        told = f"floor {v_min:g}, threshold {v_th:g}, largest potential {top:g} steps"
        needed = int(v_th).bit_length() - int(neuron.fraction_bits)
        wish = f"bits = {needed} is needed" if v_th > top else "a layer needs floor <= 0 < threshold"
        raise InputError(f"linear_leak_fixed: {told}; {wish}")
    times = NEVER, NEVER, NEVER, neuron.t_clock
    steps = UNIT / neuron.step_size()
    return Membrane(FIXED_POINT, neuron.v_th / UNIT, 0.0, v_min, neuron.refractory, leak, *times, steps, top)
