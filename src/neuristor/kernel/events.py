"""Where a threshold may be crossed inside a step, from g and its slope at both ends."""

from numba import njit


@njit(cache=True)
def cubic_root(g0, d0, g1, d1):
    """Root in (0, 1) of the cubic with end values g0 < 0 <= g1 and slopes d0, d1: first guess of a spike time."""
    low, high = 0.0, 1.0
    u = g0 / (g0 - g1) if g1 > g0 else 0.5
    for _ in range(30):
        a, b = 2 * g0 - 2 * g1 + d0 + d1, -3 * g0 + 3 * g1 - 2 * d0 - d1
        g = g0 + u * (d0 + u * (b + u * a))
        slope = d0 + u * (2 * b + u * 3 * a)
        if g < 0:
            low = u
        else:
            high = u
        new = u - g / slope if slope > 0 else 0.5 * (low + high)
        if not low < new < high:
            new = 0.5 * (low + high)
        if abs(new - u) < 1e-6:
            break
        u = new
    return min(max(u, 1e-6), 1 - 1e-6)


@njit(cache=True)
def hidden_peak(g0, d0, g1, d1):
    """Whether g may rise above zero inside a step whose ends lie below it, by the cubic through both ends."""
    if not (d0 > 0 and d1 < 0):
        return False
    a, b = 2 * g0 - 2 * g1 + d0 + d1, -3 * g0 + 3 * g1 - 2 * d0 - d1
    low, high = 0.0, 1.0
    for _ in range(40):
        u = 0.5 * (low + high)
        if d0 + u * (2 * b + u * 3 * a) > 0:
            low = u
        else:
            high = u
    peak = g0 + u * (d0 + u * (b + u * a))
    end = max(g0, g1)
    return peak + 0.25 * (peak - end) > 0 and (peak - end) > 1e-12 * (abs(g0) + abs(g1))
