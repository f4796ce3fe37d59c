"""From the words of a command to a memristor, an op-amp or a comparator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..devices.amplifier import AMPLIFIERS
from ..devices.memristor import MEMRISTORS, MMS, PUBLISHED, Memristor, load_memristor
from ..devices.memristor.saved import is_memristor
from ..errors import InputError, nearest
from ..presets.amplifiers import AMPLIFIER_PRESETS, amplifier_values
from .words import split

DEVICES = {**MEMRISTORS, **AMPLIFIERS}
WORD = "memristor"  # of --set: the whole device instead of its parameters one by one


def preset_sources() -> dict[str, str]:
    """`mms:sdc_agh`, `opamp:op482`, ... -> where its numbers come from."""
    memristors = {f"{p.model}:{p.name}": p.source for p in PUBLISHED}
    return memristors | {f"{p.model}:{p.name}": p.source for p in AMPLIFIER_PRESETS}


def source_of(word: str) -> str:
    return preset_sources().get(word, "")


def is_device(word: str) -> bool:
    """Whether a subject is a device: `mms`, `mms:sdc_agh`, `opamp:op482`, a preset's bare name, or a saved memristor."""
    name = word.partition(":")[0].lower()
    if word.lower().endswith(".toml"):
        return is_memristor(word)
    return name in DEVICES or bool(of_preset(word))


def of_preset(name: str) -> list[str]:
    """The words of the presets with this bare name."""
    return [word for word in preset_sources() if word.partition(":")[2] == name]


def read_device(word: str, settings: Sequence[str] = ()) -> Any:
    """The device of `mms`, `mms:sdc_agh`, `opamp:op482`, `FITTED.toml`, with NAME=VALUE settings of its parameters."""
    model, _, preset = word.partition(":")
    changes = dict(split(text, "--set", "--set tau=1m") for text in settings)
    if word.lower().endswith(".toml"):
        return load_memristor(word).with_(**changes)
    if model in MEMRISTORS:
        kind = MEMRISTORS[model]
        return kind.preset(preset, **changes) if preset else kind(**changes)
    if model in AMPLIFIERS:
        values = amplifier_values(model, preset) if preset else {}
        return AMPLIFIERS[model](**{**values, **changes})
    if alike := of_preset(word):
        raise InputError(f"{word!r} is a preset's name: write {' or '.join(alike)}")
    known = [*DEVICES, *preset_sources()]
    raise InputError(f"there is no device {word!r}{nearest(word, known)}; see `neuristor list memristors` and `amplifiers`")


def with_memristor(kind: Any, settings: Sequence[str]) -> list[str]:
    """Settings with `memristor=FILE.toml` or `memristor=mms:PRESET` replaced by that device's parameters.

    Only of neurons and cells that have a memristor; parameters set beside it go before those of the device.
    """
    pairs = [split(text, "--set") for text in settings]
    words = [value for key, value in pairs if key.lower() == WORD]
    if not words or not set(MMS.params) <= set(kind.params):
        return list(settings)
    if len(words) > 1:
        raise InputError(f"--set {WORD}= is given twice: {words[0]} and {words[1]}")
    word = words[0]
    device = read_device(word)
    if not isinstance(device, Memristor):
        raise InputError(f"--set {WORD}={word}: this is of kind {device.name}, not a memristor")
    if type(device) is not MMS:
        raise InputError(
            f"--set {WORD}={word}: the memristor of {kind.name} is a mean metastable switch (mms), and this one is of "
            f"model {device.name}; a circuit takes it: {card_of(word)}"
        )
    own = [f"{key}={float(value)!r}" for key, value in device.values().items()]
    return own + [text for text, (key, _) in zip(settings, pairs, strict=True) if key.lower() != WORD]


def card_of(word: str) -> str:
    """The `.model` card of a memristor's word."""
    model, _, preset = word.partition(":")
    if word.lower().endswith(".toml"):
        return f'.model NAME memristor file="{word}"'
    return f".model NAME memristor model={model}{f' preset={preset}' if preset else ''}"


def not_a_neuron(word: str) -> str:
    """What to do with a device instead of simulating it, as a sentence."""
    device = read_device(word)
    uses = [f"`neuristor export spice '{word}'` writes it as a subcircuit"]
    if isinstance(device, Memristor) and device.name != "mss":
        uses.insert(0, f"a circuit takes it by `{card_of(word)}`")
    if type(device) is MMS:
        uses.insert(0, f"a neuron takes it, as in `memristive_alif --set {WORD}='{word}'`")
    if device.name == "mss":
        uses = ["it draws random numbers, so Python alone takes it"]
    return f"{word} is a device ({device.name}), not a neuron: {'; '.join(uses)}"
