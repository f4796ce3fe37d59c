"""Random circuits: errors of `check` agree with the rank of the equations, and no circuit gives anything but sentences."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neuristor.circuits.check import errors, report, require_sound, warnings
from neuristor.circuits.netlist import GROUND
from neuristor.circuits.spice import parse_spice
from neuristor.errors import InputError

MODELS = ".model n nmos level=1 vto=0.5\n.model p pmos level=1 vto=-0.5\n.model dd d\n.model sw1 sw vt=1\n"
NODE = st.sampled_from(["0", "0", "a", "b", "c", "d"])
PASSIVE = st.tuples(st.sampled_from("rrvicl"), NODE, NODE)
ACTIVE = st.one_of(
    PASSIVE,
    st.tuples(st.sampled_from("eg"), NODE, NODE, NODE, NODE),
    st.tuples(st.sampled_from("fh"), NODE, NODE),
)


def circuit(body):
    return parse_spice(f"title\n{body}\n")


def listing(parts):
    """SPICE lines of (kind, nodes...), values all different; f and h are controlled by the first voltage source."""
    lines, rng = [], np.random.default_rng(len(parts))
    first = next((f"v{k}" for k, (kind, *_) in enumerate(parts) if kind == "v"), None)
    for k, (kind, *nodes) in enumerate(parts):
        if kind in "fh" and first is None:
            continue
        control = f"{first} " if kind in "fh" else ""
        lines.append(f"{kind}{k} {' '.join(nodes)} {control}{rng.uniform(0.5, 5.0):.6f}{'u' if kind in 'cl' else ''}")
    return "\n".join([*lines, ".op"])


def rank_deficit(netlist):
    """How many unknowns the modified nodal equations at DC leave open: capacitors open, inductors short."""
    index = {n: k for k, n in enumerate(netlist.nodes)}
    branches = [e.name for e in netlist.elements.values() if e.kind in "vleh"]
    index |= {f"i({name})": len(index) + k for k, name in enumerate(branches)}
    matrix = np.zeros((len(index) + 1, len(index) + 1))  # the last row and column are ground's
    ground = len(index)
    for e in netlist.elements.values():
        p, n, *control = (index.get(node, ground) for node in e.nodes)
        if e.kind in "rgf":
            if e.kind == "f":
                matrix[p, index[f"i({e.control})"]] += e.params["gain"]
                matrix[n, index[f"i({e.control})"]] -= e.params["gain"]
                continue
            high, low, g = (p, n, 1 / e.params["r"]) if e.kind == "r" else (*control, e.params["gain"])
            for row, sign in ((p, 1), (n, -1)):
                matrix[row, high] += sign * g
                matrix[row, low] -= sign * g
        elif e.kind in "vleh":
            b = index[f"i({e.name})"]
            matrix[p, b] += 1
            matrix[n, b] -= 1
            matrix[b, p] += 1
            matrix[b, n] -= 1
            if e.kind == "e":
                matrix[b, control[0]] -= e.params["gain"]
                matrix[b, control[1]] += e.params["gain"]
            if e.kind == "h":
                matrix[b, index[f"i({e.control})"]] -= e.params["gain"]
    size = len(index)
    return size - (np.linalg.matrix_rank(matrix[:size, :size], tol=1e-9) if size else 0)


@given(st.lists(PASSIVE, min_size=1, max_size=9))
@settings(max_examples=600, deadline=None)
def test_no_error_means_equations_of_full_rank_and_an_error_that_they_are_singular(parts):
    netlist = circuit(listing(parts))
    found = errors(netlist)
    if not any(GROUND in e.nodes for e in netlist.elements.values()):
        assert "no ground" in found[-1].sentence
    assert bool(found) == (rank_deficit(netlist) > 0), [str(f) for f in found]


@given(st.lists(ACTIVE, min_size=1, max_size=9))
@settings(max_examples=600, deadline=None)
def test_with_controlled_sources_an_error_still_means_singular_equations(parts):
    netlist = circuit(listing(parts))
    if netlist.elements and errors(netlist):
        assert rank_deficit(netlist) > 0, [str(f) for f in errors(netlist)]


VALUE = st.one_of(st.sampled_from(["1", "0", "1k", "10f", "1e-30", "1e18", "0.35u"]), st.floats(1e-3, 1e3).map(repr))
CARD = [".op", ".tran 1n 1u", ".tran 1u 1u uic", ".ic v(a)=1", ".options chgtol=1", ".options abstol", ".options gmin=0"]
LINE = st.one_of(
    st.tuples(st.sampled_from("rclvi"), NODE, NODE, VALUE),
    st.tuples(st.sampled_from("eg"), NODE, NODE, NODE, NODE, VALUE),
    st.tuples(st.sampled_from("fh"), NODE, NODE, st.sampled_from(["v0", "v1"]), VALUE),
    st.tuples(st.just("s"), NODE, NODE, NODE, NODE, st.sampled_from(["sw1", "sw1 on", "n"])),
    st.tuples(st.just("m"), NODE, NODE, NODE, NODE, st.sampled_from(["n w=10 l=1u", "p w=1u l=1n m=3", "d w=1 l=1"])),
    st.tuples(st.just("d"), NODE, NODE, st.sampled_from(["dd", "dd 2", "n"])),
    st.tuples(st.sampled_from("vi"), NODE, NODE, st.sampled_from(["pulse(0 1 0 2n 3n 1n)", "sin(0 1)", "pwl(-1 0 1n 1)"])),
    st.tuples(st.sampled_from(CARD)),
)


@given(st.lists(LINE, min_size=1, max_size=8))
@settings(max_examples=600, deadline=None)
def test_findings_of_any_circuit_are_sentences_with_places(lines):
    numbered = [(line[0] if line[0] in CARD else f"{line[0]}{k}", *line[1:]) for k, line in enumerate(lines)]
    text = "\n".join(" ".join(words) for words in numbered)
    try:
        netlist = circuit(f"{text}\n{MODELS}")
    except InputError:
        return
    found = [*errors(netlist), *warnings(netlist)]
    assert [f.severity for f in found] == sorted(f.severity for f in found)
    assert len(report(netlist)) == len(found)
    assert all("\n" not in str(f) and (f.where or not netlist.elements) for f in found)
    for needs_op in (False, True):
        try:
            require_sound(netlist, needs_op)
        except InputError as error:
            refused = str(error)
        else:
            refused = ""
        assert not refused or needs_op or refused in [str(f) for f in errors(netlist)]
