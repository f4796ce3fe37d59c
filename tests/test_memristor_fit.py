"""Fitting memristor models: known parameters come back within their intervals, and what data cannot tell is said."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neuristor.cli.fit import fit_memristor as fit_files
from neuristor.cli.screen import Screen
from neuristor.devices.memristor import GMMS, MMS, VTEAM, Yakopcic
from neuristor.devices.memristor.alone import jumps
from neuristor.devices.memristor.saved import load_memristor, memristor_toml
from neuristor.errors import InputError
from neuristor.experiments.memristor_fit import compared, fit_memristor
from neuristor.experiments.memristor_fit_information import correlation_time, information
from neuristor.experiments.memristor_fit_run import after_cycle, currents, periodic_state, ready, residuals
from neuristor.experiments.memristor_fit_search import Problem, polish
from neuristor.experiments.memristor_fit_space import read_model, space
from neuristor.experiments.sweep_files import Sweep, read_sweeps
from neuristor.stimulus import PWL, Sine, Square, Step

TRUE = {"r_on": 2e3, "r_off": 1e5, "v_on": 0.25, "v_off": -0.15, "tau": 2e-4, "temperature": 25.0}
SETTINGS = ((0.8, 50.0, 5e3), (0.6, 500.0, 5e3))  # V, Hz, Ohm
POINTS = 120


def made(device, amplitude, frequency, series, *, noise=0.0, seed=0, cycles=1, x0=None) -> Sweep:
    """A sweep of a device that had been swept for long (or started from x0), with white noise of a share of its rms."""
    n = POINTS * cycles
    time = np.arange(n) / (POINTS * frequency)
    before = 20 if x0 is None else 0
    source = Sine(amplitude, frequency, unit="V")
    whole = (before * POINTS + n - 1) / (POINTS * frequency)
    trace = device.simulate(
        source, whole, x0=0.3 if x0 is None else x0, r_series=series, samples=before * POINTS + n, rtol=1e-9, method="rodas4"
    )
    current = trace["i"][0][-n:]
    rough = current + noise * np.sqrt(np.mean(current**2)) * np.random.default_rng(seed).standard_normal(n)
    voltage = amplitude * np.sin(2 * np.pi * frequency * time)
    return Sweep(f"{amplitude:g}V_{frequency:g}Hz", ("made",), time, voltage, rough, series, frequency, float(cycles))


def sweeps_of(device, **options) -> list[Sweep]:
    return [made(device, *setting, seed=k, **options) for k, setting in enumerate(SETTINGS)]


def problem_of(sweeps, model="mms", fixed=None, starts=0) -> Problem:
    kind, options = read_model(model)
    where = space(kind, options, sweeps, fixed or {}, starts)
    return Problem(where, [ready(s, True) for s in sweeps], [ready(s, False) for s in sweeps])


@pytest.fixture(scope="module")
def clean() -> list[Sweep]:
    return sweeps_of(MMS(**TRUE))


def with_noise(sweeps, share, seed) -> list[Sweep]:
    rng = np.random.default_rng(seed)
    return [replace(s, current=s.current + share * s.rms * rng.standard_normal(len(s.current))) for s in sweeps]


@pytest.fixture(scope="module")
def fitted(clean):
    return fit_memristor(with_noise(clean, 0.01, 0), "mms", seeds=2, generations=30)


@pytest.mark.slow
def test_known_parameters_come_back_within_their_intervals(fitted):
    for e in fitted.estimates:
        assert e.low < TRUE[e.key] < e.high, e
        if e.key in ("r_on", "r_off"):
            assert e.high / e.low < 1.2
    assert fitted.error == pytest.approx(0.01, rel=0.1)
    assert fitted.stable
    for error in fitted.errors:
        assert error.held_out < 0.03
        assert error.alone <= error.joint
        assert error.noise == pytest.approx(0.01, rel=0.5)
    for shape in fitted.profiles:
        assert np.min(shape.rises) == 0.0
        assert shape.low < TRUE[shape.key] < shape.high


def test_intervals_hold_the_truth_as_often_as_they_say(clean):
    inside = []
    for seed in range(12):
        problem = problem_of(with_noise(clean, 0.02, 100 + seed))
        u, _ = polish(problem, problem.space.place(TRUE))
        inside += [e.low < TRUE[e.key] < e.high for e in information(problem, u).estimates]
    assert 0.85 <= np.mean(inside) <= 1.0  # 72 trials at 95 %, three standard errors


def test_a_sweep_taken_as_periodic_ends_in_the_state_it_starts_from():
    # slow switches: a single cycle from any state is far from periodic
    device = MMS(**TRUE | {"tau": 0.02})
    sweep = made(device, 0.5, 200.0, 1e3)
    run = ready(sweep, False)
    x = periodic_state(device, run, 1)
    assert after_cycle(device, run, x) == pytest.approx(x, abs=1e-5)
    problem = problem_of([sweep])
    (model,) = currents(problem.space, problem.space.place(TRUE | {"tau": 0.02}), [run])
    swept = replace(sweep, current=model[0])
    slow = made(device, 0.5, 200.0, 1e3, x0=float(x[0]))
    assert np.max(np.abs(swept.current - slow.current)) < 2e-3 * sweep.rms


@pytest.mark.parametrize(
    "device",
    [
        GMMS(**TRUE, alpha_f=2e-6, beta_f=12.0, alpha_r=5e-8, beta_r=6.0),
        Yakopcic(a_on=2e-4, a_off=8e-5, b=3.0, v_on=0.12, v_off=-0.1, rate_on=300.0, rate_off=300.0),
    ],
    ids=lambda device: device.name,
)
def test_a_device_behind_a_resistor_whose_voltage_is_a_state_equals_one_whose_voltage_is_solved_for(device):
    source, series = Sine(0.8, 50.0, unit="V"), 5e3
    ours = device.simulate(source, 0.04, x0=0.4, r_series=series, rtol=1e-9, method="rodas4", samples=201)

    def slope(t, x):
        return device.rate(device.voltage_behind(0.8 * np.sin(100 * np.pi * t), x, series), x)

    other = solve_ivp(slope, (0, 0.04), [0.4], "LSODA", ours.time, rtol=1e-9, atol=1e-12, max_step=1e-4)
    assert np.ptp(other.y) > 0.2
    assert ours["x"][0] == pytest.approx(other.y[0], abs=1e-6)
    assert ours["v"] + series * ours["i"] == pytest.approx(source.value(ours.time), abs=1e-9)


def test_jumps_are_told_from_slopes():
    steep = PWL([0.0, 1e-9, 1.0], [0.0, 1.0, -1.0], unit="V")
    sudden = PWL([0.0, 0.5, 0.5, 1.0], [0.0, 1.0, 0.9, 0.0], unit="V")
    for stimulus, told in ((steep, False), (sudden, True), (Sine(1.0, 5.0, unit="V"), False), (Step(1.0, unit="V"), False)):
        assert jumps(stimulus.segments(range(1))) == told
    assert jumps(Square("1 V", "0.1 s", duration="1 s").segments(range(1)))


def test_candidates_do_not_see_each_other(clean):
    problem = problem_of(clean)
    u = np.random.default_rng(0).uniform(size=(9, problem.space.size))
    together = residuals(problem.space, u, problem.fine)
    alone = np.concatenate([residuals(problem.space, one, problem.fine) for one in u])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-9)


def test_jacobian_is_the_slope_of_the_residual(clean):
    problem = problem_of(clean)
    u = problem.space.place(TRUE)
    _, jacobian = problem.linearised(u)
    step = 5e-3 * np.random.default_rng(1).uniform(-1, 1, problem.space.size)
    change = problem.residual(u + step) - problem.residual(u - step)
    assert np.linalg.norm(change - 2 * jacobian @ step) < 0.05 * np.linalg.norm(change)


def test_free_initial_states_are_found():
    device = MMS(**TRUE | {"tau": 0.02})
    sweeps = [made(device, 0.5, 200.0, 1e3, x0=0.8), made(device, 0.6, 100.0, 1e3, x0=0.1)]
    problem = problem_of(sweeps, fixed={"temperature": 25.0}, starts=2)
    u, loss = polish(problem, problem.space.place(TRUE | {"tau": 0.03}))
    np.testing.assert_allclose(problem.space.first_states(u), [0.8, 0.1], atol=0.02)
    assert np.sqrt(loss) < 5e-3


def test_below_threshold_only_the_product_of_tau_and_the_exponential_is_determined():
    below = {"v_on": 0.55, "v_off": -0.55, "tau": 8e-7}
    device = MMS(**TRUE | below)
    sweeps = [made(device, a, f, 0.0, noise=0.003) for a, f in ((0.4, 20.0), (0.45, 100.0))]
    problem = problem_of(sweeps, fixed={"temperature": 25.0})
    u, _ = polish(problem, problem.space.place(TRUE | below))
    found = information(problem, u)
    told = {frozenset((p.a, p.b)): p.sentence for p in found.pairs}
    assert told[frozenset(("v_on", "tau"))] == "v_on and tau: only tau e^(beta v_on) is determined by these data"


def test_a_plain_resistor_cannot_determine_a_model(clean):
    flat = [replace(s, current=s.voltage / 1e4) for s in clean]
    with pytest.raises(InputError, match="no hysteresis.*cannot determine the model"):
        fit_memristor(flat)


def test_correlation_time_is_one_for_white_noise_and_that_of_a_first_order_process():
    rng = np.random.default_rng(0)
    times = []
    for _ in range(10):
        white = rng.standard_normal(4000)
        assert correlation_time(white) == pytest.approx(1.0, abs=0.15)
        slow = np.empty_like(white)
        slow[0] = white[0]
        for k in range(1, len(white)):
            slow[k] = 0.8 * slow[k - 1] + white[k]
        times.append(correlation_time(slow))
    assert np.mean(times) == pytest.approx(1.8 / 0.2, rel=0.1)  # (1 + rho) / (1 - rho)


@pytest.mark.parametrize("model", ["mms", "gmms", "gmms:ostrovskii", "vteam", "vteam:exponential", "yakopcic"])
def test_a_point_of_the_search_space_is_placed_back_where_it_was(clean, model):
    where = problem_of(clean, model).space
    u = np.random.default_rng(2).uniform(0.05, 0.95, where.size)
    np.testing.assert_allclose(where.place({k: float(v) for k, v in where.values(u).items()}), u, atol=1e-9)
    assert where.device(u).r_on < where.device(u).r_off


@pytest.mark.slow
def test_a_saved_device_is_the_device(fitted, tmp_path):
    path = fitted.save(tmp_path / "mine.toml")
    device = load_memristor(path)
    assert type(device) is MMS
    assert device.values() == {k: float(v) for k, v in fitted.device.values().items()}
    other = VTEAM(resistance_law="exponential", r_on=1e3, r_off=1e5)
    (tmp_path / "v.toml").write_text(memristor_toml(other, 'odd "name"\\', {"notes": ["a: 1 µA", 'b "quoted"']}))
    again = load_memristor(tmp_path / "v.toml")
    assert (again.values(), again.choices) == (other.values(), other.choices)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind = 3", "not a saved memristor"),
        ('kind = "memristor"\nmodel = "mmz"\n[parameters]', "did you mean 'mms'"),
        ('kind = "memristor"\nmodel = "mms"\n[parameters]\nr_on = -1', "r_on"),
        ("[[[", "cannot be read"),
    ],
)
def test_a_file_that_is_no_memristor_is_refused(text, words, tmp_path):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(InputError, match=words):
        load_memristor(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": "mmss"}, "did you mean 'mms'"),
        ({"model": "mms:sharp"}, "no option 'sharp'"),
        ({"fixed": {"taus": 1}}, "did you mean 'tau'"),
        ({"fixed": {"tau": -1.0}}, "tau"),
        ({"model": "vteam", "fixed": {"alpha_off": 0.5}}, "alpha_off = 0.5 .* infinite slope"),
        ({"fixed": TRUE}, "leave at least one free"),
        ({"start": "fresh"}, "periodic, free"),
        ({"seeds": 0}, "at least one seed"),
    ],
)
def test_bad_options_are_refused(clean, options, words):
    with pytest.raises(InputError, match=words):
        fit_memristor(clean, **options)


def write(sweep: Sweep, folder: Path) -> Path:
    path = folder / f"5kohm_{sweep.name}_Resistor_Memristor.csv"
    np.savetxt(path, np.column_stack([sweep.voltage, 1e6 * sweep.current]), delimiter=",")
    return path


def test_the_command_fits_saves_and_draws(clean, tmp_path, capsys):
    files = [write(s, tmp_path) for s in with_noise(clean, 0.01, 3)]
    common = {"fix": ["temperature=25"], "seeds": 1, "generations": 15, "checks": False}
    page, saved = tmp_path / "page.html", tmp_path / "mine.toml"
    assert fit_files(files, Screen(False), save=saved, report=page, **common)
    text = capsys.readouterr().out
    assert "1 cycles at 50 Hz, applied voltage +-800 mV, behind 5 kOhm" in text
    assert "Parameters of mms" in text
    assert load_memristor(saved).temperature == 25.0
    assert "measured" in page.read_text()
    assert fit_files(files, Screen(True), save=saved, **common)
    told = json.loads(capsys.readouterr().out)
    (fit,) = told["fits"]
    assert fit["parameters"]["r_on"] == pytest.approx(2e3, rel=0.1)
    assert [s["frequency"] for s in fit["sweeps"]] == [50.0, 500.0]
    with pytest.raises(InputError, match="--fix"):
        fit_files(files, Screen(True), fix=["phi=0.5"])


@pytest.mark.slow
def test_the_right_model_is_chosen_among_three(clean):
    sweeps = with_noise(clean, 0.01, 5)
    fits = [fit_memristor(sweeps, m, seeds=1, generations=30, checks=False) for m in ("vteam:parallel", "mms", "gmms")]
    ranked = compared(fits)
    assert ranked[0][0].model == "mms"
    gmms = next(f for f in fits if f.model.startswith("gmms"))
    assert type(gmms.device) is GMMS
    assert gmms.error == pytest.approx(0.01, rel=0.1)  # contains the MMS


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("NEURISTOR_DATA"), reason="the measured sweeps are not part of the package")
def test_the_measured_sweeps_are_fitted_alike_from_three_seeds():
    folder = Path(os.environ["NEURISTOR_DATA"]) / "memristor"
    if not folder.is_dir():
        pytest.skip("no measured sweeps")
    fit = fit_memristor(read_sweeps(sorted(folder.glob("*.csv"))), "mms")
    assert fit.stable
    assert len(fit.errors) == 6
    assert fit.error < 0.2
    assert all(e.alone < 0.1 for e in fit.errors)
    assert any("conflicts" in note for note in fit.notes)
