"""The crossbar as a whole: exact sums, writing in pulses, converters, curved devices, wires, and where errors come from."""

import json
from html import escape

import numpy as np
import pytest

from neuristor.arrays import (
    ADC,
    DAC,
    Cell,
    Crossbar,
    Faults,
    PowerLawDrift,
    Programming,
    Slices,
    UpdateCurve,
    Variation,
    Wires,
    WriteVerify,
)  # fmt: skip
from neuristor.arrays.wire_resistance import effective_conductance
from neuristor.devices.memristor import GMMS, MMS, Yakopcic
from neuristor.errors import InputError

RNG = np.random.default_rng(8)
WEIGHTS, BIAS = RNG.normal(size=(40, 12)), RNG.normal(size=12)
X = RNG.random((30, 40))
ARRAY = Crossbar(WEIGHTS, bias=BIAS)
EPS = np.finfo(float).eps
CURVED = Cell(device=Yakopcic(b=3.0, a_on=1e-4), r_off="1 MOhm")


class Bent(Yakopcic):
    """A device whose current is not linear in its state."""

    def current(self, v, x):
        return super().current(v, 0.3 * x + 0.7 * x * x)


@pytest.mark.parametrize("n", [1, 3, 10, 100, 785, 4096])
@pytest.mark.parametrize(("v_read", "r_on"), [(0.2, 10e3), (0.137, 12.34e3), (1.0, 3e3)])
def test_a_column_of_cells_at_r_on_gives_n_v_over_r_on(n, v_read, r_on):
    array = Crossbar(RNG.normal(size=(n, 2)), cell=Cell(r_on), v_read=v_read, faults=Faults(stuck_lrs=1.0))
    currents = array.column_currents(np.ones(n))
    assert np.all(np.abs(currents / (n * v_read / r_on) - 1) <= EPS)  # one unit in the last place, whatever n
    assert np.all(array.currents(np.ones(n)) == 0)


def test_currents_add_up_and_the_bias_row_is_always_on():
    alone = ARRAY.currents(np.eye(40)) - ARRAY.currents(np.zeros(40))
    assert ARRAY.currents(np.zeros(40))[0] / ARRAY.unit_current == pytest.approx(BIAS, abs=1e-12)
    assert ARRAY.currents(X) == pytest.approx(X @ alone + ARRAY.currents(np.zeros(40)), rel=1e-9, abs=1e-18)


def test_power_is_that_of_every_cell():
    volts = 0.2 * np.hstack([X, np.ones((30, 1))])
    right = [np.sum(v[:, None] ** 2 * ARRAY.conductances) for v in volts]
    assert ARRAY.power(X) == pytest.approx(right, rel=1e-13)


def test_changes_keep_the_stages_that_they_do_not_touch():
    array = ARRAY.with_(variation=Variation(0.1), programming=WriteVerify())
    array.relative  # noqa: B018
    assert array.with_(seed=5).targets is array.targets
    assert array.with_(faults=Faults(0.1)).programmed is array.programmed
    assert array.with_(time="1 s").programmed is array.programmed
    assert array.with_(adc=ADC(), dac=DAC()).relative is array.relative
    fresh = Crossbar(WEIGHTS, bias=BIAS, variation=Variation(0.1), programming=WriteVerify(), seed=5)
    assert np.array_equal(array.with_(seed=5).conductances, fresh.conductances)
    assert not np.array_equal(array.with_(cell=Cell("20 kOhm")).targets, array.targets)


def test_errors_of_programming_have_the_asked_size():
    for relative_to, size in (("range", ARRAY.cell.span), ("value", 5e-5)):
        array = Crossbar.from_conductances(np.full((1000, 1000), 5e-5), programming=Programming(0.02, relative_to))
        error = (array.conductances - 5e-5) / size
        assert abs(np.mean(error)) < 4 * 0.02 / 1000
        assert abs(np.std(error) - 0.02) < 4 * 0.02 / np.sqrt(2e6)


