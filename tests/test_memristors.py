"""Memristor models: what holds at every voltage and state, closed forms, published sets, bad input."""

import casadi as ca
import numpy as np
import pytest

from neuristor.devices.memristor import GMMS, MEMRISTORS, MMS, PUBLISHED, VTEAM, LinearDrift, Yakopcic
from neuristor.devices.memristor.elementary import logistic
from neuristor.devices.memristor.windows import WINDOWS, window
from neuristor.errors import InputError

X = np.linspace(0.0, 1.0, 21)[:, None]
V = np.concatenate([-np.geomspace(3.0, 1e-9, 30), [0.0], np.geomspace(1e-9, 3.0, 30)])
SETS = [pytest.param(p, id=f"{p.model}:{p.name}") for p in PUBLISHED]


def device(preset):
    return MEMRISTORS[preset.model].preset(preset.name)


@pytest.mark.parametrize("preset", SETS)
def test_pinched_and_passive(preset):
    m = device(preset)
    i = m.current(V, X)
    assert np.all(m.current(0.0, X) == 0.0)
    assert np.all(i * V >= 0)
    assert np.all(np.isfinite(i))
    assert np.all(i[1:] * V >= i[:-1] * V)  # a higher state never conducts less


@pytest.mark.parametrize("preset", SETS)
def test_the_state_cannot_leave_its_range(preset):
    m = device(preset)
    assert np.all(m.rate(V, 0.0) >= 0)
    assert np.all(m.rate(V, 1.0) <= 0)


@pytest.mark.parametrize("preset", SETS)
def test_positive_voltage_switches_on(preset):
    m = device(preset)
    assert m.rate(1.5, 0.3) > 0
    assert m.rate(-1.5, 0.7) < 0


@pytest.mark.parametrize("preset", SETS)
def test_floats_and_graphs_agree(preset):
    m = device(preset)
    symbols, parameters = m.as_symbols()
    v, x = ca.SX.sym("v"), ca.SX.sym("x")
    i = symbols.current(v, x)
    outputs = [i, symbols.rate(v, x), ca.jacobian(i, v), ca.jacobian(ca.jacobian(i, v), v)]
    f = ca.Function("f", [v, x, *parameters.values()], outputs)
    for at_v in (-2.9, -0.4, -1e-3, 0.0, 1e-3, 0.21, 2.9):
        for at_x in (0.0, 0.3, 1.0):
            got = [float(e) for e in f(at_v, at_x, *m.values().values())]
            want = [m.current(at_v, at_x), m.rate(at_v, at_x), m.conductance(at_v, at_x), m.curvature(at_v, at_x)]
            assert got == pytest.approx(want, rel=1e-12, abs=1e-18)


@pytest.mark.parametrize("preset", SETS)
def test_state_and_resistance_are_inverse(preset):
    m = device(preset)
    x = np.linspace(0.01, 1.0, 30)
    assert m.state_of(m.resistance(x)) == pytest.approx(x, abs=1e-9)
    assert m.current(1e-7, x) == pytest.approx(1e-7 / m.resistance(x), rel=1e-5)


def test_initial_state_of_a_resistance_as_the_source_writes_it():
    r0, r_on, r_off = 700.0, 500.0, 1500.0
    assert MMS().state_of(r0) == pytest.approx(r_on * (r0 - r_off) / (r0 * (r_on - r_off)), rel=1e-14)


def test_mms_rests_at_one_half_exactly():
    for v_on in (0.2, 0.27, 0.8, 1.7):
        for celsius in (-100.0, 25.0, 25.35, 125.0):
            m = MMS(v_on=v_on, v_off=-v_on, temperature=celsius)
            assert m.x_inf(0.0) == 0.5
            assert m.rate(0.0, 0.5) == 0.0


def test_retention_time_of_the_knowm_set():
    m = MMS.preset("knowm_default")
    beta = 1.602176634e-19 / (1.380649e-23 * 298.5)
    assert beta == pytest.approx(38.876108, rel=1e-7)
    assert m.retention() == pytest.approx(1e-4 * (1 + np.exp(beta * 0.27)) / 2, rel=1e-13)
    assert m.retention() == pytest.approx(1.8096, abs=5e-5)


def test_threshold_and_time_constant_are_one_parameter_below_threshold():
    """Far below threshold only tau e^(beta v_on) shows: another pair of the same product gives the same rates."""
    one = MMS(v_on=0.6, v_off=-0.6)
    beta = 1.602176634e-19 / (1.380649e-23 * 298.15)
    other = MMS(v_on=0.7, v_off=-0.7, tau=one.tau * np.exp(-beta * 0.1))
    v = np.linspace(-0.1, 0.1, 5)
    assert other.rate(v, 0.3) == pytest.approx(one.rate(v, 0.3), rel=1e-7)


