"""Sorting spikes by lane."""

import numpy as np
from numba import njit


@njit(cache=True)
def by_lane(times, lanes, n):
    """Stable counting sort: times of lane 0 in their order, then of lane 1, ..."""
    start = np.zeros(n + 1, dtype=np.int64)
    for lane in lanes:
        start[lane + 1] += 1
    for k in range(n):
        start[k + 1] += start[k]
    sorted_times, sorted_lanes = np.empty_like(times), np.empty_like(lanes)
    for t, lane in zip(times, lanes):  # noqa: B905
        sorted_times[start[lane]], sorted_lanes[start[lane]] = t, lane
        start[lane] += 1
    return sorted_times, sorted_lanes


def collect_spikes(parts: list[tuple[np.ndarray, np.ndarray]], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Spike times and lanes of all parts, sorted by lane and then by time."""
    return by_lane(np.concatenate([t for t, _ in parts]), np.concatenate([k for _, k in parts]), n)
