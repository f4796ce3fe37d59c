"""`neuristor mixed-signal NETWORK`: classification error on mixed-signal neurons against noise and bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..circuits.cells.mixed_signal_mac import MixedSignalMAC
from ..errors import InputError
from ..networks.datasets import DATASETS, Dataset, load_dataset
from ..quantities import number_list
from .measure import read_list, read_range_of
from .screen import Screen, check_output
from .words import read_whole

if TYPE_CHECKING:
    from ..networks.mixed_signal import InferenceCost, NoiseErrors, Synapse


def run_mixed_signal(
    network: str, screen: Screen, *, bits: str, noise: str, draws: int, images: int | None, data: str | None,
    retrain: str | None, train_noise: str, train_images: int | None, epochs: int, power: str | None, bandwidth: str | None,
    i_unit: str | None, seed: int, report: Path | None, **chip: Any,
) -> None:  # fmt: skip
    """Read the words, evaluate, retrain if asked, show the result, write its page."""
    from ..networks import mixed_signal as ms

    check_output(report)
    check_cost(power, bandwidth, i_unit)
    if retrain is not None:
        ms.check_retraining(retrain, epochs, train_images)
    chip = {key: value for key, value in chip.items() if value is not None}
    counts, powers = read_bits(bits), read_noise(noise)
    mac = MixedSignalMAC(**({} if i_unit is None else {"i_unit": i_unit}))
    if chip.get("mismatch") == "circuit":
        chip["mismatch"] = ms.mismatch_of(mac, seed=seed)
    synapses = [ms.synapse(mac, count) for count in counts] if i_unit is not None else []
    powers = np.unique([*number_list(powers, "V2", "--noise"), *(one.noise_power for one in synapses)])
    module, samples = read_module(network, data, seed, screen)
    common: dict[str, Any] = {"noise": powers, "draws": draws, "images": images, "seed": seed, "name": network}
    made = chips_to_retrain(module, samples, counts, noise_power=train_noise, seed=seed, **chip) if retrain else []
    costs = costs_of(module, samples, counts, power, bandwidth, synapses)
    with screen.progress(f"mixed-signal {network}") as tell:
        result = ms.evaluate(module, samples, bits=counts, progress=tell, **common, **chip)
    retrained: list[NoiseErrors] = []
    for one, count in zip(made, counts, strict=False):
        with screen.progress(f"retraining {network}, {count} bits") as tell:
            better = ms.retrain(one, samples, str(retrain), epochs=epochs, images=train_images, seed=seed, progress=tell)
        with screen.progress(f"mixed-signal {network}, {count} bits, retrained") as tell:
            retrained.append(ms.evaluate(better, samples, clean=result.clean, progress=tell, **common))
    show_result(screen, report, result, retrained, costs, synapses)


def show_result(
    screen: Screen, report: Path | None, result: NoiseErrors, retrained: list[NoiseErrors], costs: list[InferenceCost],
    synapses: list[Synapse],
) -> None:  # fmt: skip
    """As JSON, or in tables; and as a page if asked."""
    from ..report.mixed_signal_network_figures import mixed_signal_page, mixed_signal_tables
    from ..report.page import write_page

    files = [write_page(mixed_signal_page(result, retrained, costs, synapses), report)] if report else []
    if screen.as_json:
        told = {"result": result.to_json_dict(), "retrained": [one.to_json_dict() for one in retrained]}
        told |= {"costs": [cost.to_json_dict() for cost in costs], "synapses": [one.to_json_dict() for one in synapses]}
        screen.json(told)
        return
    screen.tables(mixed_signal_tables(result, retrained, costs, synapses))
    screen.written(files)


def chips_to_retrain(module: Any, samples: Dataset, bits: list[int], **chip: Any) -> list[Any]:
    """One chip for every number of bits."""
    from ..networks.mixed_signal import calibration_samples, convert

    shown = calibration_samples(module, samples)
    return [convert(module, bits=count, calibration=shown, **chip) for count in bits]


def check_cost(power: str | None, bandwidth: str | None, i_unit: str | None) -> None:
    """InputError unless energy and latency follow from one source, or are not asked for."""
    if (power is None) != (bandwidth is None):
        raise InputError("--power (of a synapse) and --bandwidth (of a neuron) are needed together")
    if power is not None and i_unit is not None:
        raise InputError("--i-unit asks the circuit for power and bandwidth: leave --power and --bandwidth out")


def costs_of(
    module: Any, samples: Dataset, bits: list[int], power: str | None, bandwidth: str | None, synapses: list[Synapse]
) -> list[InferenceCost]:
    """Energy and latency at every number of bits, if the circuit is there or its numbers are given."""
    from ..networks.mixed_signal import calibration_samples, inference_cost

    shape = calibration_samples(module, samples).shape[1:]
    if power is None:
        return [inference_cost(module, shape, mac=one) for one in synapses]
    return [inference_cost(module, shape, power=power, f_3db=bandwidth, bits=count) for count in bits]


def read_module(word: str, data: str | None, seed: int, screen: Screen) -> tuple[Any, Dataset]:
    """A reference network by name, or a .pt file; and the data it classifies."""
    from ..networks import mixed_signal as ms

    if word in ms.RECIPES:
        recipe = ms.RECIPES[word]
        samples = load_dataset(data or recipe.dataset, flat=recipe.flat)
        with screen.progress(f"training {word}") as tell:
            return ms.reference(word, seed, data=None if data else samples, progress=tell), samples
    path = Path(word).expanduser()
    if path.suffix not in (".pt", ".pth"):
        ms.recipe_of(word)
    if not path.is_file():
        raise InputError(f"there is no file {word}")
    if data is None:
        raise InputError(f"--data tells what {word} classifies: {', '.join(DATASETS)}")
    return ms.load_module(path), load_dataset(data, flat=False)


def read_bits(text: str) -> list[int]:
    """`3,8,16`."""
    found = [read_whole(word) for word in read_list(text, "--bits")]
    if None in found:
        raise InputError(f"--bits {text}: whole numbers are needed, e.g. 3,8,16")
    return [count for count in found if count is not None]


def read_noise(text: str) -> Any:
    """`1e-7,1e-6` V^2, or FROM:TO:lin|log:N."""
    return read_range_of(text, "--noise") if text.count(":") == 3 else read_list(text, "--noise")
