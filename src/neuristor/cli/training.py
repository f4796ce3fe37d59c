"""`neuristor train DATASET` and `classify MODEL DATASET`: spiking networks that learn pictures without their labels."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..experiments.statistics import mean_bounds
from ..networks.checkpoint import read_state
from ..networks.datasets import Dataset, load_dataset
from ..networks.evaluation import EVENTS, Evaluation, evaluate, samples_of
from ..networks.unsupervised import UnsupervisedNetwork
from .measure import read_list
from .screen import Screen, check_output
from .training_words import read_training
from .words import read_whole


@dataclass(frozen=True)
class Course:
    """How a network is trained and tested; None: all pictures."""

    epochs: int
    images: int | None
    test: int | None
    assigned: int
    encoding: str

    @property
    def events(self) -> bool:
        """Whether recorded events are shown in place of pictures."""
        return self.encoding == EVENTS

    def __post_init__(self) -> None:
        for name in ("epochs", "images", "test", "assigned"):
            count = getattr(self, name)
            if count is not None and count < 1:
                raise InputError(f"--{name} {count}: one or more are needed")


def run_train(
    name: str, words: Sequence[str], screen: Screen, *, neurons: int, membrane: str, rule: str, seeds: str, course: Course,
    output: Path | None, checkpoint: Path | None, report: Path | None,
) -> None:  # fmt: skip
    """Train and test a network of every seed, show what came out, write files."""
    from ..report.training_tables import training_tables

    chosen = read_seeds(seeds)
    outputs, checkpoints, pages = ([own(path, seed, chosen) for seed in chosen] for path in (output, checkpoint, report))
    for path in (*outputs, *checkpoints, *pages):
        check_output(path)
    data = load_dataset(name, flat=False)
    options: dict[str, Any] = {"neurons": neurons, "membrane": membrane, "rule": rule, "encoding": course.encoding}
    networks = [read_training(words, data, seed=seed, **options) for seed in chosen]
    found = []
    for k, network in enumerate(networks):
        result, entry = one_seed(network, data, course, checkpoints[k], screen)
        files = [network.save(path) for path in (outputs[k],) if path]
        if page := pages[k]:
            files.append(write_training_page(network, result, page))
        found.append(entry)
        if not screen.as_json:
            screen.tables(training_tables(network, result, entry["training"]))
            screen.written(files)
    told = overall(found, len(data.x_test[: course.test])) if len(found) > 1 else found[0]
    screen.json(told)
    if len(found) > 1 and not screen.as_json:
        rows = [[by, *(f"{100 * told[by][key]:.2f} %" for key in ("value", "low", "high"))] for by in ("labels", "shares")]
        screen.table(f"mean of {len(found)} seeds, 95 % interval over seeds", ["decision", "mean", "from", "to"], rows)


def one_seed(
    network: UnsupervisedNetwork, data: Dataset, course: Course, checkpoint: Path | None, screen: Screen
) -> tuple[Evaluation, dict[str, Any]]:
    """Train and test one network; its result, and that as JSON can hold it with the setting."""
    samples = samples_of(data, "train", course.images, events=course.events)
    pictures, before, begun = course.epochs * len(samples), seen(checkpoint), time.perf_counter()
    what = f"training {data.name}, seed {network.seed}" + (f", on from picture {before}" if before else "")
    with screen.progress(what) as tell:
        left = left_to_do(tell, before / pictures)
        network.train(samples, course.epochs, shuffled=True, checkpoint=checkpoint, progress=left)
    seconds = time.perf_counter() - begun
    with screen.progress(f"testing {data.name}, seed {network.seed}") as tell:
        result = evaluate(network, data, assigned=course.assigned, images=course.test, events=course.events, progress=tell)
    training = {"seconds": seconds, "shown": network.shown, "here": network.shown - before}
    told = {"seed": network.seed, **result.to_json_dict(), "training": training, "settings": network.settings()}
    return result, told


def left_to_do(tell: Callable[[float], None], before: float) -> Callable[[float], None]:
    """Progress where the share `before` was done already, so that the time left is right."""
    return lambda share: tell((share - before) / (1 - before) if before < 1 else 1.0)


def seen(checkpoint: Path | None) -> int:
    """Pictures that an interrupted training has seen; where it begins, how it will go on after a stop is told."""
    if checkpoint is None:
        return 0
    if checkpoint.expanduser().exists():
        return int(read_state(checkpoint)[0].get("shown", 0))
    print(f"{checkpoint} keeps the state every minute: after a stop the same command goes on from there", file=sys.stderr)
    return 0


def read_seeds(text: str) -> list[int]:
    """`0,1,2` as different seeds."""
    found = [read_whole(word) for word in read_list(text, "--seeds")]
    seeds = [seed for seed in found if seed is not None]
    if len(seeds) < len(found) or len(set(seeds)) < len(seeds):
        raise InputError(f"--seeds {text}: different whole numbers from 0 are needed, e.g. 0,1,2")
    return seeds


def own(path: Path | None, seed: int, seeds: Sequence[int]) -> Path | None:
    """The file of one seed: its name as given for a single seed, with the seed in it for several."""
    return path if path is None or len(seeds) == 1 else path.with_name(f"{path.stem}-seed{seed}{path.suffix}")


def overall(found: Sequence[dict[str, Any]], pictures: int) -> dict[str, Any]:
    """All seeds, and their mean with Student's interval."""
    means = {by: vars(mean_bounds([one[by]["value"] for one in found])) for by in ("labels", "shares")}
    plain = {by: {key: float(value) for key, value in bounds.items()} for by, bounds in means.items()}
    return {**plain, "pictures": pictures, "seeds": list(found)}


def run_classify(model: Path, name: str, screen: Screen, *, images: int | None, events: bool, report: Path | None) -> None:
    """Test a saved network on a data set."""
    from ..report.training_tables import evaluation_tables

    if images is not None and images < 1:
        raise InputError(f"--images {images}: one or more are needed")
    check_output(report)
    network, data = UnsupervisedNetwork.load(model), load_dataset(name, flat=False)
    with screen.progress(f"testing {name}") as tell:
        result = evaluate(network, data, assigned=None, images=images, events=events, progress=tell)
    screen.json({**result.to_json_dict(), "settings": network.settings()})
    files = [write_training_page(network, result, report)] if report else []
    if not screen.as_json:
        screen.tables(evaluation_tables(network, result))
        screen.written(files)


def write_training_page(network: UnsupervisedNetwork, result: Evaluation, path: Path) -> Path:
    from ..report.page import write_page
    from ..report.training_figures import training_page

    return write_page(training_page(network, result), path)