def test_write_verify_with_straight_pulses_stops_at_the_first_that_is_near_enough():
    curve = UpdateCurve(pulses_up=50, pulses_down=50)
    done = ARRAY.with_(programming=WriteVerify(tolerance=0.011, curve=curve)).programmed
    share = ARRAY.cell.share(ARRAY.targets)
    assert np.array_equal(done.pulses, np.maximum(np.ceil((share - 0.011) * 50 - 1e-9), 0))
    assert done.unconverged == 0
    from_above = ARRAY.with_(programming=WriteVerify(tolerance=0.011, curve=curve, start="lrs")).programmed
    assert np.array_equal(from_above.pulses, np.maximum(np.ceil((1 - share - 0.011) * 50 - 1e-9), 0))


@pytest.mark.parametrize("curve", [UpdateCurve(80, 60, 3.0, 5.0, 0.004), UpdateCurve(40, 40, sigma=0.02)])
def test_write_verify_ends_within_the_tolerance_or_says_that_it_does_not(curve):
    array = ARRAY.with_(programming=WriteVerify(tolerance=0.02, max_pulses=60, curve=curve), variation=Variation(0.1))
    done = array.programmed
    near = np.abs(done.conductances - array.targets) <= 0.02 * array.cell.span * (1 + 1e-12)
    assert np.array_equal(near, done.converged)
    assert np.all(done.pulses[~near] == 60)
    assert np.mean(near) > 0.5


def test_write_verify_corrects_spread_as_far_as_the_range_reaches():
    spread = ARRAY.with_(variation=Variation(0.3))
    verified = spread.with_(programming=WriteVerify(tolerance=0.005, max_pulses=400, curve=UpdateCurve(200, 200)))
    share = ARRAY.cell.share(ARRAY.targets)
    out_of_reach = spread.cell.g_on * verified.variation.device_factors(ARRAY.targets, verified.drawn("device"))
    reachable = out_of_reach > ARRAY.targets * 1.01
    inside = (share > 0.05) & reachable
    assert np.mean(verified.programmed.converged[inside]) > 0.99
    assert not np.any(verified.programmed.converged[out_of_reach < ARRAY.targets - 0.005 * ARRAY.cell.span])
    assert verified.error(X).total < 0.2 * spread.error(X).total


def test_update_curves_pass_through_their_formula():
    curve, a, count = UpdateCurve(pulses_up=30, nonlinearity_up=4.0), 4.0, np.arange(31)
    u = [np.zeros(1)]
    for _ in range(30):
        u.append(curve.step(u[-1], np.array([True]), RNG))
    formula = (1 - np.exp(-a * count / 30)) / (1 - np.exp(-a))
    assert np.ravel(u) == pytest.approx(formula, abs=1e-12)
    down = UpdateCurve(pulses_down=30, nonlinearity_down=4.0)
    u = [np.ones(1)]
    for _ in range(30):
        u.append(down.step(u[-1], np.array([False]), RNG))
    assert np.ravel(u) == pytest.approx(1 - formula, abs=1e-12)


def test_measured_update_curves_are_followed_from_pulse_to_pulse():
    up, down = 1e-6 + 9e-6 * np.array([0, 0.5, 0.8, 1.0]), 1e-6 + 9e-6 * np.array([1.0, 0.3, 0.0])
    curve = UpdateCurve.measured(up, down)
    rising, falling = np.array([True] * 4), np.array([False] * 3)
    assert curve.step(np.array([0, 0.25, 0.5, 1.0]), rising, RNG) == pytest.approx([0.5, 0.65, 0.8, 1.0])
    assert curve.step(np.array([1.0, 0.3, 0.65]), falling, RNG) == pytest.approx([0.3, 0.0, 0.15])


