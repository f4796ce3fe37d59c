"""`neuristor crossbar NETWORK`: one layer's array alone, its cells and its error by cause."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from ..networks.layer_array import layer_array
from .array import read_network
from .array_words import read_array_words
from .screen import Screen, check_output


def run_crossbar(
    network: str, words: Sequence[str], screen: Screen, *, layer: int, data: str | None, hidden: str | None, images: int,
    seed: int, report: Path | None,
) -> None:  # fmt: skip
    """Build the array, read it with test images, show its error by cause, write its page."""
    check_output(report)
    options = read_array_words(words)
    if images < 1:
        raise InputError(f"--images {images}: one or more are needed")
    trained, samples = read_network(network, data, hidden, screen)
    array, inputs = layer_array(trained, samples.x_test[:images], layer, seed=seed, **options)
    error = array.error(inputs)
    screen.json({**array.to_json_dict(), "error": error.to_json_dict()})
    from ..report.crossbar_figures import crossbar_page, crossbar_tables
    from ..report.page import write_page

    files = [write_page(crossbar_page(array, error), report)] if report else []
    if not screen.as_json:
        screen.tables(crossbar_tables(array, error))
        screen.written(files)
