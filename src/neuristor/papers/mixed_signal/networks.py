"""Figure 3: classifiers on noisy neurons; and what the document leaves to future work, mismatch with on-chip training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...experiments.statistics import Bounded, mean_bounds
from ...networks.datasets import Dataset, load_dataset

if TYPE_CHECKING:
    from ...networks.mixed_signal import NoiseErrors

Tell = Callable[[float], None]
PANELS = {"mnist-fcn": "(a)", "mnist-cnn": "(b)", "cifar10-cnn": "(c)"}
IMAGES = {"mnist-fcn": 1000, "mnist-cnn": 400, "cifar10-cnn": 200, "digits": 360}  # first test images of the short run
COST = {"mnist-fcn": 1.0, "mnist-cnn": 4.0, "cifar10-cnn": 16.0, "digits": 0.3}  # computing, in any unit
UNTRAINED = ("cifar10-cnn",)  # networks whose training, six minutes of a core, is not begun from here
STAND_IN = "digits"
BITS = (3, 8, 16)
DRAWS = 20
SUMS_AT = (1e-7, 1e-6, 1e-5)  # V^2, where noise is added to the sums too
MISMATCH = (0.0, 0.02, 0.1, 0.3)  # relative sigma of a synapse
CHIPS = 4
LEARNED = 5000  # training images that a chip sees again


@dataclass(frozen=True, eq=False)
class OnChip:
    """Classification error of single chips, (sigmas, chips): as made, and trained on the chip itself.

    sigma (sigmas,) relative error of the synapses' weights; the first, zero, tells what more training does by itself
    """

    network: str
    bits: int
    images: int
    sigma: np.ndarray
    before: np.ndarray
    after: np.ndarray

    def rise(self, trained: bool) -> Bounded:
        """(sigmas,) of the error over that of a chip without mismatch, treated alike; mean over chips, 95 %."""
        found = self.after if trained else self.before
        return mean_bounds((found - found[0].mean()).T)


@dataclass(frozen=True, eq=False)
class Figure3:
    """Errors by network: noise in the weights as the document has it, and in the sums as the circuit adds it.

    missing   why a panel is not there, by network;  on_chip: None where there are no networks at all
    """

    weights: dict[str, NoiseErrors] = field(default_factory=dict)
    sums: dict[str, NoiseErrors] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    on_chip: OnChip | None = None

    @property
    def own(self) -> tuple[str, ...]:
        """Networks of the document among those evaluated."""
        return tuple(name for name in self.weights if name in PANELS)

    @property
    def mnist(self) -> tuple[str, ...]:
        return tuple(name for name in self.own if name.startswith("mnist"))


def figure_3(tell: Tell, names: tuple[str, ...] = tuple(PANELS)) -> Figure3:
    """Evaluate the networks whose data are here, the small digits in place of MNIST where it is missing."""
    try:
        from ...networks import mixed_signal  # noqa: F401
    except InputError as why:
        return Figure3(missing={name: str(why) for name in names})
    found = Figure3()
    loaded = {}
    for name in names:
        try:
            loaded[name] = data_of(name)
        except InputError as why:
            found.missing[name] = str(why)
    if not any(name.startswith("mnist") for name in loaded):
        loaded = {STAND_IN: data_of(STAND_IN), **loaded}
    done, work = 0.0, sum(COST[name] for name in loaded)
    for name, data in loaded.items():
        evaluated(found, name, data, share_of(tell, 0.9 * done / work, 0.9 * COST[name] / work))
        done += COST[name]
    name, data = next(iter(loaded.items()))
    return Figure3(found.weights, found.sums, found.missing, on_chip(name, data))


def share_of(tell: Tell, begun: float, share: float) -> Tell:
    """Progress of a part of the work."""
    return lambda part: tell(begun + share * part)


def data_of(name: str) -> Dataset:
    """What a network classifies; InputError where the data, or the training that is not begun from here, are missing."""
    from ...networks.mixed_signal import RECIPES
    from ...networks.mixed_signal.training import is_trained

    if name in UNTRAINED and not is_trained(name):
        raise InputError(f"it is not trained yet: run `neuristor mixed-signal {name}` first")
    return load_dataset(RECIPES[name].dataset, flat=RECIPES[name].flat)


def evaluated(found: Figure3, name: str, data: Dataset, tell: Tell) -> None:
    """Train if need be, then all bits and noise powers; and again with the noise added to the sums."""
    from ...networks.mixed_signal import evaluate, reference

    module = reference(name, data=data, progress=share_of(tell, 0.0, 0.4))
    told: dict[str, Any] = {"bits": BITS, "draws": DRAWS, "images": IMAGES[name], "name": name}
    found.weights[name] = evaluate(module, data, progress=share_of(tell, 0.4, 0.45), **told)
    found.sums[name] = evaluate(module, data, noise=SUMS_AT, noise_in="sums", progress=share_of(tell, 0.85, 0.15), **told)


def on_chip(name: str, data: Dataset, bits: int = 8) -> OnChip:
    """Chips with mismatch: their error as made, and after an epoch or more of training with the chip in the loop."""
    from ...networks.mixed_signal import calibration_samples, convert, evaluate, reference, retrain

    module = reference(name, data=data)
    shown = calibration_samples(module, data)
    errors = np.empty((2, len(MISMATCH), CHIPS))
    for i, sigma in enumerate(MISMATCH):
        for chip in range(CHIPS):
            made = convert(module, bits=bits, mismatch=sigma, calibration=shown, seed=chip)
            taught = retrain(made, data, "chip", epochs=2, rate=0.02, images=LEARNED, seed=chip)
            for k, one in enumerate((made, taught)):
                result = evaluate(one, data, noise=[1e-6], draws=2, images=IMAGES[name], clean=0.0, name=name)
                errors[k, i, chip] = result.quantised[0]
    return OnChip(name, bits, IMAGES[name], np.array(MISMATCH), *errors)
