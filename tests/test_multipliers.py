"""Multipliers: every product, the textbook's cells and transistors, the RTL and the netlist that Yosys reads back."""

import json

import numpy as np
import pytest

from neuristor.digital.activity import activity, truth_table
from neuristor.digital.gates import KINDS, Builder, Gates, pack, unpack
from neuristor.digital.mac import PARTS, mac, operations
from neuristor.digital.multipliers import TREES, multiplier
from neuristor.digital.transistors import TRANSISTORS, transistors
from neuristor.errors import InputError

trees = pytest.mark.parametrize("tree", TREES)


def all_pairs(bits):
    a, b = np.meshgrid(np.arange(2**bits), np.arange(2**bits))
    return a.ravel(), b.ravel()


@trees
@pytest.mark.parametrize("bits", [2, 3, 4, 5, 8])
def test_every_product(bits, tree):
    a, b = all_pairs(bits)
    assert np.array_equal(multiplier(bits, tree).evaluate(a=a, b=b)["p"], a * b)


@trees
@pytest.mark.parametrize("bits", [16, 32])
def test_random_products_of_long_words(bits, tree):
    numbers = np.random.default_rng(bits).integers(0, 2**bits, (2, 10_000), dtype=np.uint64)
    numbers[:, :2] = [[0, 2**bits - 1], [2**bits - 1, 2**bits - 1]]
    assert np.array_equal(multiplier(bits, tree).evaluate(a=numbers[0], b=numbers[1])["p"], numbers[0] * numbers[1])


@trees
def test_three_by_three_has_192_transistors(tree):
    gates = multiplier(3, tree)
    assert gates.counts() == {"AND2": 9, "HA": 3, "FA": 3}
    assert transistors(gates).total == 192


def test_eight_by_eight():
    """Textbook: Dadda 35 FA and 7 HA in the tree, Wallace 38 and 15 (Townsend, Swartzlander, Abraham, Proc. SPIE 5205)."""
    assert multiplier(8, "dadda").counts() == {"AND2": 64, "HA": 8, "FA": 48}
    assert multiplier(8, "dadda").counts("tree") == {"HA": 7, "FA": 35}
    assert transistors(multiplier(8, "dadda")).total == 1872
    assert multiplier(8).counts("tree") == {"HA": 15, "FA": 38}
    assert transistors(multiplier(8)).total == 2006


@pytest.mark.parametrize("bits", [3, 4, 6, 8, 11, 16, 32])
def test_dadda_has_as_few_adders_as_there_can_be(bits):
    """N^2 bits become 2 N, each full adder takes one away; N - 2 half adders in the tree and one at the end."""
    assert multiplier(bits, "dadda").counts() == {"AND2": bits**2, "HA": bits, "FA": bits * (bits - 2)}


def test_the_published_count_lies_between_the_trees():
    """1980 = 64 AND + 48 FA + 14 HA is the only way with 48 full adders; Dadda needs fewer half adders, Wallace more."""
    left = 1980 - 64 * TRANSISTORS["AND2"] - 48 * TRANSISTORS["FA"]
    assert left == 14 * TRANSISTORS["HA"]
    assert multiplier(8, "dadda").counts()["HA"] < 14 < multiplier(8, "wallace").counts()["HA"]


