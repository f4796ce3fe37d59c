"""Random valid circuits as SPICE text: every node has a path for direct current, no loop of sources, bounded gains."""

import numpy as np

DIODES = """
.model da d(is=1e-14 rs=20)
.model db d(is=1e-12 n=1.5 rs=5 cjo=0.2p vj=0.7 mj=0.4 tt=1n)
.model dc d(is=1e-16 rs=50 cjo=20f bv=4 ibv=1u)
"""


class Draft:
    """Collects the lines of one circuit."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.lines, self.sources, self.count = [], [], 0
        self.supply = float(self.pick([1.0, 1.8, 3.3]))
        self.ohm = 10 ** self.rng.uniform(2.5, 6)
        self.stop = 10 ** self.rng.uniform(-8, -3)
        self.transistors = self.rng.random() < 0.7

    def pick(self, items):
        return items[self.rng.integers(len(items))]

    def add(self, kind, *words):
        self.count += 1
        name = f"{kind}{self.count}"
        self.lines.append(" ".join([name, *(w if isinstance(w, str) else f"{w:.9g}" for w in words)]))
        return name

    def spread(self, middle, decades=1.0):
        return middle * 10 ** self.rng.uniform(-decades, decades)

    def resistance(self):
        return self.spread(self.ohm)

    def wave(self, low, high):
        """A source's value between two levels, with edges that the run has time for."""
        stop, rng = self.stop, self.rng
        a, b = rng.uniform(low, high, 2)
        kind = self.pick(["dc", "pulse", "sin", "pwl", "exp"])
        if kind == "dc":
            return f"{a:.6g}"
        if kind == "pulse":
            edges = stop * rng.uniform(0.005, 0.05, 2)
            times = [stop * rng.uniform(0, 0.3), *edges, stop * rng.uniform(0.1, 0.3), stop * rng.uniform(0.5, 1.5)]
        elif kind == "sin":
            return f"sin({a:.6g} {0.3 * (b - a):.6g} {rng.uniform(0.5, 8) / stop:.6g} {stop * rng.uniform(0, 0.2):.6g})"
        elif kind == "exp":
            times = stop * np.array(
                [rng.uniform(0, 0.3), rng.uniform(0.02, 0.3), rng.uniform(0.4, 0.9), rng.uniform(0.02, 0.3)]
            )
        else:
            t = np.sort(rng.uniform(0, stop, 5))
            v = rng.uniform(low, high, 5)
            return "pwl(" + " ".join(f"{x:.9g} {y:.6g}" for x, y in zip(t, v, strict=True)) + ")"
        return f"{kind}({a:.6g} {b:.6g} " + " ".join(f"{t:.9g}" for t in times) + ")"


def coil(d, a, middle, b):
    """An inductor with losses in series and in parallel (the latter so that no source forces a current into it)."""
    d.add("l", a, middle, d.spread(d.ohm * d.stop * 0.02))
    d.add("r", a, middle, d.resistance() * 10)
    d.add("r", middle, b, d.resistance())


def tree_edge(d, node, parent, control):
    """What connects a new node for direct current to one that is already there.

    F and H follow the current of a resistor: that of a source with capacitors would be a derivative of a voltage.
    """
    kind = d.pick(["r", "r", "r", "s", "v", "e", "l", "h", "d"])
    if kind == "v":
        d.add("v", node, parent, d.wave(-d.supply, d.supply))
    elif kind == "s":
        d.sources.append(d.add("v", f"{node}s", parent, "0"))
        d.add("r", node, f"{node}s", d.resistance())
    elif kind == "e":
        a, b = d.pick(control), d.pick(control)
        d.add("e", node, parent, a, b, d.rng.uniform(-0.9, 0.9))
    elif kind == "l":
        coil(d, node, f"{node}x", parent)
    elif kind == "h" and d.sources:
        d.add("h", node, parent, d.pick(d.sources), d.ohm * d.rng.uniform(-0.2, 0.2))
    elif kind == "d":
        d.add("d", *d.pick([(node, parent), (parent, node)]), d.pick(["da", "db", "dc"]))
        d.add("r", node, parent, d.resistance() * 10)
    else:
        d.add("r", node, parent, d.resistance())


def extra(d, nodes):
    """One more element between any nodes."""
    a, b = d.rng.choice(len(nodes), 2, replace=False)
    a, b = nodes[a], nodes[b]
    kind = d.pick(["r", "c", "c", "c", "d", "i", "g", "f", "l"] + (["m"] * 6 if d.transistors else []))
    if kind == "r":
        d.add("r", a, b, d.resistance())
    elif kind == "c":
        d.add("c", a, b, d.spread(0.05 * d.stop / d.ohm))
    elif kind == "d":
        d.add("d", a, b, d.pick(["da", "db", "dc"]))
    elif kind == "i":
        d.add("i", a, b, d.wave(-d.supply / d.ohm, d.supply / d.ohm))
    elif kind == "g":
        d.add("g", a, b, d.pick(nodes), d.pick(nodes), d.rng.uniform(-0.3, 0.3) / d.ohm)
    elif kind == "f" and d.sources:
        d.add("f", a, b, d.pick(d.sources), d.rng.uniform(-0.5, 0.5))
    elif kind == "l":
        coil(d, a, f"y{d.count}", b)
    elif kind == "m":
        model, bulk = d.pick([("nmos035", "0"), ("pmos035", "vdd")])
        w, length = d.rng.uniform(0.5e-6, 10e-6), d.rng.uniform(0.35e-6, 2e-6)
        area = f"ad={w * 0.85e-6:.4g} as={w * 0.85e-6:.4g} pd={2 * w + 1.7e-6:.4g} ps={2 * w + 1.7e-6:.4g}"
        d.add("m", a, d.pick(nodes), b, bulk, model, f"w={w:.4g} l={length:.4g} {area}")


def text(seed):
    """The circuit of this seed with a .tran from its operating point."""
    d = Draft(seed)
    nodes = ["0"]
    if d.transistors or d.rng.random() < 0.3:
        d.lines.append(f"vdd vdd 0 {d.supply}")
        nodes.append("vdd")
    for k in range(int(d.rng.integers(2, 8))):
        tree_edge(d, f"n{k}", d.pick(nodes), nodes)
        nodes.append(f"n{k}")
    for _ in range(int(d.rng.integers(2, 10))):
        extra(d, nodes)
    if not any(line[0] in "vi" and line.split()[0] not in d.sources for line in d.lines):
        d.add("i", "0", nodes[-1], d.wave(-d.supply / d.ohm, d.supply / d.ohm))
    return "\n".join([*d.lines, f".tran {d.stop / 100:.9g} {d.stop:.9g}"]) + DIODES
