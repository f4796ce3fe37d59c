"""Statistical tests of two samples, in pairs or not, and Holm's correction for many of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..experiments.statistics import Bounded, mean_bounds, proportion_bounds

Z = 1.959964  # 97.5 % quantile of the normal distribution
EXACT = 200  # values up to which the distribution of a statistic is counted out


def difference(old: np.ndarray, new: np.ndarray, paired: bool) -> Bounded:
    """Mean of new less mean of old with 95 % bounds: Student's of the pairs' differences, else Welch's."""
    if paired:
        return mean_bounds(new - old)
    from scipy.special import stdtrit

    if min(len(old), len(new)) < 2:
        return Bounded(mean(new) - mean(old), np.nan, np.nan)
    a, b = old.var(ddof=1) / len(old), new.var(ddof=1) / len(new)
    middle = float(new.mean() - old.mean())
    if a + b == 0:
        return Bounded(middle, middle, middle)
    freedom = (a + b) ** 2 / (a**2 / (len(old) - 1) + b**2 / (len(new) - 1))
    half = float(stdtrit(freedom, 0.975) * np.sqrt(a + b))
    return Bounded(middle, middle - half, middle + half)


def mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan


def shift_test(old: np.ndarray, new: np.ndarray, paired: bool) -> float:
    """The p-value of a shift: signed ranks of pairs (Wilcoxon), else ranks (Mann and Whitney); 1 if nothing differs."""
    from scipy.stats import mannwhitneyu, wilcoxon

    if not len(old) or not len(new):
        return 1.0
    if paired:
        moved = new - old
        return float(wilcoxon(moved[moved != 0]).pvalue) if np.any(moved) else 1.0
    return float(mannwhitneyu(old, new).pvalue)


def spread_test(old: np.ndarray, new: np.ndarray, paired: bool) -> float:
    """The p-value of two spreads; 1 if nothing differs.

    Pairs: whether sums and differences are correlated (Morgan, Biometrika 31 (1939) 13; by ranks), else Brown and Forsythe's
    test (J. Am. Stat. Assoc. 69 (1974) 364).
    """
    from scipy.stats import levene, spearmanr

    if min(len(old), len(new)) < 3 or not (np.ptp(old) or np.ptp(new)):
        return 1.0
    if paired:
        moved = new - old
        return float(spearmanr(moved, new + old).pvalue) if np.ptp(moved) else 1.0
    return float(levene(old, new, center="median").pvalue)


def shape_test(old: np.ndarray, new: np.ndarray) -> float:
    """The p-value of two distributions of independent samples (Kolmogorov and Smirnov; exact for few); 1 without values."""
    from scipy.stats import ks_2samp

    if not len(old) or not len(new):
        return 1.0
    return float(ks_2samp(old, new, method="exact" if max(len(old), len(new)) <= EXACT else "asymp").pvalue)


def share_test(old: np.ndarray, new: np.ndarray, paired: bool) -> float:
    """The p-value of two shares of true values: McNemar's exact test of pairs that differ, else Fisher's."""
    from scipy.stats import binomtest, fisher_exact

    if paired:
        gained, lost = int(np.sum(new & ~old)), int(np.sum(old & ~new))
        return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
    if not len(old) or not len(new):
        return 1.0
    table = [[int(old.sum()), int((~old).sum())], [int(new.sum()), int((~new).sum())]]
    return float(fisher_exact(table)[1])


def share_difference(old: np.ndarray, new: np.ndarray, paired: bool) -> Bounded:
    """Share of new less share of old with 95 % bounds.

    Pairs: Bonett & Price, J. Educ. Behav. Stat. 37 (2012) 479; else Newcombe's hybrid of two Wilson intervals (Stat. Med. 17
    (1998) 873, method 10).
    """
    if not len(old) or not len(new):
        return Bounded(np.nan, np.nan, np.nan)
    value = float(new.mean() - old.mean())
    if paired:
        n = len(old)
        gained, lost = (np.sum(new & ~old) + 1) / (n + 2), (np.sum(old & ~new) + 1) / (n + 2)
        half = Z * np.sqrt((gained + lost - (gained - lost) ** 2) / (n + 2))
        return Bounded(value, max(-1.0, float(gained - lost - half)), min(1.0, float(gained - lost + half)))
    a, b = (proportion_bounds(int(s.sum()), len(s), method="wilson") for s in (old, new))
    low = value - np.hypot(b.value - b.low, a.high - a.value)
    high = value + np.hypot(b.high - b.value, a.value - a.low)
    return Bounded(value, float(low), float(high))


def holm(values: Sequence[float]) -> np.ndarray:
    """p-values corrected so that, all together, a false alarm keeps the level of one (Holm, Scand. J. Stat. 6 (1979) 65)."""
    p = np.asarray(values, dtype=float)
    order = np.argsort(p)
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    found = np.empty(len(p))
    found[order] = np.minimum(raised, 1.0)
    return found
