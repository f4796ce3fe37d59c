"""From the words of a command to neurons and stimuli."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..neurons import NEURONS, Neuron
from ..quantities import geomspace, linspace, parse
from ..stimulus import PWL, STIMULI, Step, Stimulus

MOST = 1_000_000  # values of a range, lanes of a stimulus


def read_neuron(word: str, settings: list[str], sweep: str | None) -> Neuron:
    """`lif`, `izhikevich:RS`, with NAME=VALUE settings and a NAME=FROM:TO:lin|log:N sweep."""
    name, _, preset = word.partition(":")
    if name not in NEURONS:
        raise InputError(f"unknown model {name!r}{nearest(name, NEURONS)}; there are {', '.join(NEURONS)}")
    model = NEURONS[name]
    changes: dict[str, Any] = dict(split(text, "--set") for text in settings)
    if sweep:
        key, text = split(sweep, "--sweep")
        if key not in model.params:
            raise InputError(f"--sweep: {name} has no parameter {key!r}{nearest(key, model.params)}")
        changes[key] = read_range(text, model.params[key].unit, f"--sweep {key}")
    return model.preset(preset, **changes) if preset else model(**changes)


def split(text: str, option: str, example: str = "") -> tuple[str, str]:
    """Name and value of NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise InputError(f"{option} {text!r} is not of the form NAME=VALUE, e.g. {example or f'{option} c_mem=5u'}")
    return name.strip(), value.strip()


def read_whole(text: str) -> int | None:
    """The whole number, zero or more, that plain digits are; None for any other text, or one beyond 64 bits."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def read_value(text: str, unit: str, where: str) -> Any:
    try:
        return parse(text, unit)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def read_range(text: str, unit: str, where: str) -> np.ndarray:
    """FROM:TO:lin|log:N as an array."""
    parts = text.split(":")
    if len(parts) != 4 or parts[2] not in ("lin", "log"):
        raise InputError(f"{where}: {text!r} is not of the form FROM:TO:lin:N or FROM:TO:log:N")
    low, high = (read_value(p, unit, where) for p in parts[:2])
    count = read_whole(parts[3].strip())
    if count is None or count < 2:
        raise InputError(f"{where}: at least 2 values are needed, not {parts[3]!r}")
    if count > MOST:
        raise InputError(f"{where}: a range has at most {MOST} values, not {parts[3]}")
    if parts[2] == "log" and (low <= 0 or high <= 0):
        raise InputError(f"{where}: a logarithmic range needs positive ends")
    return geomspace(low, high, count, unit) if parts[2] == "log" else linspace(low, high, count, unit)


def read_stimulus(
    neuron: Any, current: str | None, words: str | None, stop: str | None, seed: int
) -> tuple[Stimulus, float | None]:
    """The stimulus and the time to stop at (None: the stimulus's own end)."""
    preset = neuron.presets.get(neuron.preset_used) if isinstance(neuron, Neuron) else None
    length = None if stop is None else float(read_value(stop, "s", "--stop"))
    if current is not None and words is not None:
        raise InputError("give --current or --stimulus, not both")
    if words is not None:
        return named_stimulus(neuron, words, seed), length
    if current is None and preset is not None:
        if preset.protocol:
            return preset.protocol(), length
        current = preset.input
    if current is None:
        level: Any = neuron.scales().input
    elif ":" in current:
        level = read_range(current, neuron.input_unit, "--current")
    else:
        level = read_value(current, neuron.input_unit, "--current")
    return Step(level, unit=neuron.input_unit), 20 * neuron.scales().time if length is None else length


def named_stimulus(neuron: Any, words: str, seed: int) -> Stimulus:
    """`triangle:peak=0.2 mA,duration=50 ms`, `pwl:FILE.csv`, ..."""
    name, _, rest = words.partition(":")
    if name not in STIMULI:
        raise InputError(f"unknown stimulus {name!r}{nearest(name, STIMULI)}; there are {', '.join(STIMULI)}")
    if name == "pwl":
        return PWL.from_csv(rest, unit=neuron.input_unit)
    if name == "fluctuated":
        raise InputError("stimulus 'fluctuated' takes another waveform: use it from Python")
    kind = STIMULI[name]
    known = inspect.signature(kind.__init__).parameters
    options: dict[str, Any] = {}
    for piece in filter(None, rest.split(",")):
        key, value = split(piece, f"--stimulus {name}:")
        if key not in known or key == "self":
            raise InputError(
                f"stimulus {name} has no option {key!r}{nearest(key, known)}; it has {', '.join(list(known)[1:])}"
            )
        options[key] = read_option(value, key, f"stimulus {name}: {key}")
    if "unit" in known:
        options.setdefault("unit", neuron.input_unit)
    if "seed" in known:
        options.setdefault("seed", seed)
    try:
        return kind(**options)
    except TypeError as error:
        missing = str(error).split(":")[-1].strip()
        raise InputError(
            f"stimulus {name} needs {missing}; e.g. --stimulus '{name}:{next(iter(list(known)[1:]))}=...'"
        ) from None


def read_option(text: str, key: str, where: str) -> Any:
    """An option of a stimulus: a count, a plain number, or the text that the stimulus reads."""
    if key in ("duty", "intensity"):
        return read_value(text, "1", where)
    count = read_whole(text) if key in ("seed", "lanes") else None
    if key == "lanes" and count is not None and count > MOST:
        raise InputError(f"{where} = {count} are too many: at most {MOST}")
    return text if count is None else count
