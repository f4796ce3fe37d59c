"""Trained networks from users: one function for every file and object that is understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError, nearest
from .assembly import from_weights
from .dataset_files import written_whole
from .layers import real
from .network import Network
from .nir_io import from_nir, nir_or_error, read_nir, to_nir
from .npz_io import read_npz_network, stored_weights, write_npz
from .torch_io import from_state_dict, from_torch, is_module, read_torch_file

READERS: dict[str, Callable[..., Network]] = {".nir": read_nir, ".pt": read_torch_file, ".pth": read_torch_file}
KNOWN = (".npz", *READERS)


def load_network(
    source: Any, *, input_shape: Sequence[int] | None = None, transpose: bool | None = None, name: str = ""
) -> Network:
    """A trained network from a file or an object.

    source       a path: .npz (weights, see npz_io), .nir (a NIR graph), .pt or .pth (a PyTorch Sequential or state_dict);
                 or an object: torch Sequential, state_dict, dict of arrays as in .npz, nir.NIRGraph, Network
    input_shape  of one sample, needed where a convolution comes first: (channels, height, width)
    transpose    for weights alone in .npz or a dict: True where a row of a matrix is an output; None finds out by the shapes

    What was assumed is in `notes` of the result. InputError, one sentence, where the source cannot be understood.
    """
    if isinstance(source, Network):
        return source
    if isinstance(source, str | Path):
        return from_file(Path(source).expanduser(), input_shape, transpose, name)
    if is_module(source):
        return from_torch(source, input_shape=input_shape, name=name)
    if type(source).__name__ == "NIRGraph":
        return from_nir(source, input_shape=input_shape, name=name)
    if isinstance(source, Mapping) and source:
        if all(hasattr(v, "detach") for v in source.values()):
            return from_state_dict(source, input_shape=input_shape, name=name, where="the state_dict")
        arrays = {str(key): real(value, str(key)) for key, value in source.items()}
        return from_weights(stored_weights(arrays), input_shape, transpose, name)
    raise InputError(
        f"no network can be read from a {type(source).__name__}: a path ({', '.join(KNOWN)}), a torch Sequential, "
        "a nir.NIRGraph or a dict of arrays is needed"
    )


def from_file(path: Path, input_shape: Sequence[int] | None, transpose: bool | None, name: str) -> Network:
    suffix = path.suffix.lower()
    if suffix not in KNOWN:
        raise InputError(f"{path}: a network file ends in {', '.join(KNOWN)}{nearest(suffix, KNOWN) if suffix else ''}")
    if not path.is_file():
        there = [p.name for p in path.parent.glob(f"*{suffix}")] if path.parent.is_dir() else []
        raise InputError(f"there is no file {path}{nearest(path.name, there)}")
    if suffix == ".npz":
        return read_npz_network(path, input_shape=input_shape, transpose=transpose, name=name)
    return READERS[suffix](path, input_shape=input_shape, name=name or path.stem)


def save_network(network: Network, path: str | Path) -> Path:
    """Write a network as .npz (reads back exactly) or .nir; the file appears whole or not at all."""
    if not isinstance(network, Network) or not isinstance(path, str | Path):
        raise InputError(f"a Network and a path are needed to save one, not {type(network).__name__} and {path!r}")
    target = Path(path).expanduser()
    if target.suffix.lower() == ".npz":
        return write_npz(network, target)
    if target.suffix.lower() != ".nir":
        raise InputError(f"{target}: a network is written as .npz or .nir")
    nir = nir_or_error(f"writing {target}")
    graph = to_nir(network)
    with written_whole(target) as file:
        nir.write(file, graph)
    return target
