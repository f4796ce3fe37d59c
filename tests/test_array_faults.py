"""Stuck cells, spread, drift and read noise: exact counts, and the statistics that were asked for at four sigma."""

import numpy as np
import pytest

from neuristor.arrays import (
    Cell,
    Crossbar,
    Differential,
    Faults,
    PowerLawDrift,
    Programming,
    Relaxation,
    Variation,
    VariationTable,
    WriteVerify,
    phase_change,
)
from neuristor.arrays.faults import HRS, LRS
from neuristor.arrays.variation import generator
from neuristor.devices.memristor import GMMS, MMS, VTEAM
from neuristor.errors import InputError
from neuristor.quantities import K_B, Q_E

RNG = np.random.default_rng(5)
WEIGHTS = RNG.normal(size=(60, 25))
ARRAY = Crossbar(WEIGHTS, seed=3)
MILLION = Crossbar.from_conductances(np.full((1000, 1000), 2e-5), seed=1)
N = 1_000_000
FOUR = 4.0


def near(values, mean, sigma):
    """Mean and standard deviation of normal values, both within four standard errors."""
    n = np.size(values)
    assert abs(np.mean(values) - mean) < FOUR * sigma / np.sqrt(n)
    assert abs(np.std(values) - sigma) < FOUR * sigma / np.sqrt(2 * n)


@pytest.mark.parametrize("pattern", ["random", "clustered", "rows", "columns"])
def test_no_faults_are_bit_identical_to_a_share_of_zero(pattern):
    x = RNG.random((7, 60))
    none = ARRAY.with_(faults=Faults(0.0, 0.0, pattern))
    assert np.array_equal(none.conductances, ARRAY.conductances)
    assert np.array_equal(none.currents(x), ARRAY.currents(x))
    still = Crossbar(WEIGHTS, seed=3, variation=Variation(0.0), retention=PowerLawDrift(0.05), time=0.0)
    assert np.array_equal(still.currents(x), ARRAY.currents(x))


@pytest.mark.parametrize("share", [0.0, 1e-6, 0.0123, 0.5, 1.0])
@pytest.mark.parametrize("pattern", ["random", "clustered"])
def test_counts_of_stuck_cells_are_exact_over_a_million(share, pattern):
    stuck = MILLION.with_(faults=Faults(share, (1 - share) / 3, pattern)).stuck
    assert np.sum(stuck == LRS) == round(share * N)
    assert np.sum(stuck == HRS) == round((1 - share) / 3 * N)


@pytest.mark.parametrize("pattern", ["random", "clustered", "rows", "columns"])
def test_a_larger_share_holds_the_cells_of_a_smaller_one(pattern):
    kept = {LRS: np.zeros(ARRAY.shape, bool), HRS: np.zeros(ARRAY.shape, bool)}
    for share, other in ((0.01, 0.02), (0.05, 0.02), (0.05, 0.3), (0.2, 0.3), (0.6, 0.4)):
        array = ARRAY.with_(faults=Faults(share, other, pattern))
        for kind, before in kept.items():
            now = array.stuck == kind
            assert np.all(now[before])
            kept[kind] = now
    assert np.all(kept[LRS] | kept[HRS])


def test_stuck_cells_have_the_ends_of_the_range_and_the_others_what_they_had():
    array = ARRAY.with_(faults=Faults(0.1, 0.2), variation=Variation(0.3), retention=PowerLawDrift(0.1), time=100.0)
    bare = array.with_(faults=Faults())
    assert np.all(array.conductances[array.stuck == LRS] == array.cell.g_on)
    assert np.all(array.conductances[array.stuck == HRS] == array.cell.g_off)
    assert np.array_equal(array.conductances[array.stuck == 0], bare.conductances[array.stuck == 0])


def test_whole_lines_are_stuck_from_end_to_end():
    rows = ARRAY.with_(faults=Faults(0.1, 0.05, "rows")).stuck
    assert np.all(rows == rows[:, :1])
    assert np.bincount(rows[:, 0] + 1, minlength=3).tolist() == [3, 51, 6]
    columns = ARRAY.with_(faults=Faults(0.1, 0.0, "columns")).stuck
    assert np.all(columns == columns[:1])
    assert np.sum(columns[0]) == 5


