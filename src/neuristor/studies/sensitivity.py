"""Sensitivities from the samples given: which random input causes how much of a metric's variance.

first   share of the variance that goes if the input is known: variance of the means in bins of equal numbers of samples over
        the whole variance (Plischke, Borgonovo & Smith, Eur. J. Oper. Res. 226 (2013) 536), less what noise alone would
        give K bins: (SSB - (K - 1) MSW) / SST. It assumes no form of the dependence.
total   share that the input takes part in: the first-order share and those of interactions of two, which are squared
        coefficients, less their noise, of a regression on polynomials orthonormal over the samples (Sudret, Reliab. Eng.
        Syst. Saf. 93 (2008) 964); its upper bound holds also all that neither explains
rank    standardised coefficient of a linear regression of ranks: its sign tells the direction

Shares are of the variance between samples at the same point of the axes, averaged over the points by their variance; what
the axes do is told apart. Bounds are those of a jackknife that leaves out one of twenty groups of samples at a time.
Independent inputs only: of correlated ones no share belongs to each alone; their group has one, from a regression on all
of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..experiments.statistics import Bounded
from .reading import Reading

GROUPS = 20
FEWEST = 60  # samples: three a group
MOST = 50_000  # samples used: bounds of 0.5 % and below
PER_TERM = 5  # samples for a term of the regression
MOST_TERMS = 250
STUDENT = 2.093  # 97.5 % quantile of Student's t with GROUPS - 1 degrees of freedom


@dataclass(frozen=True)
class Sensitivity:
    """What one input, or a group of correlated ones, does to a metric; None where that is not defined or not known."""

    name: str
    first: Bounded | None
    total: Bounded | None
    rank: Bounded | None


@dataclass(frozen=True)
class Sensitivities:
    """All inputs of a metric, the greatest first.

    samples    used: those with values at all points that are looked at
    axes       share of the variance of all runs that is between points of the axes
    explained  share of the variance between samples that first orders and interactions explain together
    note       what is not told and why
    """

    metric: str
    samples: int
    axes: float
    inputs: tuple[Sensitivity, ...] = ()
    explained: float = np.nan
    note: str = ""


def sensitivities(reading: Reading, metric: str) -> Sensitivities:
    """Sensitivities of a metric to everything that is drawn."""
    rows, points = reading.whole([metric], MOST)
    names, n = list(reading.drawn), len(rows)
    if not names or n < FEWEST:
        why = "Nothing is drawn." if not names else f"{n} samples with values are too few; {FEWEST} are needed."
        return Sensitivities(metric, n, np.nan, note=why)
    drawn = reading.draws(MOST)
    x = np.array([drawn[name][rows] for name in names]).T
    y = reading.grid(metric)[np.ix_(rows, points)]
    means = y.mean(axis=0)
    y = y - means
    between, inside = float(means.var()), float(y.var())
    if inside <= 1e-24 * float(np.max(np.abs(means))) ** 2:
        return Sensitivities(metric, n, 1.0 if between else np.nan, note="It does not vary between samples.")
    groups = correlated_groups(reading)
    tied = [name for group in groups for name in group]
    free = [k for k, name in enumerate(names) if name not in tied]
    first = {k: first_order(x[:, k], y) for k in free}
    total, explained, short = totals(x[:, free], y, [first[k] for k in free])
    rank = rank_regression(x, y)
    inputs = [
        Sensitivity(name, clipped(first.get(k)), clipped(total.get(free.index(k)) if k in free else None), rank[k])
        for k, name in enumerate(names)
    ]
    for group in groups:
        together = group_share(x[:, [names.index(name) for name in group]], y)
        explained += together.value
        inputs.append(Sensitivity(" with ".join(group), clipped(together), None, None))
    inputs.sort(key=lambda s: -s.first.value if s.first else 0.0)
    told = f"{', '.join(tied)} are correlated: no share of the variance belongs to each alone, only to their group."
    few = f"At {len(points)} of {reading.points} points: at the others too many runs have no value."
    note = " ".join(
        [*([told] if tied else []), *([short] if short else []), *([few] if len(points) < reading.points else [])]
    )
    return Sensitivities(metric, n, between / (between + inside), tuple(inputs), explained, note)


def clipped(b: Bounded | None) -> Bounded | None:
    """A share with its bounds within 0 and 1; the estimate itself may lie a little outside."""
    return b and Bounded(b.value, min(max(b.low, 0.0), 1.0), min(max(b.high, 0.0), 1.0))


def correlated_groups(reading: Reading) -> list[list[str]]:
    """Random parameters that the study correlates, directly or through others."""
    from scipy.sparse.csgraph import connected_components

    factor, parameters = reading.plan.draws.factor, reading.plan.draws.parameters
    if factor is None:
        return []
    count, label = connected_components(np.abs(factor @ factor.T) > 1e-12, directed=False)
    groups = [[r.name for r, own in zip(parameters, label, strict=True) if own == k] for k in range(count)]
    return [group for group in groups if len(group) > 1]


def group_share(x: np.ndarray, y: np.ndarray) -> Bounded:
    """Share of the variance that a regression on all inputs of a group explains, less what noise alone would."""
    number, aa, ay, yy = grouped(design(x, terms_for(len(y), [0.0] * x.shape[1])), y)

    def share(kept: np.ndarray) -> np.ndarray:
        m, gram, right, square = number[kept].sum(), aa[kept].sum(axis=0), ay[kept].sum(axis=0), yy[kept].sum(axis=0)
        middle = right[0] ** 2 / m
        explained = np.sum(right * (np.linalg.pinv(gram, hermitian=True) @ right), axis=0)
        noise = (square - explained) / (m - len(gram))
        return np.asarray(np.sum(explained - middle - (len(gram) - 1) * noise) / np.sum(square - middle))

    return jackknife(share)


def first_order(x: np.ndarray, y: np.ndarray) -> Bounded:
    """The first-order share of one input; x (n,), y (n, points) about their means."""
    n, points = y.shape
    bins = max(4, min(100, round(np.sqrt(n))))
    place = np.empty(n, dtype=np.int64)
    place[np.argsort(x, kind="stable")] = np.arange(n) * bins // n
    group = np.arange(n) % GROUPS
    cell = place * GROUPS + group
    counts = np.bincount(cell, minlength=bins * GROUPS).reshape(bins, GROUPS).astype(float)
    sums = np.stack([np.bincount(cell, y[:, p], bins * GROUPS).reshape(bins, GROUPS) for p in range(points)])
    squares = np.stack([np.bincount(group, y[:, p] ** 2, GROUPS) for p in range(points)])

    def share(kept: np.ndarray) -> np.ndarray:
        number, total, square = counts[:, kept].sum(axis=1), sums[:, :, kept].sum(axis=2), squares[:, kept].sum(axis=1)
        some = number > 0
        m, k = number.sum(), some.sum()
        middle = total.sum(axis=1) ** 2 / m
        among = np.sum(total[:, some] ** 2 / number[some], axis=1) - middle
        whole = square - middle
        noise = (whole - among) / (m - k)
        return np.asarray(np.sum(among - (k - 1) * noise) / np.sum(whole))

    return jackknife(share)


def jackknife(estimate: Callable[[np.ndarray], np.ndarray]) -> Bounded:
    """An estimate from all groups, with bounds from leaving one out at a time; `estimate` takes the groups kept."""
    everything = np.arange(GROUPS)
    value = estimate(everything)
    without = np.stack([estimate(np.delete(everything, g)) for g in everything])
    error = np.sqrt((GROUPS - 1) / GROUPS * np.sum((without - without.mean(axis=0)) ** 2, axis=0))
    return Bounded(value[()], (value - STUDENT * error)[()], (value + STUDENT * error)[()])


def grouped(a: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of every group of samples: number, a'a, a'y and the squares of y, so that regressions without one cost little."""
    parts = [(a[g::GROUPS], y[g::GROUPS]) for g in range(GROUPS)]
    return (
        np.array([float(len(u)) for u, _ in parts]),
        np.stack([u.T @ u for u, _ in parts]),
        np.stack([u.T @ v for u, v in parts]),
        np.stack([np.sum(v**2, axis=0) for _, v in parts]),
    )


