"""Drawn area: the paper's capacitor, transistors by hand, one capacitor against two."""

import numpy as np
import pytest

import neuristor as nr
from neuristor.circuits.cells import AxonHillock, CmosLIF, TwoCapacitorLIF
from neuristor.circuits.neuron import CircuitNeuron
from neuristor.circuits.spice import parse_spice
from neuristor.errors import InputError
from neuristor.experiments.area import area, one_against_two
from neuristor.report.circuit_neuron_figures import area_table, saving_figure


def test_a_picofarad_on_nine_nanometres():
    """Shah et al. 2023, section 4: 261 um^2, a square of 16.2 um."""
    found = area(CmosLIF(c_mem="1 pF"), thickness="9 nm")
    assert found.capacitors == pytest.approx(261e-12, rel=5e-3)
    assert np.sqrt(found.capacitors) == pytest.approx(16.2e-6, rel=5e-3)


def test_transistors_by_hand():
    """Ten of W/L = 0.70/0.35 um with 0.85 um of source and of drain each; the oxide is the card's 7.6 nm."""
    found = area(CmosLIF())
    assert found.gates == pytest.approx(10 * 0.7e-6 * 0.35e-6)
    assert found.junctions == pytest.approx(10 * 2 * 0.7e-6 * 0.85e-6)
    assert found.thickness == pytest.approx(7.6e-9)
    assert found.capacitors == pytest.approx(10e-15 * 7.6e-9 / (3.9 * 8.8541878e-12), rel=1e-5)
    assert found.total == found.transistors + found.capacitors
    assert found.edge**2 == pytest.approx(found.total)
    assert len(found.devices) == 11
    assert found.left_out == ()


def test_sizes_and_multiples_of_single_devices():
    found = area(CmosLIF(**{"m4.l": "1 um", "m1.w": "1.4 um", "m6.m": 3}))
    rows = dict(zip(found.devices, found.gate, strict=True)), dict(zip(found.devices, found.junction, strict=True))
    assert rows[0]["m4"] == pytest.approx(0.7e-12)
    assert (rows[0]["m1"], rows[1]["m1"]) == pytest.approx((0.49e-12, 2 * 1.4e-6 * 0.85e-6))
    assert (rows[0]["m6"], rows[1]["m6"]) == pytest.approx((3 * 0.245e-12, 3 * 1.19e-12))


@pytest.mark.parametrize("c", [10e-15, 100e-15, 1e-12])
def test_one_capacitor_against_two_of_the_same_size(c):
    """With equal capacitors the saving tends to half as they outgrow the transistors."""
    one, two = CmosLIF(c_mem=c), TwoCapacitorLIF(c_mem=c, c_w=c)
    found = one_against_two(one, two, thickness="9 nm")
    each = c * 9e-9 / 3.453133e-11
    count = len(two.transistors)
    by_hand = 100 * (1 - (each + 10 * 1.435e-12) / (2 * each + count * 1.435e-12))
    assert found.saving == pytest.approx(by_hand)
    assert one_against_two(one, one).saving == 0.0
    assert found.to_json_dict()["one"]["total"] == pytest.approx(each + 10 * 1.435e-12)


def test_the_same_trigger_part_with_a_second_capacitor():
    found = one_against_two(CmosLIF(), TwoCapacitorLIF(topology="delayed_cut"))
    assert found.one.transistors == pytest.approx(found.baseline.transistors)
    assert found.baseline.capacitors == pytest.approx(2 * found.one.capacitors)
    assert 0 < found.saving < 50


def test_every_cell_has_an_area():
    for cell in (CmosLIF(), TwoCapacitorLIF(), AxonHillock(), CmosLIF(card="n88y_ekv")):
        assert area(cell).total > 1e-12


def test_devices_without_an_area_are_named():
    text = "test\niin 0 vmem 1n\nc1 vmem 0 1p\nr1 vmem 0 1g\ne1 vspk 0 vmem 0 2\n.end"
    circuit = CircuitNeuron(parse_spice(text), spikes="vspk@0.5", name="mine")
    with pytest.raises(InputError, match="give the thickness"):
        area(circuit)
    found = area(circuit, thickness="10 nm")
    assert found.left_out == ("r1 (resistor)", "e1 (voltage-controlled voltage source)")
    assert found.total == pytest.approx(1e-12 * 10e-9 / 3.453133e-11)


@pytest.mark.parametrize(
    ("subject", "thickness", "message"),
    [
        (nr.LIF(), None, "only a circuit has an area"),
        (CmosLIF(c_mem=[1e-14, 2e-14]), None, "2 lanes"),
        (CmosLIF(), "0 nm", "more than zero"),
        (CmosLIF(), "9 V", "V"),
    ],
)
def test_what_has_no_area(subject, thickness, message):
    with pytest.raises(InputError, match=message):
        area(subject, thickness=thickness)


def test_figure_and_table_of_areas():
    found = one_against_two(CmosLIF(c_mem="1 pF"), TwoCapacitorLIF(c_mem="1 pF", c_w="1 pF"), thickness="9 nm")
    figure = saving_figure(found)
    heights = np.array([trace["y"] for trace in figure.data]).sum(axis=0)
    assert heights == pytest.approx([1e12 * found.one.total, 1e12 * found.baseline.total])
    assert f"{found.saving:.3g} %" in figure.caption
    assert area_table([found.one]).rows[0][1] == "260.6 um2"