def test_random_cells_fall_on_columns_as_without_replacement():
    share, runs = 0.1, 200
    counts = np.array([ARRAY.with_(sample=k, faults=Faults(share)).stuck.sum(axis=0) for k in range(runs)])
    n, cells = 60, ARRAY.stuck.size
    variance = n * share * (1 - share) * (cells - n) / (cells - 1)  # hypergeometric
    assert np.all(counts.sum(axis=1) == round(share * cells))
    first = counts[:, 0]
    assert abs(np.mean(first) - n * share) < FOUR * np.sqrt(variance / runs)
    assert abs(np.var(first) / variance - 1) < FOUR * np.sqrt(2 / runs)


def test_samples_and_seeds_are_their_own():
    faults = Faults(0.1, 0.1)
    once, again = (ARRAY.with_(faults=faults, sample=4) for _ in range(2))
    assert np.array_equal(once.stuck, again.stuck)
    others = [ARRAY.with_(faults=faults, sample=5), ARRAY.with_(faults=faults, sample=4, seed=4)]
    for other in others:
        assert np.mean(other.stuck != once.stuck) > 0.1
    fresh = Crossbar(WEIGHTS, seed=3, sample=4, faults=faults, variation=Variation(0.1, read_noise=0.01))
    assert np.array_equal(fresh.stuck, once.stuck)


def test_clusters_have_the_pair_statistics_of_a_gaussian_field():
    from scipy.stats import multivariate_normal, norm

    radius, share, side = 2.0, 0.1, 256
    shape, runs = (side, side), 24
    faults = Faults(share, pattern="clustered", radius=radius)
    both = {1: [], 3: [], 12: []}
    for k in range(runs):
        stuck = faults.draw(shape, generator(9, k, "faults")) == LRS
        for d, found in both.items():
            found.append(np.mean(stuck & np.roll(stuck, d, axis=1)))
    level = norm.ppf(share)
    for d, found in both.items():
        rho = np.exp(-(d**2) / (4 * radius**2))
        right = multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([level, level])
        assert abs(np.mean(found) - right) < FOUR * np.std(found, ddof=1) / np.sqrt(runs)
    assert np.mean(both[1]) > 5 * share**2


def test_in_clusters_too_every_cell_is_equally_likely():
    runs, share = 400, 0.2
    faults, shape = Faults(share, pattern="clustered"), (12, 16)
    total = sum((faults.draw(shape, generator(2, k, "faults")) == LRS).astype(int) for k in range(runs))
    worst = np.max(np.abs(total / runs - round(share * 192) / 192))
    assert worst < 5 * np.sqrt(share * (1 - share) / runs)  # the largest of 192 cells


def test_a_measured_map_of_cells_is_taken_as_it_is():
    cells = np.zeros(ARRAY.shape, int)
    cells[2, 3], cells[4, 5] = 1, -1
    array = ARRAY.with_(faults=Faults(cells=cells))
    changed = np.argwhere(array.conductances != ARRAY.conductances).tolist()
    assert array.conductances[2, 3] == array.cell.g_on
    assert array.conductances[4, 5] == array.cell.g_off
    assert all(place in ([2, 3], [4, 5]) for place in changed)


@pytest.mark.parametrize(("preserve", "middle"), [("median", 0.0), ("mean", -0.5 * 0.2**2)])
def test_device_to_device_spread_is_lognormal(preserve, middle):
    array = MILLION.with_(variation=Variation(sigma_d2d=0.2, preserve=preserve))
    factors = array.conductances / 2e-5
    near(np.log(factors), middle, 0.2)
    if preserve == "mean":
        assert abs(np.mean(factors) - 1) < FOUR * np.std(factors) / np.sqrt(N)


def test_every_writing_draws_anew_and_the_device_stays():
    spread = Variation(sigma_d2d=0.2, sigma_c2c=0.05)
    first, second = (np.log(MILLION.with_(variation=spread, cycle=c).conductances / 2e-5) for c in (0, 1))
    near(first - second, 0.0, 0.05 * np.sqrt(2))
    near(first, 0.0, np.hypot(0.2, 0.05))
    devices = MILLION.with_(variation=Variation(sigma_d2d=0.2)).conductances / 2e-5
    near(first - np.log(devices), 0.0, 0.05)


def test_read_noise_of_single_cells_is_normal_of_the_asked_size():
    array = MILLION.with_(weights=np.full((1, 1000), 2e-5), variation=Variation(read_noise=0.03))
    read = array.currents(np.ones((1000, 1))) / (0.2 * 2e-5) - 1
    near(read, 0.0, 0.03)
    assert abs(np.mean((read / 0.03) ** 4) - 3) < FOUR * np.sqrt(96 / N)


