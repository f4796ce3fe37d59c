"""NIR graphs: round trips through the format's own library, what is read and what is refused."""

import numpy as np
import pytest

from neuristor.errors import InputError
from neuristor.networks import (
    AvgPool2d,
    Conv2d,
    Dense,
    Flatten,
    MaxPool2d,
    Network,
    ReLU,
    SumPool2d,
    load_network,
    save_network,
)

nir = pytest.importorskip("nir")


@pytest.fixture
def draw():
    return np.random.default_rng(11)


def pictures(draw):
    return Network(
        [
            Conv2d(draw.normal(size=(4, 2, 3, 3)), draw.normal(size=4), stride=(1, 2), padding=1, activation="relu"),
            AvgPool2d(2),
            Conv2d(draw.normal(size=(3, 4, 2, 2)), dilation=2, name="second"),
            ReLU("bend"),
            SumPool2d(2, 1, 1),
            Flatten(),
            Dense(draw.normal(size=(30, 6)), draw.normal(size=6), "relu"),
            Dense(draw.normal(size=(6, 5))),
        ],
        (2, 12, 12),
    )


def neuron(kind, n, threshold=1.0, r=1.0):
    """A node of a neuron model for n neurons."""
    ones = np.ones(n)
    own = {"LIF": {"tau": ones}, "CubaLIF": {"tau_mem": ones, "tau_syn": ones}, "IF": {}, "LI": {"tau": ones}, "I": {}}[kind]
    leak = {} if kind in ("IF", "I") else {"v_leak": 0 * ones}
    fires = {"v_threshold": threshold * ones} if kind.endswith("IF") else {}
    return getattr(nir, kind)(r=r * ones, **own, **leak, **fires)


def graph(*nodes, size):
    """Nodes in a row between an input of `size` and an output."""
    named = {
        "input": nir.Input(np.atleast_1d(size)),
        **{f"n{k}": node for k, node in enumerate(nodes)},
        "output": nir.Output(nodes[-1].output_type["output"]),
    }
    names = list(named)
    return nir.NIRGraph(named, list(zip(names, names[1:], strict=False)), type_check=False)


def test_round_trip(draw, tmp_path):
    """Written, checked by NIR itself, read back: the same scores to the bit."""
    net, x = pictures(draw), draw.random((6, 2, 12, 12))
    path = save_network(net, tmp_path / "net.nir")
    stored = nir.read(path)  # NIR checks the types of all nodes here
    assert tuple(stored.nodes["output"].output_type["output"]) == (5,)
    found = load_network(path)
    assert found.input_shape == (2, 12, 12)
    assert np.array_equal(found.forward(x), net.forward(x))
    again = load_network(save_network(found, tmp_path / "again.nir"))
    assert np.array_equal(again.forward(x), net.forward(x))
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["again.nir", "net.nir"]


def test_an_if_neuron_computes_what_it_is_read_as(draw):
    """The spikes of NIR's IF (r = v_threshold = 1, reset by subtraction to 0) under constant input: max(0, x) T."""
    node, steps = neuron("IF", 50), 20_000
    x = draw.uniform(-0.4, 0.4, 50)
    v, spikes = np.zeros(50), np.zeros(50)
    for _ in range(steps):  # dt = 1: the excess over the threshold is kept
        v += node.r * x
        fired = v >= node.v_threshold
        v -= fired * (node.v_threshold - node.v_reset)
        spikes += fired
    net = load_network(graph(nir.Linear(np.eye(50)), node, size=50))
    assert np.allclose(spikes / steps, net.forward(x[None])[0], atol=1.1 / steps)


@pytest.mark.parametrize("kind", ["IF", "LIF", "CubaLIF"])
def test_spiking_nodes_are_activations(draw, kind, tmp_path):
    w, b, v = draw.normal(size=(4, 3)), draw.normal(size=4), draw.normal(size=(2, 4))
    made = graph(nir.Affine(w, b), neuron(kind, 4), nir.Linear(v), neuron("LI", 2), size=3)
    net = load_network(made)
    x = draw.normal(size=(5, 3))
    assert np.allclose(net.forward(x), np.maximum(x @ w.T + b, 0) @ v.T, rtol=1e-13)
    assert any(f"{kind} read as max(0, x)" in note for note in net.notes)
    assert any("LI read as its input" in note for note in net.notes)
    nir.write(tmp_path / "g.nir", made)
    assert np.array_equal(load_network(tmp_path / "g.nir").forward(x), net.forward(x))


