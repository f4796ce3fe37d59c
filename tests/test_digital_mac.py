"""The digital MAC: sums over gates against all transistors at once, exact sums with made-up cells, statistics, words."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neuristor.circuits.cells.logic import LogicFamily
from neuristor.digital.mac import mac
from neuristor.digital.transistors import transistors
from neuristor.errors import InputError
from neuristor.experiments import cell_library, characterise, digital_mac, gate_check, logic_supply
from neuristor.report.digital_mac_figures import energy_figure, power_figure, share_figure
from neuristor.report.experiment_page import experiment_figures, experiment_tables

BSIM4 = Path(os.environ.get("NEURISTOR_DATA", "")) / "models" / "ptm65.lib"


@pytest.fixture(scope="module")
def library():
    return cell_library()


@pytest.fixture(scope="module")
def result(library):
    return digital_mac(library=library)


def made_up(library, *, energy=0.0, leakage=0.0, delay=1.0, flip_flop=None):
    """A library in which every change of every cell takes the same energy, every cell leaks the same."""
    changes = 1 - np.eye(8)
    cells = {
        kind: replace(
            cell,
            energy=energy * changes[: len(cell.leakage), : len(cell.leakage)],
            leakage=np.full(len(cell.leakage), leakage),
            delay=np.full(len(cell.outputs), delay),
            delay_mean=np.full(len(cell.outputs), delay),
        )
        for kind, cell in library.cells.items()
    }
    clocked = replace(library.flip_flop, **{"leakage": 0.0, "idle": 0.0, "change": 0.0, "glitch": 0.0, **(flip_flop or {})})
    return replace(library, cells=cells, loaded=cells, flip_flop=clocked, flip_flop_loaded=clocked)


def test_power_is_leakage_and_energy_times_frequency(result):
    leak, joules = result.leakage.sum(axis=1), result.dynamic.sum(axis=1)
    inside = result.frequency <= result.f_max[:, None]
    wanted = leak[:, None] + joules[:, None] * result.frequency
    assert result.power[inside] == pytest.approx(wanted[inside], rel=1e-12)
    assert np.all(np.isnan(result.power) == ~inside)
    assert result.frequency[[0, -1]] == pytest.approx([1e3, 1e9])
    assert result.crossing * joules == pytest.approx(leak)
    assert result.energy_with_fetch - result.energy == pytest.approx(
        np.where(inside, result.fetch[:, None], np.nan), nan_ok=True
    )
    assert result.fetch == pytest.approx(result.bits * 10e-12 / 64)


def test_longer_words_cost_more(result):
    for values in (result.leakage.sum(axis=1), result.dynamic.sum(axis=1), result.clock, 1 / result.f_max):
        assert np.all(np.diff(values) > 0)
    assert np.all(result.still < result.dynamic.sum(axis=1))
    assert np.array_equal(result.transistors.sum(axis=1), [transistors(mac(n)).total for n in (3, 8, 16)])
    assert result.transistors[0, 0] == 192


def test_made_up_cells_are_counted_one_by_one(library):
    gates = mac(4, terms=16)
    counts = gates.counts()
    registers = counts.pop("DFF")
    found = digital_mac(
        4, terms=16, library=made_up(library, leakage=1.0, flip_flop={"leakage": 100.0, "idle": 7.0, "change": 7.0})
    )
    assert found.leakage.sum() == pytest.approx(sum(counts.values()) + 100 * registers)
    assert found.clock[0] == found.dynamic.sum() == pytest.approx(7 * registers)
    delays = {"clock_to_q": 20.0, "setup": 5.0}
    slow = digital_mac(4, terms=16, library=made_up(library, delay=3.0, flip_flop=delays))
    assert slow.f_max[0] == pytest.approx(1 / (20 + 3 * gates.longest_path() + 5))


def test_the_share_of_changing_gates_is_that_of_fair_bits(library):
    """Without time an AND of operands' bits sees another input state in 3 of 4 cycles; of 9, each for 1 J."""
    only = made_up(library)
    ones = replace(only.cells["AND2"], energy=1 - np.eye(4))
    samples = 64 * 200
    found = digital_mac(3, terms=1, library=replace(only, cells={**only.cells, "AND2": ones}), samples=samples)
    register = 6  # AND gates of the accumulator: `accumulate` is always 0, its other input a bit of the last product
    products = np.arange(8)[:, None] * np.arange(8)
    fair = [(products >> k & 1).mean() for k in range(register)]
    wanted = 9 * 3 / 4 + sum(2 * p * (1 - p) for p in fair)
    assert found.still[0] == pytest.approx(wanted, abs=4 * 15 / np.sqrt(samples))


def test_seeds_samples_and_trees(library, result):
    again = digital_mac((3, 8), library=library)
    assert np.array_equal(again.dynamic, result.dynamic[:2])
    runs = np.array([digital_mac(3, library=library, samples=256, seed=k).dynamic.sum() for k in range(8)])
    assert abs(runs.mean() - result.dynamic[0].sum()) < 4 * runs.std(ddof=1) * np.sqrt(1 / 8 + 256 / result.samples)
    dadda = digital_mac(8, library=library, tree="dadda")
    assert dadda.leakage.sum() < result.leakage[1].sum()
    assert dadda.transistors[0, 0] == 1872