def test_the_energy_of_writing_is_that_of_the_pulses():
    programming = WriteVerify(tolerance=0.3, curve=UpdateCurve(2, 2), pulse_voltage="1.5 V", pulse_width="50 ns")
    cell = Cell("10 kOhm", np.inf)
    done = Crossbar.from_conductances([[1e-4, 5e-5, 0.0]], cell=cell, programming=programming).programmed
    assert done.pulses.tolist() == [[2, 1, 0]]
    assert done.energy == pytest.approx(1.5**2 * 50e-9 * (0 + 5e-5 + 0), rel=1e-12)
    assert np.isnan(ARRAY.with_(programming=WriteVerify()).programmed.energy)


def test_converters_round_to_their_levels():
    x = np.linspace(0, 1, 1001)
    assert np.unique(DAC(3).convert(x)) == pytest.approx(np.arange(8) / 7)
    assert np.max(np.abs(DAC(3).convert(x) - x)) <= 0.5 / 7 + 1e-15
    half = DAC(4, full_scale=0.5)
    assert np.unique(half.convert(x)) == pytest.approx(np.arange(16) / 30)
    assert half.clipped(x) == pytest.approx(500 / 1001)
    i = np.linspace(-1.2, 1.2, 4801) * 1e-6
    for adc, count, low in ((ADC(4), 15, -1e-6), (ADC(4, place="column"), 16, 0.0)):
        told = adc.convert(i, 1e-6)
        inside = (i >= low) & (i <= 1e-6)
        assert len(np.unique(told)) == count
        assert np.max(np.abs(told - i)[inside]) <= adc.step(1e-6) / 2 * (1 + 1e-9)
        assert (told.min(), told.max()) == pytest.approx((low, 1e-6), abs=1e-18)
        assert 0.0 in told
        step = adc.step(1e-6)
        assert adc.clipped(i, 1e-6) == np.mean((i > 1e-6 + step / 2) | (i < low - step / 2))


@pytest.mark.parametrize("mapping", ["differential", "balanced", "offset", Slices(slice_bits=3)])
@pytest.mark.parametrize("place", ["pair", "column"])
def test_an_adc_of_many_bits_on_a_perfect_array_changes_nothing_and_never_clips(mapping, place):
    plain = Crossbar(WEIGHTS, bias=BIAS, mapping=mapping)
    array = plain.with_(adc=ADC(24, place=place))
    worst = np.vstack([X, (WEIGHTS > 0).T, (WEIGHTS < 0).T, np.ones(40)])
    assert array.clipping(worst) == {"adc": 0.0}
    step = array.adc.step(array.adc_limit)
    assert np.max(np.abs(array.currents(worst) - plain.currents(worst))) <= 2 * step


def test_the_full_range_of_the_adc_is_reached_by_the_strongest_input():
    array = Crossbar(WEIGHTS, adc=ADC(8))
    strongest = np.vstack([(WEIGHTS > 0).T, (WEIGHTS < 0).T])
    assert np.max(np.abs(array.with_(adc=None).currents(strongest))) == pytest.approx(array.adc_limit, rel=1e-12)


def test_calibration_takes_the_percentile_and_reports_what_it_clips():
    array = ARRAY.with_(adc=ADC(8)).calibrated(X, percentile=90)
    assert array.adc_limit == pytest.approx(np.percentile(np.abs(ARRAY.currents(X)), 90))
    clipped = array.clipping(X)["adc"]
    assert 0.05 < clipped <= 0.1
    assert np.max(np.abs(array.currents(X))) == pytest.approx(array.adc_limit)
    assert ARRAY.with_(dac=DAC(4, 0.5)).clipping(np.linspace(0, 1, 40)[None]) == {"dac": 0.5}


