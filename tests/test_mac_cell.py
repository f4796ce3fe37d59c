"""The mixed-signal neuron as a circuit: what it must do by construction, both engines, what it refuses."""

import os
from pathlib import Path

import numpy as np
import pytest
from circuits_tools import NGSPICE
from mac_tools import bsim3

from neuristor.circuits import analyses
from neuristor.circuits.cells import CELLS, MACS, MixedSignalMAC
from neuristor.circuits.engines import ngspice
from neuristor.circuits.spice import parse_spice, write_spice
from neuristor.errors import InputError
from neuristor.experiments import mac_bandwidth, mac_point

BSIM4 = Path(os.environ.get("NEURISTOR_DATA", "")) / "models" / "ptm65.lib"


def output(cell, engine="native"):
    found = analyses.op(cell.netlist, engine)
    return (found["outp"] - found["outn"])[0]


def test_it_is_no_spiking_cell():
    assert MACS["mixed_signal_mac"] is MixedSignalMAC
    assert "mixed_signal_mac" not in CELLS


@pytest.mark.parametrize("weighting", ["current", "width"])
@pytest.mark.parametrize("load", ["diode", "triode"])
def test_power_is_that_of_the_tails_whatever_the_weights(weighting, load):
    """V_DD n (2^N - 1) I_u, exactly: nothing else leaves the supply but the engine's 1e-15 S a node."""
    for weights in ([7], [0], [5, -3, 1]):
        cell = MixedSignalMAC(bits=3, weights=weights, weighting=weighting, load=load)
        power = -analyses.op(cell.netlist)["i(vdd)"][0] * cell.v_dd
        assert power == pytest.approx(1.2 * len(weights) * 7 * 100e-12, rel=1e-6)


def test_switched_tails_take_power_by_weight():
    cell = MixedSignalMAC(bits=4, weights=[5], switching="tail")
    assert -analyses.op(cell.netlist)["i(vdd)"][0] == pytest.approx(5 * 100e-12, rel=1e-5)


def test_products_add_and_a_negative_weight_turns_the_sign():
    one = output(MixedSignalMAC(bits=4, weights=[9, 0], inputs=["5 mV", 0]))
    other = output(MixedSignalMAC(bits=4, weights=[0, 6], inputs=[0, "-3 mV"]))
    both = output(MixedSignalMAC(bits=4, weights=[9, 6], inputs=["5 mV", "-3 mV"]))
    assert one > 0 > other
    assert both == pytest.approx(one + other, rel=0.02)
    assert output(MixedSignalMAC(bits=4, weights=[-9, -6], inputs=["5 mV", "-3 mV"])) == pytest.approx(-both, rel=1e-6)


def test_a_source_at_every_gate_is_the_same_circuit():
    weights, inputs = np.array([[9, 6], [3, -15], [0, 1]]), np.array([[5e-3, -3e-3], [0.02, 0.01], [0.0, 0.05]])
    cell = MixedSignalMAC(bits=4, weights=[9, 6])
    found = analyses.op(cell.lanes_netlist(weights, inputs))
    wired = [output(cell.with_(weights=w, inputs=v)) for w, v in zip(weights, inputs, strict=True)]
    assert found["outp"] - found["outn"] == pytest.approx(wired, abs=1e-9)


def test_the_replica_gives_the_loads_their_drop():
    cell = MixedSignalMAC(bits=3, load="triode", v_drop="30 mV")
    found = analyses.op(cell.netlist)
    assert 1.2 - found["outp"][0] == pytest.approx(0.03, rel=0.01)
    assert found["rep"][0] == pytest.approx(found["outp"][0], abs=1e-4)


def test_bits_and_weights_go_together():
    cell = MixedSignalMAC(bits=3, weights=[7, 7])
    assert cell.with_(bits=5).weights == (31, 31)
    assert cell.with_(weights=[1]).inputs.shape == (1,)
    assert cell.with_(i_unit="1 nA").i_unit == pytest.approx(1e-9)
    assert len(cell.netlist.elements) == len(cell.with_(load="diode").netlist.elements)