def test_the_accumulator_adds_up_and_begins_anew():
    gates, terms = mac(5, terms=7), 7
    operands = np.random.default_rng(1).integers(0, 32, (200, 2))
    held = 0
    for k, (a, b) in enumerate(operands[:30]):
        values = gates.settled(gates.loaded([held], a=[a], b=[b], accumulate=[k % terms != 0]))
        held = int(unpack(values[[c.inputs[0] for c in gates.registers]], 1)[0])
        assert held == sum(x * y for x, y in operands[k // terms * terms : k + 1])
    first, second = operations(gates, operands[:, 0], operands[:, 1], terms)
    registers = [c.outputs[0] for c in gates.registers]
    stored, wanted = unpack(second[registers], 199), unpack(first[[c.inputs[0] for c in gates.registers]], 199)
    assert np.array_equal(stored, wanted)


def test_the_accumulator_is_as_wide_as_the_largest_sum():
    gates = mac(4, terms=100)
    assert len(gates.outputs["sum"]) >= (100 * 15 * 15).bit_length()
    assert gates.parts == PARTS
    assert gates.counts("register") == {"DFF": 15}
    sizes = transistors(gates).transistors
    assert sum(sum(kinds.values()) for kinds in sizes.values()) == transistors(gates).total
    assert sum(sizes["multiplier"].values()) == transistors(multiplier(4)).total


def chain(length):
    """A row of AND gates behind each other, the first of a and b."""
    build = Builder("chain")
    a, b = build.wires(1), build.wires(1)
    net = a[0]
    for _ in range(length):
        (net,) = build.add("AND2", net, b[0])
    return Gates("chain", {"a": a, "b": b}, {"y": (net,)}, tuple(build.cells), build.nets)


def test_a_change_runs_along_a_chain_once():
    gates = chain(5)
    before, after = (gates.settled(gates.loaded(a=[a], b=[1])) for a in (0, 1))
    found = activity(gates, before, after, {("AND2", "y"): 3})
    assert found.toggles.tolist() == [1, 0, 1, 1, 1, 1, 1]
    assert found.steps >= 15
    assert gates.longest_path({("AND2", "y"): 2e-12}) == pytest.approx(10e-12)


def test_a_hazard_is_a_glitch_unless_it_is_shorter_than_the_delay():
    """y = a and (a late through two gates with b): when b falls as a rises, y wants to be high for as long as b's path."""
    build = Builder("hazard")
    a, b, one = (build.wires(1)[0] for _ in range(3))
    (late,) = build.add("AND2", b, one)
    (later,) = build.add("AND2", late, one)
    sum_, carry = build.add("HA", a, later)
    gates = Gates("hazard", {"a": (a,), "b": (b,), "one": (one,)}, {"y": (carry,)}, tuple(build.cells), build.nets)
    before = gates.settled(gates.loaded(a=[0], b=[1], one=[1]))
    after = gates.settled(gates.loaded(a=[1], b=[0], one=[1]))
    pulse = {("AND2", "y"): 2, ("HA", "s"): 1, ("HA", "co"): 1}
    assert activity(gates, before, after, pulse).toggles[carry] == 2
    assert activity(gates, before, after, {**pulse, ("HA", "co"): 5}).toggles[carry] == 0
    assert activity(gates, before, after, pulse, glitches=False).toggles[carry] == 0
    assert activity(gates, before, after, pulse).toggles[sum_] == 2  # 1 -> 0 while both are high -> 1


@trees
def test_toggles_agree_with_settled_values(tree):
    """Glitches come and go in pairs: the parity of every net's toggles is that of its change, whatever the delays."""
    gates = multiplier(4, tree)
    numbers = np.random.default_rng(2).integers(0, 16, (64, 4))
    for row in numbers[:10]:
        before = gates.settled(gates.loaded(a=row[:1], b=row[1:2]))
        after = gates.settled(gates.loaded(a=row[2:3], b=row[3:]))
        with_delays = activity(gates, before, after, {("FA", "s"): 3, ("FA", "co"): 2}).toggles
        still = activity(gates, before, after, glitches=False).toggles
        assert np.array_equal(with_delays % 2, still)
        assert np.all(with_delays >= still)


def test_transitions_of_random_data_have_the_probabilities_of_random_data():
    """The AND of two fair bits is high in a quarter of all samples, and changes with probability 2 (1/4) (3/4)."""
    gates, samples = multiplier(2), 64 * 400
    first, second = np.random.default_rng(3).integers(0, 4, (2, samples, 2))
    before, after = (gates.settled(gates.loaded(a=x[:, 0], b=x[:, 1])) for x in (first, second))
    found = activity(gates, before, after, glitches=False)
    p = 2 / 4 * 3 / 4
    changes = [found.toggles[c.outputs[0]] for c in found.cells["AND2"]]
    assert np.allclose(changes, p * samples, atol=4 * np.sqrt(samples * p * (1 - p)), rtol=0)
    assert np.all(np.abs(found.settled["AND2"] - samples / 4) < 4 * np.sqrt(samples * 3 / 16))


def test_words_are_packed_and_unpacked():
    numbers = np.random.default_rng(4).integers(0, 2**40, 1000)
    assert np.array_equal(unpack(pack(numbers, 40), 1000), numbers)
    with pytest.raises(InputError, match="0 to 2\\^3 - 1"):
        pack([8], 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: multiplier(3, "walace"), "did you mean 'wallace'"),
        (lambda: multiplier(1), "at least 2"),
        (lambda: multiplier(33), "2 to 32 are possible"),
        (lambda: mac(32), "needs 72 bits"),
        (lambda: mac(8, terms=0), "one or more"),
        (lambda: multiplier(3).evaluate(a=[1], c=[2]), "has the inputs a, b"),
        (lambda: transistors(multiplier(3), {"AND2": 6, "HA": 18}), "how many has a cell FA"),
    ],
)
def test_bad_words(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_cells_are_what_they_are_called():
    a, b = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])
    assert np.array_equal(truth_table("HA"), [(a + b) % 2, (a + b) // 2])
    three = np.arange(8)
    ones = (three & 1) + (three >> 1 & 1) + (three >> 2)
    assert np.array_equal(truth_table("FA"), [ones % 2, ones // 2])
    assert set(KINDS) == set(TRANSISTORS)


@trees
def test_three_by_three_in_the_rtl_simulator(tree):
    """All 64 products of the Amaranth module."""
    from amaranth.sim import Simulator

    from neuristor.digital.mac_rtl import GatesRTL

    dut = GatesRTL(multiplier(3, tree))
    found = []

    async def drive(context):
        for a, b in zip(*all_pairs(3), strict=True):
            context.set(dut.a, int(a))
            context.set(dut.b, int(b))
            await context.delay(1e-9)
            found.append(context.get(dut.p))

    simulator = Simulator(dut)
    simulator.add_testbench(drive)
    simulator.run()
    a, b = all_pairs(3)
    assert np.array_equal(found, a * b)


def test_the_mac_in_the_rtl_simulator():
    from amaranth.sim import Simulator

    from neuristor.digital.mac_rtl import GatesRTL

    dut = GatesRTL(mac(4, "dadda", terms=10))
    operands = np.random.default_rng(5).integers(0, 16, (40, 2))
    found = []

    async def drive(context):
        for k, (a, b) in enumerate(operands):
            for pin, value in ((dut.a, int(a)), (dut.b, int(b)), (dut.accumulate, int(k % 10 != 0))):
                context.set(pin, value)
            await context.tick()
            found.append(context.get(dut.sum))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    assert np.array_equal(found, operands.prod(axis=1).reshape(4, 10).cumsum(axis=1).ravel())


def read_back(gates):
    """The gates $_AND_, $_OR_, $_XOR_ that Yosys makes of the emitted Verilog, evaluated bit-parallel on all products."""
    from neuristor.digital.mac_rtl import write_rtlil
    from neuristor.digital.synthesis import run_yosys

    back = (
        "proc; write_verilog -noattr v; design -reset; read_verilog v; hierarchy -top {0}; proc; flatten; techmap; opt_clean"
    )
    module = json.loads(run_yosys(back.format(gates.name) + "; write_json out", write_rtlil(gates)))["modules"][gates.name]
    a, b = all_pairs(len(gates.inputs["a"]))
    values = {"0": np.uint64(0), "1": ~np.uint64(0)}
    for port, numbers in (("a", a), ("b", b)):
        values |= dict(zip(module["ports"][port]["bits"], pack(numbers, len(gates.inputs[port])), strict=True))
    waiting = [c for c in module["cells"].values() if c["type"] != "$scopeinfo"]
    operators = {"$_AND_": np.bitwise_and, "$_OR_": np.bitwise_or, "$_XOR_": np.bitwise_xor}
    while waiting:
        later = []
        for cell in waiting:
            x, y, z = (cell["connections"][pin][0] for pin in "ABY")
            if x in values and y in values:
                values[z] = operators[cell["type"]](values[x], values[y])
            else:
                later.append(cell)
        assert len(later) < len(waiting), "a loop"
        waiting = later
    return unpack(np.array([values[bit] for bit in module["ports"]["p"]["bits"]]), len(a)), a * b


@pytest.mark.slow
@trees
def test_all_65536_products_of_the_emitted_netlist(tree):
    found, wanted = read_back(multiplier(8, tree))
    assert len(found) == 65536
    assert np.array_equal(found, wanted)


@pytest.mark.slow
def test_yosys_counts_the_same_cells():
    from neuristor.digital.mac_rtl import ProductRTL, mapped_cells, write_verilog

    assert mapped_cells(multiplier(3)).cells == {"AND2": 9, "FA": 3, "HA": 3}
    assert mapped_cells(multiplier(8, "dadda")).cells == {"AND2": 64, "FA": 48, "HA": 8}
    counted = mapped_cells(mac(3, terms=4))
    assert counted.cells == {"$dff": 8, **{k: n for k, n in mac(3, terms=4).counts().items() if k != "DFF"}}
    free = mapped_cells(ProductRTL(3), "cmos")
    assert 150 < free.transistors < 300  # of gates alone, without compound adders
    assert mapped_cells(multiplier(3), "ice40").cells.keys() == {"SB_LUT4"}
    assert "module dadda_3x3(" in write_verilog(multiplier(3, "dadda"))
    with pytest.raises(InputError, match="did you mean 'cmos'"):
        mapped_cells(multiplier(3), "cmoss")