@pytest.mark.parametrize("device", [CURVED.device, Bent(b=3.0, a_on=1e-4), GMMS.preset("w_sdc_ostrovskii")])
def test_currents_of_curved_devices_are_the_sums_of_the_devices(device):
    array = Crossbar(WEIGHTS[:, :3], cell=Cell(device=device), v_read="0.6 V", mapping="balanced")
    states, factors = array.cell.states(array.conductances, 0.6)
    assert np.all((states >= 0) & (states <= 1))
    assert factors == pytest.approx(1.0, abs=1e-9)
    assert device.current(0.6, states) / 0.6 == pytest.approx(array.conductances, rel=1e-9)
    volts = 0.6 * X[:4, :, None]
    cells = device.current(volts, states[None])
    assert array.column_currents(X[:4]) == pytest.approx(cells.sum(axis=1), rel=1e-9)
    assert array.power(X[:4]) == pytest.approx(np.sum(volts * cells, axis=(1, 2)), rel=1e-9)
    binary = (X > 0.5).astype(float)  # at v_read itself the conductances hold
    assert array.currents(binary) / array.unit_current == pytest.approx(binary @ WEIGHTS[:, :3], abs=1e-6)


def test_a_curved_cell_outside_its_range_keeps_its_curve():
    array = Crossbar(WEIGHTS, cell=CURVED, v_read=0.5, variation=Variation(0.5), faults=Faults(0.1, 0.1))
    assert array.column_currents(np.ones(40)) == pytest.approx(0.5 * array.conductances.sum(axis=0)[None], rel=1e-9)


