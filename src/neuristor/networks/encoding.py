"""Pictures as spikes: rate (Poisson, regular), latency and rank order, each with its decoder.

A picture is an array of intensities in [0, 1]; every pixel is one input. Whatever is random depends on the seed, the
number of the picture and how often it has been shown before, on nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..errors import InputError, nearest
from ..parameters import param
from .event_files import SIDE, Events
from .settings import Settings, described

INF = np.inf
MOST_SPIKES = 1e7  # of a picture
DIEHL = "Diehl & Cook, Front. Comput. Neurosci. 9:99 (2015)"


@dataclass(frozen=True, eq=False)
class SpikeList:
    """Spikes of a layer of inputs: times (s, rising) and, for each, the input it belongs to; `size` inputs in all."""

    times: np.ndarray
    inputs: np.ndarray
    size: int
    duration: float

    def __post_init__(self) -> None:
        times, inputs = np.ascontiguousarray(self.times, float), np.ascontiguousarray(self.inputs, np.int32)
        if times.ndim != 1 or times.shape != inputs.shape:
            raise InputError(f"spikes: {times.size} times for {inputs.size} inputs; every spike has one of each")
        if times.size and not (times[0] >= 0 and np.all(np.diff(times) >= 0) and times[-1] <= self.duration):
            raise InputError("spikes: times must rise from zero or later, up to the duration")
        if inputs.size and not 0 <= inputs.min() <= inputs.max() < self.size:
            raise InputError(f"spikes: input {inputs.max()} of {self.size}; they count from 0")
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "inputs", inputs)

    def counts(self) -> np.ndarray:
        """Spikes of every input."""
        return np.bincount(self.inputs, minlength=self.size)

    def delayed(self, delays: np.ndarray) -> SpikeList:
        """The same spikes, each later by the delay (s) of its input."""
        late = self.times + np.asarray(delays, float)[self.inputs]
        order = np.argsort(late, kind="stable")
        return SpikeList(late[order], self.inputs[order], self.size, self.duration + float(np.max(delays)))


class Encoding(Settings):
    """A way to say a picture in spikes."""

    title: ClassVar[str] = ""
    boosts: ClassVar[bool] = False  # whether showing a picture again can be louder

    duration = param("350 ms", unit="s", symbol="T", bounds=(0, INF), doc="how long a picture is shown", source=DIEHL)

    def inputs(self, pixels: int) -> int:
        """How many inputs a picture of `pixels` pixels drives."""
        return pixels

    def spikes(self, image: Any, number: int = 0, *, seed: int | tuple[int, ...] = 0, repeat: int = 0) -> SpikeList:
        """The picture's spikes; `number` counts pictures, `repeat` how often this one was shown before."""
        raise NotImplementedError

    def decode(self, spikes: SpikeList) -> np.ndarray:
        """The picture that the spikes tell of, flat."""
        raise NotImplementedError

    def described(self) -> dict[str, Any]:
        """Everything the encoding is made of, as JSON can hold it."""
        return described(self)


class RateCode(Encoding):
    """The brighter a pixel, the faster it fires: rate_max x intensity.

    With `total_rate` every picture is scaled to the same sum of rates, whatever its ink; a picture shown again is
    louder by `boost`.
    """

    boosts = True

    rate_max = param("63.75 Hz", unit="Hz", bounds=(0, INF), doc="rate of a pixel of intensity 1", source=DIEHL)
    total_rate = param(0.0, unit="Hz", bounds=(0, INF), strict=False, doc="sum of all rates; 0: as the picture has it")
    boost = param(1.5, bounds=(1, INF), strict=False, doc="gain of every further showing (chosen)")

    def rates(self, image: Any, repeat: int = 0) -> np.ndarray:
        """Hz, one a pixel."""
        x = picture(image)
        ink = float(x.sum())
        full = (self.total_rate / ink if self.total_rate and ink else self.rate_max) * self.boost**repeat
        if (spikes := ink * full * self.duration) > MOST_SPIKES:
            raise InputError(f"{self.name}: {spikes:.3g} spikes a picture; lower rates or a shorter duration are needed")
        return x * full


class PoissonRate(RateCode):
    """Poisson spikes: a Poisson number of them, uniform over the showing."""

    name = "poisson"
    title = "Rate, Poisson"

    def spikes(self, image: Any, number: int = 0, *, seed: int | tuple[int, ...] = 0, repeat: int = 0) -> SpikeList:
        rng = np.random.default_rng([*np.atleast_1d(seed), number, repeat])
        rates = self.rates(image, repeat)
        counts = rng.poisson(rates * self.duration)
        inputs = rng.permutation(np.repeat(np.arange(rates.size, dtype=np.int32), counts))
        steps = np.cumsum(rng.standard_exponential(inputs.size + 1))  # their shares are uniform variates in order
        return SpikeList(steps[:-1] * (self.duration / steps[-1]), inputs, rates.size, self.duration)

    def decode(self, spikes: SpikeList) -> np.ndarray:
        """Counts as intensities: without total_rate unbiased, standard deviation sqrt(intensity / (rate_max duration))."""
        return spikes.counts() / (self.rate_max * spikes.duration)


