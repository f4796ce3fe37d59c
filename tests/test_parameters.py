"""Parameters: declared once, checked on entry."""

import numpy as np
import pytest

import neuristor as nr


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: nr.LIF(c_mem=-5e-6), "c_mem = -5 uF is not positive"),
        (lambda: nr.LIF(c_mem="5 V"), "c_mem: '5 V' is in V, but a quantity in F is expected"),
        (lambda: nr.LIF(c_mem="5 pAmp"), "unknown unit 'pAmp'"),
        (lambda: nr.LIF(cmem=1), "no parameter 'cmem' .did you mean 'c_mem'"),
        (lambda: nr.LIF(c_mem=[1e-6, -1e-6]), "-1 uF is not positive"),
        (lambda: nr.LIF(c_mem=[1e-6, 2e-6], r_mem=[1e3, 2e3, 3e3]), "same length"),
        (lambda: nr.LIF(t_ref=-1), "zero or more"),
        (lambda: nr.LIF(c_mem=np.ones((2, 2))), "2 axes"),
        (lambda: nr.LIF(v_th=float("nan")), "finite"),
        (lambda: nr.Izhikevich.preset("XX"), "no preset 'XX'"),
    ],
)
def test_bad_parameters_say_what_is_wrong(make, sentence):
    with pytest.raises(nr.InputError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"stimulus": nr.Step("1 mV")}, "takes an input in A; the stimulus is in V"),
        ({"stimulus": 3.0}, "must be a Stimulus"),
        ({"duration": None}, "no end, so say how long"),
        ({"duration": -1}, "duration must be positive"),
        ({"duration": "5 mV"}, "is in mV"),
        ({"method": "rk5"}, "unknown method 'rk5'"),
        ({"method": "euler"}, "needs a step dt"),
        ({"method": "euler", "dt": 1.0}, "larger than the duration"),
        ({"method": "euler", "dt": -1.0}, "dt must be positive"),
        ({"dt": 1e-4}, "chooses its own steps"),
        ({"method": "clocked"}, "not a clocked model"),
        ({"rtol": 1.0}, "rtol"),
        ({"record": ("v",)}, "no state 'v'"),
        ({"samples": 1}, "at least 2 samples"),
        ({"initial": {"vmem": 0}}, "no state 'vmem' .did you mean 'v_mem'"),
        ({"lanes": 3, "stimulus": nr.Step([1e-3, 2e-3])}, "give 1 or 3"),
    ],
)
def test_bad_simulations_say_what_is_wrong(arguments, sentence):
    known = {"stimulus": nr.Step("0.1 mA"), "duration": 0.05, **arguments}
    stimulus, duration = known.pop("stimulus"), known.pop("duration")
    with pytest.raises(nr.InputError, match=sentence):
        nr.simulate(nr.LIF(), stimulus, duration, **known)


def test_exact_needs_a_linear_model():
    with pytest.raises(nr.InputError, match="not linear between its events"):
        nr.simulate(nr.Izhikevich(), nr.Step(10, unit="V/s"), 0.05, method="exact")


def test_copy_with_changes_keeps_the_rest():
    neuron = nr.Izhikevich.preset("CH").with_(a=0.03)
    assert (neuron.a, neuron.c) == (0.03, -0.05)
    assert neuron.preset_used == "CH"
    assert "a='0.03'" in repr(neuron)


def test_text_and_numbers_mean_the_same():
    assert nr.LIF(c_mem="5 uF", r_mem="1k").values() == nr.LIF().values()
