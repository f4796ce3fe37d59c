"""The design space of the mixed-signal neuron: the shot-noise bound, current and load, accuracy, the command."""

import json
import shutil

import numpy as np
import pytest
from command import run
from mac_tools import bsim3, ideal

from neuristor.circuits.cells.mixed_signal_mac import MixedSignalMAC
from neuristor.circuits.differential_pair import WeakInversion
from neuristor.errors import InputError
from neuristor.networks.design_space import design_space, error_at
from neuristor.quantities import K_B, Q_E
from neuristor.report.design_space_figures import design_page, plane_figure, shut, tolerated
from neuristor.report.page import render

CURRENTS = ("10 fA", "10 pA", "100 pA", "1 nA", "1 uA")


class Errors:
    """What a design space reads of an evaluated network: an error that is a known function of the noise."""

    network, full_scale, clean, bits = "made up", 0.078, 0.02, (3, 8)
    noise_power = 10.0 ** np.linspace(-8, -3, 11)

    @property
    def error_mean(self):
        rise = 0.02 + 0.5 * (np.log10(self.noise_power) + 8) / 5
        return np.stack([rise + 0.1, rise])


@pytest.fixture(scope="module")
def space():
    return design_space(MixedSignalMAC(), i_unit=CURRENTS, c_load=["0 F", "10 fF"], accuracy=Errors())


def test_no_design_beats_the_shot_noise(space):
    u_t = K_B / Q_E * 300.15
    assert space.least_floor == pytest.approx(16 * Q_E * u_t**2 * 1.2)
    assert np.all(space.product[space.allowed] > space.least_floor)
    assert np.all(space.product[space.allowed] > 0.97 * space.floor)  # the closed form, n as simulated


def test_the_bound_is_met_in_weak_inversion_whatever_load_and_current(space):
    """Closed form against circuit simulation: within 3 % over a decade of current and at both loads."""
    assert space.product[:, 1:3] == pytest.approx(np.full((2, 2), space.floor), rel=0.03)
    closed = WeakInversion(8, 1, 1e-10, 1.2, n_n=np.sqrt(space.floor / space.least_floor), n_p=1.5, c_out=1e-15)
    assert closed.energy * closed.input_noise(255) == pytest.approx(space.floor)


def test_ideal_transistors_stand_on_the_least_floor(tmp_path):
    """Long channels, no leakage, slope factor 1, three decades of current: 16 q U_T^2 V_DD within 1 %."""
    found = design_space(ideal(tmp_path, gamma=0.0, bits=3), i_unit=["1 pA", "30 pA", "1 nA"], c_load=["0 F", "5 fF"])
    assert found.floor == pytest.approx(found.least_floor, rel=0.01)
    assert found.product == pytest.approx(np.full((2, 3), found.least_floor), rel=0.01)


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
def test_both_engines_find_the_same_designs():
    """BSIM3 in either engine: energy within 2 %, noise within 5 %."""
    told = {"i_unit": ["1 nA"], "c_load": ["50 fF"], "band": "1 kHz"}
    native, ngspice = (design_space(bsim3(bits=3), engine=engine, **told) for engine in ("native", "ngspice"))
    assert native.energy[0, 0] == pytest.approx(ngspice.energy[0, 0], rel=0.02)
    assert native.noise[0, 0] == pytest.approx(ngspice.noise[0, 0], rel=0.05)
    assert native.forbidden == ngspice.forbidden


def test_the_current_buys_speed_or_at_a_fixed_rate_less_noise(space):
    fast = space.bandwidth[0, 2] / space.bandwidth[0, 1]
    assert fast == pytest.approx(10, rel=0.15)
    assert space.energy[0, 2] / space.energy[0, 1] == pytest.approx(10 / fast)
    assert space.energy_fixed[0, 2] == pytest.approx(10 * space.energy_fixed[0, 1])
    quieter = space.noise_fixed[0, 1] / space.noise_fixed[0, 2]
    assert 7 < quieter < 10  # white noise falls by ten, flicker noise does not
    assert np.isnan(space.energy_fixed[1, 1])  # 490 kHz, slower than the rate


def test_capacitance_trades_energy_for_noise(space):
    for k in (1, 2, 3):
        assert space.energy[1, k] / space.energy[0, k] == pytest.approx(space.noise[0, k] / space.noise[1, k], rel=1e-3)
        assert space.energy[1, k] > 5 * space.energy[0, k]


