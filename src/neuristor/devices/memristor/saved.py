"""Memristors fitted to measurements, as TOML files: written by a fit, read by everything that takes a device."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tomllib import TOMLDecodeError, loads
from typing import Any

from ...errors import InputError, nearest
from .alone import Device
from .gmms import GMMS
from .linear_drift import LinearDrift
from .mms import MMS
from .vteam import VTEAM
from .yakopcic import Yakopcic

MODELS: dict[str, type[Device]] = {m.name: m for m in (MMS, GMMS, VTEAM, Yakopcic, LinearDrift)}
KIND = "memristor"


def load_memristor(path: str | Path) -> Device:
    """The device of a file that `neuristor fit memristor` has saved; InputError if it is none."""
    told = read_saved(path)
    options = told.get("options", {})
    if not isinstance(options, dict):
        raise InputError(f"{path}: options = {options!r} is not a table [options]")
    for key, value in told["parameters"].items():
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise InputError(f"{path}: {key} = {value!r} is no number")
    try:
        device = MODELS[told["model"]](**{**told["parameters"], **options})
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    device.preset_used = str(told.get("name", ""))
    return device


def is_memristor(path: str | Path) -> bool:
    """Whether a file is a saved memristor, sound or not."""
    try:
        return loads(Path(path).read_text(encoding="utf-8")).get("kind") == KIND
    except (OSError, UnicodeDecodeError, TOMLDecodeError):
        return False


def read_saved(path: str | Path) -> dict[str, Any]:
    """The contents of such a file; InputError if it is none."""
    try:
        told = loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, TOMLDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a saved memristor: {error}") from None
    if told.get("kind") != KIND or not isinstance(told.get("parameters"), dict):
        raise InputError(f"{path}: not a saved memristor: it lacks kind = {KIND!r} and [parameters]")
    name = str(told.get("model"))
    if name == "mss":
        raise InputError(f"{path}: mss draws random numbers, which no fit and no circuit can; use mms, its mean")
    if name not in MODELS:
        raise InputError(f"{path}: model = {name!r}{nearest(name, MODELS)} is none of {', '.join(MODELS)}")
    return told


def memristor_toml(device: Device, name: str, facts: Mapping[str, Any], comments: Mapping[str, str] | None = None) -> str:
    """The text of such a file: the device's parameters in SI, options, and `facts` about where they come from."""
    notes = comments or {}
    lines = ["# A memristor fitted to measurements; SI units, temperature in degrees Celsius."]
    lines += entries({"kind": KIND, "model": device.name, "name": name})
    lines += entries({k: v for k, v in facts.items() if not isinstance(v, Mapping)})
    lines += ["", "[parameters]"]
    for key, declared in device.params.items():
        told = notes.get(key) or declared.doc
        lines.append(f"{key} = {float(device.values()[key])!r}  # {declared.unit}: {told}")
    tables: dict[str, Any] = {"options": device.choices, **{k: v for k, v in facts.items() if isinstance(v, Mapping)}}
    for title, table in tables.items():
        if table:
            lines += ["", f"[{title}]", *entries(table)]
    return "\n".join(lines) + "\n"


def entries(values: Mapping[str, Any]) -> list[str]:
    """Lines of TOML for texts, numbers, and lists of them."""
    return [f"{key_text(k)} = {value_text(v)}" for k, v in values.items()]


def key_text(key: str) -> str:
    return key if key.replace("_", "a").isalnum() and key.isascii() else text_text(key)


def text_text(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def value_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return text_text(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(value_text(v) for v in value) + "]"
    return repr(value) if isinstance(value, int) else repr(float(value))