def test_read_noise_of_a_sum_has_the_variance_of_its_cells():
    array = ARRAY.with_(variation=Variation(read_noise=0.05))
    x = np.tile(RNG.random(60), (20_000, 1))
    right = ARRAY.currents(x[:1])
    pairs = ARRAY.conductances[:, 0::2] ** 2 + ARRAY.conductances[:, 1::2] ** 2
    sigma = 0.05 * 0.2 * np.sqrt(x[0] ** 2 @ pairs)
    scaled = (array.currents(x) - right) / sigma
    near(scaled, 0.0, 1.0)


def test_the_noise_of_a_vector_does_not_depend_on_those_after_it_but_on_the_read():
    array = ARRAY.with_(variation=Variation(read_noise=0.05))
    x = RNG.random((30, 60))
    assert array.currents(x)[:7] == pytest.approx(array.currents(x[:7]), rel=1e-9)
    assert np.array_equal(array.currents(x, read=2), array.currents(x, read=2))
    assert np.all(array.currents(x, read=2) != array.currents(x, read=3))


def test_measured_errors_are_drawn_as_they_were_measured():
    levels = np.repeat([1e-5, 3e-5], 4)
    errors = np.array([0.0, 0.1, 0.2, 0.3, -0.4, -0.2, 0.0, 0.2])
    table = VariationTable.of(levels, errors, source="by hand")
    array = MILLION.with_(variation=Variation(table=table))
    found = array.conductances / 2e-5 - 1
    values, counts = np.unique(np.round(found, 12), return_counts=True)
    right = {-0.4: 1, -0.2: 1, 0.0: 2, 0.1: 1, 0.2: 2, 0.3: 1}  # half way: every one of the eight is as likely
    assert values == pytest.approx(sorted(right))
    for value, count in zip(values, counts, strict=True):
        p = right[round(float(value), 6)] / 8
        assert abs(count / N - p) < FOUR * np.sqrt(p * (1 - p) / N)
    low = MILLION.with_(weights=np.full((1000, 1000), 1e-6), variation=Variation(table=table)).conductances
    assert set(np.unique(np.round(low / 1e-6 - 1, 9))) == {0.0, 0.1, 0.2, 0.3}


def test_a_table_comes_from_a_file_with_its_source(tmp_path):
    path = tmp_path / "errors.csv"
    path.write_text("# wafer 7\nrelative_error,conductance\n0.1,1e-5\n-0.1,1e-5\n0.02,5e-5\n")
    table = VariationTable.from_csv(path)
    assert table.source == "wafer 7"
    assert table.levels.tolist() == [1e-5, 5e-5]
    assert [e.tolist() for e in table.errors] == [[0.1, -0.1], [0.02]]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("conductance\n1e-5\n", "no column 'relative_error'"),
        ("conductance,relative_error\n1e-5,x\n", "line 2: expected numbers"),
        ("conductance,relative_error\n", "no measurements"),
        ("conductance,relative_error\n1e-5,-3\n", "relative error lie below -1"),
        ("conductance,relative_error\n1e-5,nan\n", "finite"),
    ],
)
def test_a_file_that_is_no_table_is_told(tmp_path, text, sentence):
    path = tmp_path / "errors.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence):
        VariationTable.from_csv(path)


def test_drift_exponents_have_the_asked_mean_and_spread():
    array = MILLION.with_(retention=PowerLawDrift(nu=0.06, sigma_nu=0.02, t0="2 s"), time="2000 s")
    near(-np.log(array.conductances / 2e-5) / np.log(1000.0), 0.06, 0.02)


def test_drift_is_a_power_of_time_and_begins_at_t0():
    array = ARRAY.with_(retention=PowerLawDrift(nu=0.1, sigma_nu=0.03, t0="1 s"))
    g = {t: array.with_(time=t).conductances for t in (0.0, 1.0, 10.0, 100.0)}
    assert np.array_equal(g[0.0], ARRAY.conductances)
    assert np.array_equal(g[1.0], ARRAY.conductances)
    assert g[10.0] ** 2 == pytest.approx(g[1.0] * g[100.0], rel=1e-12)