def test_thresholds_that_differ_are_told():
    net = load_network(graph(nir.Linear(np.eye(3)), neuron("LIF", 3, threshold=np.array([1, 2, 3])), size=3))
    assert "differ between neurons" in net.notes[0]


def test_scale_and_groups(draw):
    """A scale is folded into the matrix before it; a grouped kernel is the full one with zeros."""
    w, s = draw.normal(size=(4, 3)), draw.normal(size=4)
    net = load_network(graph(nir.Linear(w), nir.Scale(s), size=3))
    x = draw.normal(size=(5, 3))
    assert np.allclose(net.forward(x), (x @ w.T) * s, rtol=1e-13)
    kernel = draw.normal(size=(4, 1, 2, 2))
    net = load_network(graph(nir.Conv2d((5, 5), kernel, 1, 0, 1, 2, np.zeros(4)), size=(2, 5, 5)))
    full = net.weighted[0].kernel
    assert full.shape == (4, 2, 2, 2)
    assert not full[:2, 1].any()
    assert not full[2:, 0].any()
    assert np.array_equal(full[2:, 1], kernel[2:, 0])


def test_nested_graphs(draw):
    w, v = draw.normal(size=(4, 3)), draw.normal(size=(2, 4))
    inner = graph(nir.Linear(w), neuron("LIF", 4), size=3)
    net = load_network(graph(inner, nir.Linear(v), size=3))
    x = draw.normal(size=(5, 3))
    assert np.allclose(net.forward(x), np.maximum(x @ w.T, 0) @ v.T, rtol=1e-13)
    assert net.layers[0].name == "n0.n0"


def looped():
    nodes = {
        "input": nir.Input(np.array([2])),
        "a": nir.Linear(np.eye(2)),
        "b": neuron("IF", 2),
        "output": nir.Output(np.array([2])),
    }
    return nir.NIRGraph(nodes, [("input", "a"), ("a", "b"), ("b", "a"), ("b", "output")], type_check=False)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: graph(nir.Linear(np.eye(2)), nir.Threshold(np.ones(2)), size=2),
            r"node 'n1' \(Threshold\): a node of this kind",
        ),
        (lambda: graph(nir.Linear(np.eye(2)), nir.Delay(np.ones(2)), size=2), r"node 'n1' \(Delay\)"),
        (lambda: graph(nir.Scale(np.ones(2)), nir.Linear(np.eye(2)), size=2), "in front of all layers"),
        (
            lambda: graph(nir.Linear(np.eye(2)), nir.Linear(np.ones((2, 3))), size=2),
            r"\(n1: Dense 3 to 2\) wants 3 inputs, but",
        ),
        (lambda: graph(nir.Linear(np.ones((3, 2, 2))), size=(3, 2)), "its weight has 3 axes"),
        (
            lambda: graph(nir.Linear(np.array([[np.nan, 1]])), size=2),
            r"layer 1 \(n0: Dense 2 to 1\): weight \[0, 0\] is nan",
        ),
        (looped, "branches and feedback are not read"),
        (lambda: graph(nir.Linear(np.eye(2)), size=(7, 1, 2, 1)), "input_shape"),
        (lambda: nir.NIRGraph({}, [], type_check=False), "begins at no node"),
    ],
)
def test_graphs_that_cannot_be_read(make, message):
    with pytest.raises(InputError, match=message) as told:
        load_network(make())
    assert "\n" not in str(told.value)


def test_files_that_are_no_graphs(tmp_path):
    whole = save_network(Network([Dense(np.eye(3))]), tmp_path / "net.nir").read_bytes()
    for data in (b"", b"nothing", whole[:100], whole[: len(whole) // 2]):
        (tmp_path / "bad.nir").write_bytes(data)
        with pytest.raises(InputError, match="bad.nir cannot be read as a NIR graph") as told:
            load_network(tmp_path / "bad.nir")
        assert "\n" not in str(told.value)


def test_what_nir_does_not_have(tmp_path):
    net = Network([MaxPool2d(2), Flatten(), Dense(np.ones((4, 2)))], (1, 4, 4))
    with pytest.raises(InputError, match=r"layer 1 \(MaxPool2d 2 x 2\): NIR has no MaxPool2d"):
        save_network(net, tmp_path / "net.nir")
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="written as .npz or .nir"):
        save_network(net, tmp_path / "net.pt")
    for suffix in (".npz", ".nir"):
        with pytest.raises(InputError, match="there is no folder"):
            save_network(Network([Dense(np.eye(3))]), tmp_path / "missing" / f"net{suffix}")
    with pytest.raises(InputError, match="a Network and a path are needed"):
        save_network(net, None)