class RegularRate(RateCode):
    """Equally spaced spikes, the first after half an interval."""

    name = "regular"
    title = "Rate, regular"

    def spikes(self, image: Any, number: int = 0, *, seed: int | tuple[int, ...] = 0, repeat: int = 0) -> SpikeList:
        rates = self.rates(image, repeat)
        counts = np.floor(rates * self.duration + 0.5).astype(np.int64)
        inputs = np.repeat(np.arange(rates.size), counts)
        k = np.arange(inputs.size) - np.repeat(np.cumsum(counts) - counts, counts)
        times = np.minimum((k + 0.5) / rates[inputs], self.duration)
        order = np.argsort(times, kind="stable")
        return SpikeList(times[order], inputs[order], rates.size, self.duration)

    def decode(self, spikes: SpikeList) -> np.ndarray:
        """From the first spike's time, exact without total_rate; pixels too dark to fire are 0."""
        first = np.full(spikes.size, INF)
        np.minimum.at(first, spikes.inputs, spikes.times)
        return 0.5 / (first * self.rate_max)


class Latency(Encoding):
    """One spike a pixel, the brighter the sooner: t = duration (1 - intensity); black pixels are silent."""

    name = "latency"
    title = "Latency"
    duration = param("50 ms", unit="s", symbol="T", bounds=(0, INF), doc="time of the darkest pixel (chosen)")

    def spikes(self, image: Any, number: int = 0, *, seed: int | tuple[int, ...] = 0, repeat: int = 0) -> SpikeList:
        x = picture(image)
        lit = np.flatnonzero(x)
        order = lit[np.argsort(-x[lit], kind="stable")]
        return SpikeList(self.duration * (1.0 - x[order]), order, x.size, self.duration)

    def decode(self, spikes: SpikeList) -> np.ndarray:
        """Exact to rounding."""
        x = np.zeros(spikes.size)
        x[spikes.inputs] = 1.0 - spikes.times / self.duration
        return x


class RankOrder(Encoding):
    """One spike a pixel, in the order of intensity: rank k fires at (k + 1/2) duration / pixels; ties in pixel order.

    Only the order is told (VanRullen & Thorpe, Neural Comput. 13 (2001) 1255); the decoder gives rank k the mean
    intensity that pictures have there: `table`, measured by `table_of`, else falling evenly from 1 to 0.
    """

    name = "rank_order"
    title = "Rank order"
    duration = param("50 ms", unit="s", symbol="T", bounds=(0, INF), doc="time of the last rank (chosen)")

    def spikes(self, image: Any, number: int = 0, *, seed: int | tuple[int, ...] = 0, repeat: int = 0) -> SpikeList:
        x = picture(image)
        lit = np.flatnonzero(x)
        order = lit[np.argsort(-x[lit], kind="stable")]
        return SpikeList((np.arange(order.size) + 0.5) * (self.duration / x.size), order, x.size, self.duration)

    def decode(self, spikes: SpikeList, table: np.ndarray | None = None) -> np.ndarray:
        n = spikes.inputs.size
        worth = 1.0 - np.arange(n) / max(n, 1) if table is None else np.asarray(table, float)[:n]
        x = np.zeros(spikes.size)
        x[spikes.inputs] = worth
        return x

    @staticmethod
    def table_of(images: Any) -> np.ndarray:
        """Mean intensity of every rank over pictures (n, pixels)."""
        flat = np.asarray(images, float).reshape(len(images), -1)
        return np.sort(flat, axis=1)[:, ::-1].mean(axis=0)


ENCODINGS: dict[str, type[Encoding]] = {e.name: e for e in (PoissonRate, RegularRate, Latency, RankOrder)}


def encoding_of(chosen: str | Encoding) -> Encoding:
    """An encoding by name, with its default numbers, or the one given."""
    if isinstance(chosen, Encoding):
        return chosen
    if chosen not in ENCODINGS:
        raise InputError(f"unknown encoding {chosen!r}{nearest(str(chosen), ENCODINGS)}; there are {', '.join(ENCODINGS)}")
    return ENCODINGS[chosen]()


def picture(image: Any) -> np.ndarray:
    """A picture as flat float64 intensities; InputError unless all lie in [0, 1]."""
    x = np.asarray(image, dtype=float).ravel()
    if not x.size or not (x.min() >= 0.0 and x.max() <= 1.0):
        told = f"intensities from {x.min():g} to {x.max():g}" if x.size else "no pixels"
        raise InputError(f"a picture with {told}; they must lie in [0, 1]")
    return x


def recordings(events: Events) -> list[SpikeList]:
    """Event-camera recordings (N-MNIST) as spikes of one input a pixel and polarity."""
    found = []
    for k in range(len(events)):
        times, inputs = events.recording(k)
        order = np.argsort(times, kind="stable")
        found.append(SpikeList(times[order], inputs[order], 2 * SIDE * SIDE, float(times.max(initial=0.0))))
    return found


@dataclass(frozen=True)
class RoundTrip:
    """What is left of pictures after encoding and decoding: root mean square error and correlation over all pixels."""

    error: float
    correlation: float


def round_trip(encoding: Encoding, images: Any, seed: int = 0, decode: Any = None) -> RoundTrip:
    """Encode and decode pictures (n, pixels); `decode` instead of the encoding's own decoder."""
    pictures: Sequence[np.ndarray] = [picture(image) for image in images]
    decoder = decode or encoding.decode
    back = [decoder(encoding.spikes(x, k, seed=seed)) for k, x in enumerate(pictures)]
    told, heard = np.concatenate(pictures), np.concatenate(back)
    return RoundTrip(float(np.sqrt(np.mean((told - heard) ** 2))), float(np.corrcoef(told, heard)[0, 1]))
