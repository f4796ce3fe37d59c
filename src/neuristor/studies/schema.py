"""What pydantic finds wrong with a study file, as one sentence with the path of the key; the JSON schema for editors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ..errors import nearest

KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number of this size",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
RANGES = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
SHOWN = 60  # characters of a wrong value
TABLES = ("axis", "random", "correlation")  # written [[axis]]


def sentence(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """The first thing wrong, unknown keys before all: a misspelt key is also a missing one."""
    found = [(known_path(model, e["loc"]), e) for e in error.errors(include_url=False)]
    path, first = next((f for f in found if f[1]["type"] == "extra_forbidden"), found[0])
    together = [e for p, e in found if p == path]
    return f"{where}: {path_text(path)}: {told(first, together, path, model)}"


def known_path(model: type[BaseModel], loc: Sequence[str | int]) -> tuple[str | int, ...]:
    """The part of a location that the file has: the members of a union are left out."""
    kept: list[str | int] = []
    at: type[BaseModel] | None = model
    for part in loc:
        if at is not None and isinstance(part, str):
            kept.append(part)
            at = inner_model(at, part)
        elif isinstance(part, int) or (kept and kept[-1] in ("set", "limits", "shift")):
            kept.append(part)
    return tuple(kept)


def inner_model(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """The model of a key's table or tables."""
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            kinds = [field.annotation, *get_args(field.annotation)]
            return next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
    return None


def path_text(path: Sequence[str | int]) -> str:
    """axis[1].to"""
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return text.removeprefix(".")


def told(first: Any, together: Sequence[Any], path: Sequence[str | int], model: type[BaseModel]) -> str:
    kind, value, ctx = first["type"], first["input"], first.get("ctx", {})
    if kind == "extra_forbidden":
        known = keys_at(model, path[:-1])
        return f"there is no such key{nearest(str(path[-1]), known)}; there are {', '.join(known)}"
    if kind == "missing":
        return f"is missing: {meaning(model, path)}"
    if kind in RANGES:
        key, words = RANGES[kind]
        return f"must be {words} {ctx[key]}, not {shown(value)}"
    if kind == "literal_error" and len(together) == 1:
        known = [w.strip("'") for w in ctx["expected"].replace(" or ", ", ").split(", ")]
        near = nearest(value, known) if isinstance(value, str) else ""
        return f"{shown(value)} is not known{near}; there are {', '.join(known)}"
    if kind in ("too_short", "too_long"):
        return f"{shown(value)} does not have {ctx.get('min_length', ctx.get('max_length'))} entries"
    if kind == "string_too_short":
        return "must not be empty"
    if kind == "list_type" and path[-1] in TABLES:
        return f"is one of several tables, so it is written with two brackets, [[{path[-1]}]]"
    kinds = [KINDS.get(e["type"], e.get("ctx", {}).get("expected", "")) for e in together]
    if not all(kinds):
        return f"{shown(value)} cannot be used: {first['msg']}"
    return f"{shown(value)} is not {' or '.join(dict.fromkeys(kinds))}"


def keys_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The keys that the table at this path may have."""
    at: type[BaseModel] = model
    for part in path:
        at = (inner_model(at, part) if isinstance(part, str) else None) or at
    return [field.alias or name for name, field in at.model_fields.items()]


def meaning(model: type[BaseModel], path: Sequence[str | int]) -> str:
    """What a key is, from its declaration."""
    at: type[BaseModel] = model
    for part in path[:-1]:
        at = (inner_model(at, part) if isinstance(part, str) else None) or at
    return at.model_fields[str(path[-1])].description or str(path[-1])


def shown(value: Any) -> str:
    """A value as a reader recognises it, short enough for a sentence."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def json_schema() -> dict[str, Any]:
    """The JSON schema of a study file, for editors that know TOML (Even Better TOML, Taplo)."""
    from .spec import Document

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Document.model_json_schema(by_alias=True),
        "title": "neuristor study",
    }