def test_an_ohmic_memristor_is_a_resistor():
    device = MMS.preset("sdc_agh")
    array = Crossbar(WEIGHTS, cell=Cell(device=device))
    plain = Crossbar(WEIGHTS, cell=Cell("5 kOhm", "100 kOhm"))
    assert (array.cell.r_on, array.cell.r_off) == pytest.approx((5e3, 100e3))
    assert array.currents(X) == pytest.approx(plain.currents(X), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("device", [CURVED.device, Bent(b=3.0, a_on=1e-4)])
def test_curved_devices_behind_drivers_share_the_voltage_with_them(device):
    from scipy.optimize import brentq

    r = 2e3
    array = Crossbar(WEIGHTS[:6, :3], cell=Cell(device=device), v_read="0.6 V", wires=Wires(r_driver=r), faults=Faults(0.2))
    states, factors = array.cell.states(array.conductances, 0.6)
    for x, currents, power in zip(X[:3, :6], array.column_currents(X[:3, :6]), array.power(X[:3, :6]), strict=True):
        rows = [
            brentq(
                lambda v, k=k, u=u: v + r * np.sum(factors[k] * device.current(v, states[k])) - 0.6 * u, 0, 0.6, xtol=1e-15
            )
            for k, u in enumerate(x)
        ]
        cells = factors * device.current(np.array(rows)[:, None], states)
        assert currents == pytest.approx(cells.sum(axis=0), rel=1e-9)
        assert power == pytest.approx(np.sum(0.6 * x * cells.sum(axis=1)), rel=1e-9)


def test_wires_act_as_their_effective_conductance():
    wires = Wires(r_word="2 Ohm", r_bit="1 Ohm", r_driver="50 Ohm", r_sense="20 Ohm")
    array = ARRAY.with_(wires=wires, faults=Faults(0.05, 0.05))
    g = effective_conductance(array.conductances, wires)
    volts = 0.2 * np.hstack([X, np.ones((30, 1))])
    assert array.column_currents(X) == pytest.approx(volts @ g, rel=1e-12)
    bare = array.with_(wires=Wires())
    assert np.all(array.power(X) < bare.power(X))
    assert ARRAY.with_(wires=Wires()).currents(X) == pytest.approx(ARRAY.currents(X), rel=1e-15)


def test_the_error_is_split_by_cause_and_ends_at_the_array_as_it_is():
    array = Crossbar(
        WEIGHTS, bias=BIAS, cell=Cell(levels=16), faults=Faults(0.02, 0.02), variation=Variation(0.1, 0.05, 0.01),
        programming=Programming(0.02), retention=PowerLawDrift(0.05, 0.01), time="1000 s", wires=Wires(1, 1),
        dac=DAC(5), adc=ADC(7), seed=3,
    )  # fmt: skip
    table = array.error(X, read=2)
    names = [c.name for c in table.causes]
    assert names == [
        "quantisation", "DAC", "programming", "variation", "drift", "stuck cells", "wires", "read noise", "ADC",
    ]  # fmt: skip
    right = X @ WEIGHTS + BIAS
    error = array.currents(X, read=2) / array.unit_current - right
    assert table.total == pytest.approx(np.sqrt(np.mean(error**2) / np.mean(right**2)), rel=1e-9)
    stuck = ARRAY.with_(faults=Faults(0.02, 0.02), seed=3)
    alone = stuck.currents(X) / stuck.unit_current - right
    assert table.causes[5].alone == pytest.approx(np.sqrt(np.mean(alone**2) / np.mean(right**2)), rel=1e-9)
    assert all(c.alone > 0 for c in table.causes)
    assert json.loads(json.dumps(table.to_json_dict()))["vectors"] == 30
    assert "stuck cells" in str(table)
    assert "stuck cells" in table._repr_html_()


def test_a_perfect_array_has_no_error():
    table = ARRAY.error(X)
    assert [c.name for c in table.causes] == ["quantisation"]
    assert table.total < 1e-13
    assert table.causes[0].gain == pytest.approx(1, abs=1e-13)


def test_damping_is_told_by_the_gain():
    array = ARRAY.with_(retention=PowerLawDrift(0.1), time="100 s")
    assert array.error(X).causes[-1].gain == pytest.approx(100.0**-0.1, rel=1e-12)


def test_a_crossbar_describes_itself():
    array = ARRAY.with_(
        faults=Faults(0.1), programming=WriteVerify(), wires=Wires(r_bit=1.5), adc=ADC(6), cell=Cell(levels=4)
    )
    rows = dict(array.describe())
    assert rows["array"] == "41 x 24 cells for 40 inputs and 12 outputs"
    assert rows["stuck cells"].endswith("98 LRS, 0 HRS")
    assert rows["wires"] == "r_bit 1.5 Ohm"
    assert "pulses a cell" in rows["programming"]
    html = array._repr_html_()
    assert all(escape(value) in html for value in rows.values())
    assert json.loads(json.dumps(array.to_json_dict()))["stuck_lrs"] == 98


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: ARRAY.currents(np.ones((3, 41))), r"inputs of shape \(3, 41\) do not fit; \(n, 40\) are needed"),
        (lambda: ARRAY.currents(np.full(40, 1.5)), "inputs must be numbers between 0 and 1"),
        (lambda: ARRAY.currents(np.full(40, np.nan)), "inputs must be numbers between 0 and 1"),
        (lambda: ARRAY.with_(dac=DAC()).currents(np.full(40, np.nan)), "inputs must be numbers"),
        (lambda: ARRAY.adc_limit, "there is no ADC"),
        (lambda: ARRAY.calibrated(X), "calibration needs an ADC"),
        (lambda: ARRAY.with_(v_read="0 V"), "v_read must be above zero"),
        (lambda: ADC(1), "signed currents needs 2 bits"),
        (lambda: ADC(8, "-1 uA"), "limit must be one positive current"),
        (lambda: ADC(place="pairs"), "did you mean 'pair'"),
        (lambda: DAC(0), "DAC: bits must be a whole number"),
        (lambda: WriteVerify(tolerance=0), "tolerance must be above zero"),
        (lambda: WriteVerify(max_pulses=2.5), "max_pulses must be a whole number"),
        (lambda: WriteVerify(start="off"), "neither hrs nor lrs"),
        (lambda: UpdateCurve(pulses_up=0), "pulses_up must be a whole number from 1 up"),
        (lambda: UpdateCurve.measured([1e-6, 1e-6], [2e-6, 1e-6]), "'up' must rise"),
        (lambda: Programming(0.1, "full"), "neither range nor value"),
        (lambda: Cell(device="mms"), "device must be a memristor model"),
        (lambda: Crossbar(WEIGHTS, cell=Cell("1 kOhm", device=MMS.preset("sdc_agh"))), "mms conducts 10 uS to 200 uS"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