def test_gates_add_up_to_the_circuit_of_their_transistors(library):
    """2 x 2 multiplier, 60 transistors, 12 operations: energy within 3 %, leakage within 0.2 %."""
    found = gate_check(2, 12, library=library)
    assert found.transistors == 60
    assert np.array_equal(found.products, found.operands.prod(axis=1))
    assert found.error == pytest.approx(0, abs=0.03)
    assert found.leakage_estimated == pytest.approx(found.leakage, rel=2e-3)
    assert "60 transistors" in experiment_figures(found)[0].caption


@pytest.mark.slow
def test_three_by_three_transistor_by_transistor(library):
    """192 transistors: all operations together within 3 %, with hazards; without glitches the sum is too small."""
    found = gate_check(3, 16, library=library)
    assert found.transistors == 192
    assert np.array_equal(found.products, found.operands.prod(axis=1))
    assert found.error == pytest.approx(0, abs=0.03)
    assert found.still.sum() < found.simulated.sum()
    assert found.leakage_estimated == pytest.approx(found.leakage, rel=2e-3)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ngspice") is None or not BSIM4.is_file(), reason="ngspice or the 65 nm card is not here")
def test_the_fitted_set_against_bsim4_in_ngspice(result):
    """The MAC of both: energies within 6 %, largest frequencies within 10 %, leakage 20 to 35 % higher by tunnelling."""
    card = digital_mac(library=cell_library(LogicFamily(str(BSIM4)), engine="ngspice"))
    assert result.dynamic.sum(axis=1) == pytest.approx(card.dynamic.sum(axis=1), rel=0.06)
    assert result.f_max == pytest.approx(card.f_max, rel=0.10)
    ratio = card.leakage.sum(axis=1) / result.leakage.sum(axis=1)
    assert np.all((ratio > 1.20) & (ratio < 1.35))


@pytest.mark.slow
def test_supply_and_threshold():
    """A lower supply saves more than its square in energy, a higher threshold leakage by decades; both cost speed."""
    found = logic_supply(3, v_dd=["1.2 V", "0.8 V"], v_t_shift=["0 V", "0.2 V"], samples=256)
    energy = found.dynamic[:, 1] / found.dynamic[:, 0]
    assert np.all((energy > 0.3) & (energy < (0.8 / 1.2) ** 2 * 1.05))
    assert np.all(found.leakage[1] < found.leakage[0] / 50)
    assert np.all(np.diff(found.f_max, axis=0) < 0)
    assert np.all(np.diff(found.f_max, axis=1) < 0)
    assert np.all(found.crossing[1] < found.crossing[0] / 50)
    assert len(experiment_figures(found)) == 3
    assert len(experiment_tables(found)[0].rows) == 4


def test_figures_and_tables_show_the_result(result, library):
    power, energy, shares = experiment_figures(result)
    assert np.array_equal(power.data[0]["y"], result.power[0], equal_nan=True)
    assert (power.id, energy.id, shares.id) == (power_figure(result).id, energy_figure(result).id, share_figure(result).id)
    heights = np.sum([trace["y"] for trace in shares.data], axis=0)
    assert heights == pytest.approx(1e15 * (result.dynamic.sum(axis=1) + result.fetch))
    assert "Horowitz" in energy.caption
    counts, costs, sweep = experiment_tables(result)
    assert [row[0] for row in costs.rows] == ["3", "8", "16"]
    assert counts.rows[0] == ["3", "23", "12", "8", "14", "914", "192", "386", "336", "15"]
    assert (sweep.rows[0][0], sweep.rows[-1]) == ("1 kHz", ["1 GHz", *["-"] * 6])
    leaks, energies = experiment_tables(library.cells["FA"])
    assert (len(leaks.rows), len(energies.rows)) == (8, 8)
    told = result.to_json_dict()
    assert told["crossing"] == pytest.approx(result.crossing)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bits": 1}, "at least 2"),
        ({"bits": 40}, "2 to 32 are possible"),
        ({"tree": "dada"}, "did you mean 'dadda'"),
        ({"frequency": "-1 Hz"}, "above 0 Hz"),
        ({"samples": 0}, "samples"),
        ({"samples": 10**9}, "up to 262144 samples"),
        ({"seed": -1}, "seed"),
        ({"fetch_bit": "1 V"}, "fetch_bit"),
        ({"fetch_bit": -1.0}, "fetch_bit of 0 J or more"),
    ],
)
def test_bad_words(library, options, words):
    with pytest.raises(InputError, match=words):
        digital_mac(**{"bits": 3, "library": library, **options})


def test_gates_without_memory_that_switch_are_characterised():
    with pytest.raises(InputError, match="unknown gate"):
        characterise("NOR2")
    with pytest.raises(InputError, match="an output never changes"):
        characterise("INV", LogicFamily(v_t_shift="5 V"))