def totals(x: np.ndarray, y: np.ndarray, first: Sequence[Bounded]) -> tuple[dict[int, Bounded], float, str]:
    """Total shares by place of the input, the share explained by everything, and what is left out."""
    n, inputs = x.shape
    terms = terms_for(n, [f.value for f in first])
    paired = sorted({i for term in terms if len(term) == 2 for i, _ in term})
    alone = sum(f.value for f in first)
    if not paired:
        short = f"{n} samples are too few for total shares of {inputs} inputs." if inputs > 1 else ""
        return {}, float(alone), short
    number, aa, ay, yy = grouped(design(x, terms), y)
    of_two = np.array([len(term) == 2 for term in terms])
    takes_part = np.array([[two and any(i == k for i, _ in term) for two, term in zip(of_two, terms, strict=True)]
                           for k in paired], dtype=float)  # fmt: skip

    def share(kept: np.ndarray) -> np.ndarray:
        m, gram, right, square = number[kept].sum(), aa[kept].sum(axis=0), ay[kept].sum(axis=0), yy[kept].sum(axis=0)
        inverse = np.linalg.pinv(gram, hermitian=True)
        c = inverse @ right
        noise = np.maximum(square - np.sum(c * right, axis=0), 0.0) / (m - len(gram))
        whole = square - right[0] ** 2 / m
        parts = (c[1:] ** 2 - noise * np.diag(inverse)[1:, None]).sum(axis=1) * m / whole.sum()
        return np.append(takes_part @ parts, parts[of_two].sum())

    found = jackknife(share)
    explained = float(alone + found.value[-1])
    rest = max(0.0, 1.0 - explained)
    total = {
        k: Bounded(first[k].value + v, first[k].low + low, first[k].high + high + rest)
        for k, v, low, high in zip(paired, found.value[:-1], found.low[:-1], found.high[:-1], strict=True)
    }
    short = f"{n} samples tell total shares of the {len(paired)} greatest inputs only." if len(paired) < inputs else ""
    return total, explained, short