@NGSPICE
@pytest.mark.parametrize("choice", [{}, {"weighting": "width"}, {"load": "triode"}, {"switching": "tail", "weights": [5]}])
def test_the_exported_text_is_the_circuit(choice):
    cell = bsim3(bits=3, inputs=["4 mV"], i_unit="1 nA", **choice)
    again = ngspice.op(parse_spice(write_spice(cell.netlist)))
    assert again["outp"] - again["outn"] == pytest.approx(output(cell), rel=1e-4)


@NGSPICE
@pytest.mark.parametrize(
    "choice", [{}, {"weighting": "width", "r_switch": "50 MOhm"}, {"load": "triode"}, {"switching": "tail", "weights": [90]}]
)
def test_the_engines_agree_on_gain_bandwidth_and_noise(choice):
    """Within 2, 2 and 5 % with the same BSIM3 card."""
    cell = bsim3(**choice)
    ours, theirs = (mac_point(cell, engine=engine) for engine in ("native", "ngspice"))
    assert ours.gain == pytest.approx(theirs.gain, rel=0.02)
    assert ours.bandwidth == pytest.approx(theirs.bandwidth, rel=0.02)
    assert ours.pole == pytest.approx(theirs.pole, rel=0.02)
    for name in ("noise_rectangular", "noise_own", "noise_fixed", "noise_total"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=0.05), name
    assert ours.n_n == pytest.approx(theirs.n_n, rel=0.02)


@NGSPICE
@pytest.mark.skipif(not BSIM4.is_file(), reason="the 65 nm card is not here")
def test_the_bsim4_card_gives_the_figures_measured_before():
    """PTM 65 nm, 120/130 nm, no load: 30.6 nW, 62.0 MHz, 0.494 fJ, 12.6e-6 V^2 (8 bit, binary currents)."""
    cell = MixedSignalMAC(card=str(BSIM4))
    point = mac_point(cell, engine="ngspice")
    assert point.power == pytest.approx(30.6e-9, rel=2e-3)
    assert point.bandwidth == pytest.approx(62.0e6, rel=5e-3)
    assert point.energy_per_mac == pytest.approx(0.494e-15, rel=5e-3)
    assert point.noise_rectangular == pytest.approx(12.6e-6, rel=0.05)
    tails = mac_bandwidth(cell.with_(switching="tail", c_load="5 fF"), weights=[255, 16], engine="ngspice")
    assert tails.bandwidth[0] == pytest.approx([8.06e6, 0.56e6], rel=0.05)
    fixed = mac_bandwidth(cell.with_(c_load="5 fF"), weights=[255, 128, 64, 32], engine="ngspice")
    assert np.ptp(fixed.bandwidth) / fixed.bandwidth[0, 0] < 0.01


BAD = [
    ({"bits": 2.5}, "bits must be whole from 1 to 24"),
    ({"bits": 3, "weights": [8]}, "weights must be whole from -7 to 7, not 8"),
    ({"weights": []}, "at least one weight"),
    ({"weights": [1, 2], "inputs": [0.1]}, "weights: 2, inputs: 1; each weight needs one input"),
    ({"inputs": ["5 A"]}, "inputs: "),
    ({"load": "diod"}, "unknown load 'diod' (did you mean 'diode'?)"),
    ({"card": "ptm65"}, "card 'ptm65'"),
    ({"i_unit": "-1 pA"}, "i_unit = -1 pA is not positive"),
    ({"weights": [1] * 600}, "more than 4096 pairs"),
    ({"wide": 1}, "no parameter 'wide'"),
]


@pytest.mark.parametrize(("values", "sentence"), BAD)
def test_bad_input_is_one_sentence(values, sentence):
    with pytest.raises(InputError) as error:
        MixedSignalMAC(**values)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_tails_cannot_differ_between_lanes():
    cell = MixedSignalMAC(bits=2, switching="tail")
    with pytest.raises(InputError, match="cannot differ between lanes"):
        cell.lanes_netlist(np.array([[1], [2]]), np.zeros((2, 1)))