@pytest.mark.parametrize("device", [MMS(), MMS.preset("sdc_agh"), GMMS.preset("pd_wo3_w")])
def test_forgetting_is_that_of_the_metastable_switches(device):
    retention = Relaxation.of_device(device)
    time = 0.7 * float(device.retention())
    x0 = np.linspace(0, 1, 24).reshape(6, 4)
    before, after = (1.0 / device.resistance(x) for x in (x0, device.at(time, 0.0, x0)))
    cell = Cell(float(device.resistance(1.0)), float(device.resistance(0.0)))
    array = Crossbar.from_conductances(before, cell=cell, retention=retention, time=time)
    assert array.conductances == pytest.approx(after, rel=1e-11)


def test_knowms_switches_forget_in_under_two_seconds():
    knowm = Relaxation.of_device(MMS.preset("knowm_default"))
    assert knowm.tau == pytest.approx(1.8096, abs=1e-4)  # the source's own figure
    assert knowm.towards == 0.5


def test_relaxation_times_follow_arrhenius_and_their_spread():
    hot, cold = (Relaxation.arrhenius("1e-13 s", "1.2 eV", t, sigma_tau=0.3) for t in (125.0, 25.0))
    slope = np.log(cold.tau / hot.tau) / (1 / 298.15 - 1 / 398.15)
    assert slope * K_B / Q_E == pytest.approx(1.2, rel=1e-12)
    array = MILLION.with_(retention=hot, time=hot.tau)
    start, end = 2e-5, array.cell.g_off
    tau = -hot.tau / np.log((array.conductances - end) / (start - end))
    near(np.log(tau / hot.tau), 0.0, 0.3)


def test_phase_change_cells_have_the_published_statistics_at_a_fifth_of_the_range():
    array = Crossbar(np.full((1000, 500), 0.2), mapping=Differential(w_max=1.0), **phase_change("2000 s"))
    sigma = (0.2635 + 1.9650 * 0.2 - 1.1731 * 0.04) * 1e-6
    programmed = array.programmed.conductances[:, 0::2]
    near(programmed - 5e-6, 0.0, sigma)
    assert np.mean(array.programmed.conductances[:, 1::2] == 0) == pytest.approx(0.5, abs=0.005)  # half the errors at zero
    exact = array.with_(programming=Programming())
    nu = -np.log(exact.conductances[:, 0::2] / 5e-6) / np.log(100.0)
    near(nu, 0.0244 - 0.0155 * np.log(0.2), -0.0059 - 0.0125 * np.log(0.2))
    still = exact.with_(retention=None, weights=np.full((1, 500), 0.2))
    read = still.currents(np.ones((1000, 1))) / still.unit_current / 0.2 - 1
    near(read, 0.0, 0.0088 / 0.2**0.65 * np.sqrt(np.log(2000 / 500e-9)))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: Faults(1.2), "stuck_lrs must lie between 0 and 1"),
        (lambda: Faults(0.7, 0.4), "more than all cells"),
        (lambda: Faults(0.1, pattern="cluster"), "did you mean 'clustered'"),
        (lambda: Faults(0.1, radius=0), "radius of clusters must be positive"),
        (lambda: Faults(0.1, radius="2 Ohm"), "radius: '2 Ohm' is in Ohm"),
        (lambda: Relaxation("1 s", towards="hrs"), "towards: 'hrs' is not a quantity"),
        (lambda: WriteVerify(curve="straight"), "the curve must be an UpdateCurve"),
        (lambda: Faults(cells=[[2, 0]]), "map of cells is a matrix of 1"),
        (lambda: ARRAY.with_(faults=Faults(cells=[[1, 0]])).conductances, r"shape \(1, 2\), the array has \(60, 50\)"),
        (lambda: Variation(-0.1), "sigma_d2d must be one number, zero or more"),
        (lambda: Variation(0.1, preserve="mode"), "neither median nor mean"),
        (lambda: PowerLawDrift(t0="0 s"), "t0 must be one positive number"),
        (lambda: Relaxation.arrhenius("1 ns", 1.1), "a bare number is in joules"),
        (lambda: Relaxation.of_device(VTEAM()), "only the mean metastable switches"),
        (lambda: ARRAY.with_(time="-1 s"), "must not be negative"),
        (lambda: ARRAY.with_(seed=-1), "a seed is a whole number"),
        (lambda: ARRAY.with_(fault=Faults()), "did you mean 'faults'"),
        (lambda: ARRAY.with_(faults=0.1), "faults must be a Faults, not 0.1"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
