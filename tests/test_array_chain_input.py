"""What the chain varies along its axes, and what it refuses: one sentence for every mistake."""

import numpy as np
import pytest

from neuristor import LIF, InputError
from neuristor.arrays.crossbar import Crossbar
from neuristor.arrays.faults import Faults
from neuristor.arrays.periphery import ADC
from neuristor.networks.array_to_accuracy import array_to_accuracy
from neuristor.networks.axis import Axis
from neuristor.networks.datasets import Dataset
from neuristor.networks.layers import AvgPool2d, Conv2d, Dense, Flatten
from neuristor.networks.network import Network

SMALL = {"seeds": 2, "shares": (0.0, 0.05), "images": 60, "spot_check": 0}


def test_any_option_of_the_arrays_can_be_swept(network, digits):
    found = array_to_accuracy(network, digits, neuron="lif", fault="variation.sigma_d2d", **{**SMALL, "shares": (0.0, 0.5)})
    assert np.all(found.shift[0, 0] == 0)
    assert found.change[0, 1, -1] > found.change[0, 1, 0]
    assert np.all(np.isnan(found.ripple_change))
    array = Crossbar(network.layers[0].weights, adc=ADC(bits=8))
    assert Axis("wires.r_word").applied(array, 2.0).wires.r_word == 2.0
    assert Axis("adc.bits").applied(array, 6.0).adc.bits == 6
    assert Axis("v_read").applied(array, 0.1).v_read == 0.1
    both = Axis("combined").applied(array, 0.2).faults
    assert (both.stuck_lrs, both.stuck_hrs) == (0.1, 0.1)


@pytest.mark.parametrize("name", ["stuck_lrs", "combined", "wires.r_word", "time", "v_read"])
def test_the_value_that_an_array_has_changes_nothing(name, network):
    array = Crossbar(network.layers[0].weights)
    value = 0.2 if name == "v_read" else 0.0
    assert Axis(name).applied(array, value) is array
    assert Axis(name).applied(array, 0.1 + value) is not array


def images_dataset(digits):
    """The digits as images of one channel."""
    x = [a.reshape(-1, 1, 8, 8) for a in (digits.x_train, digits.x_test)]
    return Dataset("digits", x[0], digits.y_train, x[1], digits.y_test, digits.classes)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"neuron": "lifs"}, "did you mean 'lif'"),
        ({"readout": "rates"}, "did you mean 'rate'"),
        ({"fault": "stuck_lr"}, "did you mean 'stuck_lrs'"),
        ({"fault": "wires.r_words"}, "did you mean 'wires.r_word'"),
        ({"inputs": "poissson"}, "did you mean 'poisson'"),
        ({"mismatch": {"q_h": 0.1}}, "did you mean 'q_th'"),
        ({"mismatch": {"q_th": 2}}, "between 0 and 1"),
        ({"deadline": "1 us"}, "too short for a spike: the nominal latency is 200.9 us at the full current of 40 pA"),
        ({"shares": (0.0, 1.5)}, "between 0 and 1"),
        ({"full_current": "2 nA"}, "at most 1 nA"),
        ({"images": 0}, "whole number"),
        ({"images": "ten"}, "whole number"),
        ({"spot_check": "many"}, "whole number"),
        ({"spot_check": -1}, "whole number"),
        ({"seeds": 2.0}, "whole number"),
        ({"fault": None}, "give one name"),
        ({"fault": ["stuck_lrs", "stuck_lrs"]}, "different"),
        ({"fault": "stuck_hrs", "faults": Faults(cells=np.zeros((65, 20)))}, "no share changes"),
        ({"fault": "adc.bits"}, "give adc=... first"),
        ({"shares": (0.1, 0.1)}, "each once"),
        ({"shares": (-0.1,)}, "between 0 and 1"),
        ({"shares": ("0.1 V",)}, "is in V"),
        ({"shares": ("150 %",)}, "between 0 and 1"),
        ({"shares": (float("nan"),)}, "finite"),
        ({"shares": ()}, "give numbers"),
        ({"deadline": ["20 ms", "10 ms"]}, "2 are given; one is needed"),
        ({"deadline": [[1, 2]]}, "a list of them"),
        ({"mismatch": "5 %"}, "relative sigma are needed"),
        ({"quantile": [0.1, 0.2]}, "one number"),
        ({"full_current": ["1 pA", "2 pA"]}, "one number"),
        ({"bias_current": ["1 pA", "2 pA"]}, "one number"),
        ({"v_read": [0.1, 0.2]}, "one number"),
        ({"mapping": "diferential"}, "did you mean 'differential'"),
        ({"wires": "2 Ohm"}, "must be a Wires"),
        ({"neuron": LIF}, "one neuron is needed"),
        ({"dataset": None}, "needs a Network and a Dataset"),
        ({"cel": None}, "did you mean 'cell'"),
        ({"dataset": "mnst"}, "did you mean 'mnist'"),
        ({"circuit": LIF()}, "no circuit"),
        ({"neuron": LIF(c_mem=[1e-6, 2e-6])}, "one neuron is needed"),
        ({"seeds": 0}, "one or more"),
        ({"bias_current": "-1 pA"}, "must not be negative"),
    ],
)
def test_bad_input(options, sentence, network):
    given = {"dataset": "digits", **options}
    with pytest.raises(InputError) as caught:
        array_to_accuracy(network, **given)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_networks_that_do_not_fit(digits):
    rng = np.random.default_rng(0)
    hidden, last = Dense(rng.normal(size=(64, 5))), Dense(rng.normal(size=(5, 10)))
    cases = {
        "linear, but its neurons rectify": Network([hidden, last]),
        "takes 5 inputs, but the samples of digits have 64": Network([last]),
        "has 5 classes, but digits 10": Network([hidden]),
        "must end with a Dense layer": Network([Conv2d(rng.normal(size=(10, 1, 8, 8))), AvgPool2d(1), Flatten()], (1, 8, 8)),
    }
    for sentence, net in cases.items():
        with pytest.raises(InputError, match=sentence):
            array_to_accuracy(net, images_dataset(digits) if len(net.input_shape) == 3 else digits, **SMALL)
