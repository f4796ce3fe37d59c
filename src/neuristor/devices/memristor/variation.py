"""Spread of memristors: from device to device, from cycle to cycle, and of a reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from ...errors import InputError, nearest
from ...quantities import parse
from ...stimulus import Stimulus
from ...stimulus.spikes import lane_generator, lanes_of, seed_of
from ...trace import Trace
from .alone import Device

LAWS = ("lognormal", "normal", "uniform")
AnyDevice = TypeVar("AnyDevice", bound=Device)


def vary(
    device: AnyDevice,
    spread: Mapping[str, float],
    lanes: int,
    *,
    law: str = "lognormal",
    correlation: Any = None,
    seed: int = 0,
) -> AnyDevice:
    """The device with parameters drawn anew for every lane.

    spread       parameter -> relative spread: standard deviation over |value| (of the logarithm for "lognormal"), or
                 the half-width over |value| for "uniform"
    law          lognormal (keeps the sign), normal, uniform
    correlation  matrix among the parameters in the order of `spread`; none: independent
    Lane k depends on seed and k alone. A draw outside a parameter's bounds, or r_on above r_off, is an InputError.
    """
    return device.with_(**drawn(device, spread, range(lanes_of(lanes)), law, correlation, seed_of(seed)))


def drawn(
    device: Device, spread: Mapping[str, float], lanes: range, law: str, correlation: Any, seed: int, cycle: int = 0
) -> dict[str, np.ndarray]:
    """Parameter -> one value a lane, about the device's own values."""
    if law not in LAWS:
        raise InputError(f"{device.name}: law {law!r}{nearest(str(law), LAWS)} is none of {', '.join(LAWS)}")
    for key, size in spread.items():
        if key not in device.params:
            known = ", ".join(device.params)
            raise InputError(f"{device.name} has no parameter {key!r}{nearest(key, device.params)}; it has {known}")
        if not 0 <= size < np.inf:
            raise InputError(f"{device.name}: the spread of {key} must be zero or more, not {size!r}")
    root = correlation_root(device.name, correlation, list(spread), law)
    z = np.array([lane_draw(seed, k, cycle, len(spread), law) for k in lanes]) @ root.T
    values = {}
    for j, (key, size) in enumerate(spread.items()):
        middle = np.asarray(getattr(device, key))
        values[key] = middle * np.exp(size * z[:, j]) if law == "lognormal" else middle * (1.0 + size * z[:, j])
    return values


def lane_draw(seed: int, lane: int, cycle: int, count: int, law: str) -> np.ndarray:
    """Numbers of mean 0 and size 1 for one lane and cycle."""
    rng = np.random.default_rng([seed, lane, cycle])
    return rng.uniform(-1.0, 1.0, count) if law == "uniform" else rng.standard_normal(count)


def correlation_root(told: str, correlation: Any, names: list[str], law: str) -> np.ndarray:
    """L with L L^T the correlation; InputError if the matrix is none."""
    if correlation is None:
        return np.eye(len(names))
    matrix = np.asarray(parse(np.asarray(correlation, dtype=float), "1"))
    fits = matrix.shape == (len(names),) * 2 and np.allclose(matrix, matrix.T) and np.allclose(np.diag(matrix), 1.0)
    if law == "uniform" or not fits or np.min(np.linalg.eigvalsh(matrix)) < -1e-12:
        raise InputError(
            f"{told}: a correlation is a symmetric {len(names)} x {len(names)} matrix with ones on its diagonal and no "
            f"negative eigenvalue, in the order {', '.join(names)}, for the normal and lognormal laws"
        )
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(np.maximum(values, 0.0))


def cycles(
    device: Device,
    stimulus: Stimulus,
    count: int,
    spread: Mapping[str, float],
    *,
    law: str = "lognormal",
    seed: int = 0,
    x0: Any = None,
    **options: Any,
) -> Trace:
    """`count` cycles of a stimulus, with parameters drawn anew at the start of each: variation from cycle to cycle.

    The stimulus is one cycle (it must say its duration). The state goes on from cycle to cycle; parameters change at
    the seams only, about the device's own values (which may hold device-to-device variation), and a current jumps there
    with them. Returns one Trace of all cycles; meta["drawn"]: parameter -> (count, lanes).
    """
    if stimulus.duration is None:
        raise InputError(f"{device.name}: a cycle needs a stimulus that says its duration")
    lanes = max(device.lanes, stimulus.lanes, np.size(x0) if x0 is not None else 1)
    parts: list[Trace] = []
    draws: list[dict[str, np.ndarray]] = []
    state: Any = x0
    for cycle in range(1, lanes_of(count) + 1):
        draws.append(drawn(device, spread, range(lanes), law, None, seed_of(seed), cycle))
        own: dict[str, Any] = (
            {"seed": int(np.random.SeedSequence([seed, cycle]).generate_state(1)[0])} if device.draws else {}
        )
        parts.append(device.with_(**draws[-1]).simulate(stimulus, x0=state, **own, **options))
        state = parts[-1].meta["x_end"]
    length = parts[0].duration
    return replace(
        parts[-1],
        time=np.concatenate([k * length + p.time[(k > 0) :] for k, p in enumerate(parts)]),
        signals={key: np.hstack([p[key][:, (k > 0) :] for k, p in enumerate(parts)]) for key in parts[0].signals},
        energy={key: np.sum([p.energy[key] for p in parts], axis=0) for key in parts[0].energy},
        duration=length * count,
        failures=[replace(f, time=f.time + k * length) for k, p in enumerate(parts) for f in p.failures],
        meta={**parts[-1].meta, "cycles": count, "drawn": {key: np.array([d[key] for d in draws]) for key in spread}},
    )


def with_read_noise(trace: Trace, relative: float, seed: int = 0) -> Trace:
    """The trace with its current as read by an instrument of normal noise: i (1 + relative z), z anew at every sample."""
    if not 0 <= relative < np.inf:
        raise InputError(f"{trace.subject}: the read noise must be zero or more, not {relative!r}")
    i = trace["i"]
    z = np.array([lane_generator(seed_of(seed), k).standard_normal(i.shape[1]) for k in range(len(i))])
    return replace(
        trace, signals={**trace.signals, "i": i * (1.0 + relative * z)}, meta={**trace.meta, "read_noise": relative}
    )
