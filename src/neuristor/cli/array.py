"""`neuristor array NETWORK`: a trained network on faulty arrays with spiking neurons, from cells to accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..networks import DATASETS, Dataset, Network, load_dataset, load_network, reference_network
from ..networks.array_to_accuracy import array_to_accuracy
from ..neurons.behavioural import Behavioural
from ..quantities import named_values
from .array_words import MAIN, axis_name, place_of, read_array_words
from .measure import read_list, read_range_of
from .screen import Screen, check_output
from .subjects import read_subject
from .words import read_whole, split

SCALING = ("full_current", "headroom", "bias_current", "quantile", "confidence")  # options of the chain itself


def run_array(
    network: str, words: Sequence[str], screen: Screen, *, data: str | None, hidden: str | None, neuron: str,
    settings: Sequence[str], fault: Sequence[str], shares: str, seeds: int, readout: str, deadline: str | None,
    mismatch: str | None, images: int | None, inputs: str, spot_check: int, seed: int, report: Path | None,
) -> None:  # fmt: skip
    """Read the words, run the chain, show its result, write its page."""
    check_output(report)
    axes = [axis_name(name) for text in fault for name in read_list(text, "--fault")]
    options, scaling = array_options(words, axes)
    subject = neuron if neuron == Behavioural.name and not settings else read_subject(neuron, list(settings))
    chain: dict[str, Any] = {
        "fault": axes, "shares": read_shares(shares), "seeds": seeds, "readout": readout, "inputs": inputs,
        "deadline": None if deadline is None else read_list(deadline, "--deadline"),
        "mismatch": None if mismatch is None else named_values(mismatch, "--mismatch"),
        "images": images, "spot_check": spot_check, "seed": seed, **scaling, **options,
    }  # fmt: skip
    trained, samples = read_network(network, data, hidden, screen)
    with screen.progress(f"array {network}") as tell:
        result = array_to_accuracy(trained, samples, neuron=subject, progress=tell, **chain)
    files = []
    if report:
        from ..report.array_page import array_page
        from ..report.page import write_page

        files.append(write_page(array_page(result), report))
    if screen.as_json:
        screen.json(result.to_json_dict())
        return
    from ..report.array_tables import array_tables

    screen.tables(array_tables(result))
    screen.written(files)


def array_options(words: Sequence[str], axes: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Options of the crossbar, with the parts that the axes vary, and those of the chain itself."""
    scaling: dict[str, str] = {}
    rest = []
    for word in words:
        name, value = split(word, "option", "r_word=2")
        if name not in SCALING:
            rest.append(word)
        elif name in scaling:
            raise InputError(f"{name} is given twice")
        else:
            scaling[name] = value
    for word in rest:
        part, field = place_of(split(word, "option")[0])
        own = f"{part}.{field or MAIN.get(part, '')}".removesuffix(".")
        if own in axes or field in axes:
            raise InputError(f"{word} is what --fault varies: give its values by --shares")
    return read_array_words(rest, axes), scaling


def read_shares(text: str) -> Any:
    """`0,1%,5%` or FROM:TO:lin|log:N."""
    return read_range_of(text, "--shares") if text.count(":") == 3 else read_list(text, "--shares")


def read_network(word: str, data: str | None, hidden: str | None, screen: Screen) -> tuple[Network, Dataset]:
    """A reference network by the name of its data set, or a file; and the data it classifies."""
    if word.lower() in DATASETS:
        widths = None if hidden is None else [width(text) for text in read_list(hidden, "--hidden") if text != "none"]
        samples = load_dataset(data or word)
        with screen.progress(f"training {word}") as tell:
            return reference_network(word, widths, progress=tell), samples
    if hidden is not None:
        raise InputError("--hidden is for the reference networks trained here; a file has its own layers")
    if "." not in Path(word).name:
        raise InputError(f"there is no reference network {word!r}; there are {', '.join(DATASETS)}, or give a file")
    if data is None:
        raise InputError(f"--data tells what {word} classifies: {', '.join(DATASETS)}")
    samples = load_dataset(data, flat=False)
    return load_network(word, input_shape=samples.shape), samples


def width(text: str) -> int:
    count = read_whole(text)
    if not count:
        raise InputError(f"--hidden: {text!r} is not a number of neurons, e.g. --hidden 100,50")
    return count