Term = tuple[tuple[int, int], ...]  # (input, degree) of each factor


def terms_for(n: int, first: Sequence[float]) -> list[Term]:
    """As many terms as the samples can tell: all up to a degree of 6 to 3 and interactions of two of all inputs, or of the
    greatest and straight lines of the rest."""
    budget, order = min(n // PER_TERM, MOST_TERMS), [int(k) for k in np.argsort(-np.asarray(first), kind="stable")]
    for count, degree in [*((len(order), degree) for degree in (6, 5, 4)), *((k, 3) for k in range(len(order), 1, -1))]:
        near, rest = order[:count], order[count:]
        pairs = [(a, b) for a in range(1, degree) for b in range(1, degree - a + 1)]
        if count * degree + count * (count - 1) // 2 * len(pairs) + bool(rest) <= budget:
            terms: list[Term] = [((i, d),) for i in near for d in range(1, degree + 1)]
            terms += [((i, a), (j, b)) for k, i in enumerate(near) for j in near[:k] for a, b in pairs]
            return terms + [((i, 1),) for i in rest[: budget - len(terms)]]
    lines: list[Term] = [((i, d),) for d in (1, 2, 3) for i in order]
    return lines[:budget]


def design(x: np.ndarray, terms: Sequence[Term]) -> np.ndarray:
    """(n, 1 + terms) products of polynomials that are orthonormal over the samples of each input."""
    powers = {}
    for k in {i for term in terms for i, _ in term}:
        z = (x[:, k] - x[:, k].mean()) / (x[:, k].std() or 1.0)
        most = max(degree for term in terms for i, degree in term if i == k)
        q, r = np.linalg.qr(np.vander(z, most + 1, increasing=True))
        powers[k] = q * np.sign(np.diag(r)) * np.sqrt(len(z))
    columns = [np.prod([powers[i][:, degree] for i, degree in term], axis=0) for term in terms]
    return np.column_stack([np.ones(len(x)), *columns])


def rank_regression(x: np.ndarray, y: np.ndarray) -> list[Bounded]:
    """Standardised coefficients of ranks, averaged over the points; one an input."""
    from scipy.stats import rankdata

    def standard(values: np.ndarray) -> np.ndarray:
        ranked = rankdata(values, axis=0)
        ranked -= ranked.mean(axis=0)
        return np.asarray(ranked / np.maximum(ranked.std(axis=0), 1e-300))

    _, aa, ay, _ = grouped(standard(x), standard(y))

    def coefficients(kept: np.ndarray) -> np.ndarray:
        inverse = np.linalg.pinv(aa[kept].sum(axis=0), hermitian=True)
        return np.asarray((inverse @ ay[kept].sum(axis=0)).mean(axis=1))

    found = jackknife(coefficients)
    return [Bounded(*three) for three in zip(found.value, found.low, found.high, strict=True)]