def test_leakage_and_headroom_forbid_the_ends(space):
    for row in space.forbidden:
        assert row[0].startswith("leakage")
        assert row[1:4] == ("", "", "")
        assert row[4].startswith("headroom")
    assert space.gain[0, 0] < 0.1
    assert shut(space.i_unit, space.allowed[0])[0][0] == pytest.approx(1e-14)


def test_synapses_share_energy_and_noise():
    """Two synapses on a load: the output's noise is that of two, and each product keeps to the same bound."""
    two = design_space(MixedSignalMAC(bits=3, weights=[1, 7]), i_unit=["10 nA"], c_load=["10 fF"])
    one = design_space(MixedSignalMAC(bits=3), i_unit=["10 nA"], c_load=["10 fF"])
    assert two.power[0, 0] == pytest.approx(2 * one.power[0, 0])
    assert two.gain[0, 0] == pytest.approx(one.gain[0, 0] / 2, rel=0.1)
    assert two.product[0, 0] == pytest.approx(one.product[0, 0], rel=0.05)
    assert two.allowed.all()


def test_accuracy_is_read_off_between_the_powers(space):
    known = 0.02 + 0.5 * (np.log10(space.noise) + 8) / 5
    assert space.error[:, 1:4] == pytest.approx(known[:, 1:4])
    assert error_at(Errors(), 3, np.array([1e-9, 1e-8, 1e-2])) == pytest.approx([0.12, 0.12, np.nan], nan_ok=True)
    assert tolerated(space, 0.25) == pytest.approx(10.0**-5.5, rel=1e-6)


def test_the_least_energy_for_an_error(space):
    best = space.least_energy(float(space.error[0, 3]))
    met = space.allowed & (space.error <= space.error[0, 3])
    assert space.energy[best] == space.energy[met].min()
    assert space.least_energy(0.0) is None
    fixed = space.least_energy(1.0, fixed=True)
    assert space.energy_fixed[fixed] == np.nanmin(space.energy_fixed[space.allowed])


def test_page_and_figures(space):
    page = render(design_page(space, "mixed_signal_mac"))
    for name in ("plane", "energy", "bandwidth", "noise", "error"):
        assert f"design-{name}" in page
    plane = {d["name"]: d for d in plane_figure(space).data}
    x, y = (np.array(plane["least product"][k]) for k in "xy")
    assert x * y == pytest.approx(np.full(2, space.floor))
    published = plane["published"]
    assert published["x"][0] * published["y"][0] < space.least_floor


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"c_load": ["-1 fF"]}, "zero or more"),
        ({"band": "0 Hz"}, "above zero"),
        ({"i_unit": ["0 A"]}, "above zero"),
        ({"bits": 4, "accuracy": Errors()}, "not at 4"),
    ],
)
def test_bad_input_is_told(options, word):
    with pytest.raises(InputError, match=word):
        design_space(MixedSignalMAC(), **options)


@pytest.mark.parametrize("words", [(), ("--network", "digits", "--bits", 3)])
def test_only_a_mixed_signal_neuron_has_one(capsys, words):
    code, _, err = run(capsys, "design-space", "lif", *words)
    assert code == 2
    assert "mixed-signal neuron" in err


def test_currents_that_are_all_forbidden_are_told():
    none = design_space(MixedSignalMAC(bits=3), i_unit=["10 fA"], c_load=["0 F"])
    page = design_page(none, "mixed_signal_mac")
    assert page.summary.startswith("None of these unit currents can be used: leakage")
    assert "design-plane" in render(page)


def test_without_a_network_no_error_is_known():
    small = design_space(MixedSignalMAC(bits=3), i_unit=["1 nA"], c_load=["0 F"])
    assert small.error is None
    with pytest.raises(InputError, match="network"):
        small.least_energy(0.1)


def test_the_command_with_a_network(capsys, tmp_path):
    pytest.importorskip("torch")
    words = ("--bits", 3, "--network", "digits", "--currents", "100pA,1nA", "--loads", "0F", "--draws", 2, "--images", 100)
    code, out, err = run(capsys, "design-space", "mixed_signal_mac", *words, "--report", tmp_path / "p.html", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["allowed"] == [[True, True]]
    assert told["network"] == "digits"
    assert np.shape(told["error"]) == (1, 2)
    assert "Error of digits" in (tmp_path / "p.html").read_text()
