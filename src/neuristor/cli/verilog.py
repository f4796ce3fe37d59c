"""`neuristor export verilog NETWORK | layer`: digital linear-decay neurons as hardware."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InputError
from .digital_words import ALONE, hardware_layers, read_layer, read_options

TOP = "spiking_network"  # the module around the layers


def verilog_text(word: str, settings: Sequence[str]) -> str:
    """A network as modules below a module `spiking_network`; layer=2 writes that layer alone, as `linear_decay_2`.

    word      a file (.npz, .nir, .pt), a reference network (digits, mnist, ...), or "layer": one of random weights
    settings  NAME=VALUE: those of `hardware_layers`, and layer; or those of `read_layer`
    """
    from ..digital.synthesis import write_verilog

    if word == ALONE:
        return write_verilog(read_layer(settings))
    options = read_options(settings, ("layer",))
    one = options.pop("layer", None)
    layers = hardware_layers(word, options)
    if one is None:
        return write_verilog(layers, TOP)
    if not 1 <= one <= len(layers):
        raise InputError(f"--set layer={one}: the layers with weights are 1 to {len(layers)}")
    return write_verilog(layers[one - 1], f"linear_decay_{one}")