def test_logistic_keeps_its_digits_on_both_tails():
    z = np.array([-500.0, -40.0, -1.0, 0.0, 1.0, 40.0, 900.0])
    exact = np.array([np.exp(-500.0), np.exp(-40.0) / (1 + np.exp(-40.0)), 1 / (1 + np.e), 0.5, np.e / (1 + np.e), 1.0, 1.0])
    assert logistic(z) == pytest.approx(exact, rel=4e-16)
    assert logistic(-800.0) > 0


@pytest.mark.parametrize("name", WINDOWS)
def test_windows_against_their_formulas(name):
    x, p, j = np.linspace(0.0, 1.0, 41), 3.0, 0.7
    formulas = {
        "none": lambda d: np.ones_like(x),
        "joglekar": lambda d: 1 - (2 * x - 1) ** 6,
        "biolek": lambda d: 1 - (x - (1.0 if d <= 0 else 0.0)) ** 6,
        "prodromakis": lambda d: j * (1 - ((x - 0.5) ** 2 + 0.75) ** 3),
    }
    for direction in (-1.0, 1.0):
        got = np.broadcast_to(window(name, x, direction, p, j), x.shape)
        assert got == pytest.approx(formulas[name](direction), abs=1e-14)


def test_vteam_rate_is_continuous_at_its_thresholds():
    m = VTEAM(alpha_on=3.0, alpha_off=1.0)
    step = 1e-9
    assert m.rate(m.v_on, 0.5) == 0.0
    assert 0 < m.rate(m.v_on + step, 0.5) / m.rate_on < (step / m.v_on) ** 2  # slope too, where the exponent is above 1
    assert m.rate(m.v_off - step, 0.5) == pytest.approx(-m.rate_off * step / abs(m.v_off), rel=1e-5)


def test_vteam_resistance_laws():
    for law, middle in (("linear", 525.0), ("exponential", np.sqrt(50e3)), ("parallel", 2 / (1 / 50 + 1 / 1000))):
        m = VTEAM(resistance_law=law)
        assert m.resistance(np.array([0.0, 0.5, 1.0])) == pytest.approx([1000.0, middle, 50.0], rel=1e-13)


def test_yakopcic_motion_is_continuous_where_it_begins_to_fade():
    m = Yakopcic()
    for v, x in ((0.5, m.x_on), (-0.5, 1 - m.x_off)):
        assert m.rate(v, x - 1e-9) == pytest.approx(m.rate(v, x + 1e-9), rel=1e-7)
    assert m.rate(0.5, 1.0) == 0.0
    assert m.rate(-0.5, 0.0) == 0.0


def test_temperature_sharpens_the_threshold():
    cold, warm = MMS(temperature=-50.0), MMS(temperature=100.0)
    assert cold.retention() > 100 * warm.retention()


def test_every_set_tells_its_source():
    assert len({(p.model, p.name) for p in PUBLISHED}) == len(PUBLISHED)
    assert all(p.source for p in PUBLISHED)
    for word, name in (("swapped", "ge_sb_te"), ("108.5 K", "w_sdc_ostrovskii"), ("volatile", "sdc_agh_default")):
        assert word in next(p.note for p in PUBLISHED if p.name == name)


def test_options_survive_a_change_of_parameters():
    m = LinearDrift(window="biolek").with_(p=4.0)
    assert (m.window, m.p) == ("biolek", 4.0)
    assert m.with_(window="none").window == "none"
    assert LinearDrift.preset("biolek_ltspice").with_(p=2.0).preset_used == "biolek_ltspice"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: MMS(r_on=2e3, r_off=1e3), "r_on = 2 kOhm is not below r_off = 1 kOhm"),
        (lambda: MMS(r_on=[1e2, 2e3], r_off=1e3), "r_on = 2 kOhm"),
        (lambda: GMMS.preset("ge_sb_te", r_on=1 / 0.12e-3, r_off=1 / 1.2e-3), "a source may have the two swapped"),
        (lambda: MMS(tau=-1e-4), "tau = -100 us is not positive"),
        (lambda: MMS(temperature=-300.0), "temperature"),
        (lambda: MMS(v_onn=0.2), "did you mean 'v_on'"),
        (lambda: MMS.preset("knowm_defualt"), "did you mean 'knowm_default'"),
        (lambda: VTEAM.preset("nothing"), "it has memtorch_default, rs_linear_threshold"),
        (lambda: VTEAM(v_on=-0.2), "v_on = -200 mV is not positive"),
        (lambda: VTEAM(window="jogleker"), "did you mean 'joglekar'"),
        (lambda: LinearDrift(window="kvatinsky"), "none of none, joglekar, biolek, prodromakis"),
        (lambda: GMMS(phi=1.2), "phi = 1.2 is not at least 0 and at most 1"),
        (lambda: GMMS(v_on_law="ostrovskii").x_inf(0.1), "no closed form"),
        (lambda: VTEAM(window="biolek").switching_time(1.0), "only without a window"),
    ],
)
def test_bad_input_is_told_in_a_sentence(make, sentence):
    with pytest.raises(InputError) as told:
        make()
    assert sentence in str(told.value)
