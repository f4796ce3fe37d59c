"""`neuristor design-space mixed_signal_mac`: energy, bandwidth, noise and accuracy against the bias current."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..experiments.mac_point import mac_of
from ..networks.design_space import design_space
from ..report.design_space_figures import design_page, design_tables
from .measure import read_list, read_range_of
from .screen import Screen, check_output

if TYPE_CHECKING:
    from ..networks.mixed_signal import NoiseErrors


def run_design_space(
    cell: Any, screen: Screen, *, network: str | None, bits: int, currents: str | None, loads: str, rate: str,
    full_scale: str | None, images: int | None, draws: int, data: str | None, seed: int, engine: str, report: Path | None,
) -> None:  # fmt: skip
    """Read the words, evaluate the network if one is asked for, sweep the neuron, show the designs, write their page."""
    check_output(report)
    cell = mac_of(cell, "design-space", bits)
    swept: dict[str, Any] = {"c_load": read_list(loads, "--loads"), "band": rate, "engine": engine}
    if currents is not None:
        swept["i_unit"] = (
            read_range_of(currents, "--currents") if currents.count(":") == 3 else read_list(currents, "--currents")
        )
    accuracy = None
    if network is not None:
        accuracy = errors_of(network, screen, cell.bits, full_scale, images, draws, data, seed)
    with screen.progress("design space") as tell:
        space = design_space(cell, accuracy=accuracy, progress=tell, **swept)
    files = []
    if report:
        from ..report.page import write_page

        files.append(write_page(design_page(space, cell.name), report))
    if screen.as_json:
        screen.json(space.to_json_dict())
        return
    screen.tables(design_tables(space))
    screen.written(files)


def errors_of(
    network: str,
    screen: Screen,
    bits: int,
    full_scale: str | None,
    images: int | None,
    draws: int,
    data: str | None,
    seed: int,
) -> NoiseErrors:
    """Errors of a network at the bits of the neuron and the noise powers that `evaluate` takes by itself."""
    from ..networks import mixed_signal as ms
    from .mixed_signal import read_module

    module, samples = read_module(network, data, seed, screen)
    told: dict[str, Any] = {"bits": [bits], "draws": draws, "images": images, "seed": seed, "name": network}
    if full_scale is not None:
        told["full_scale"] = full_scale
    with screen.progress(f"mixed-signal {network}") as tell:
        return ms.evaluate(module, samples, progress=tell, **told)
