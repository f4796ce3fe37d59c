"""`neuristor new` and `neuristor schema`: a commented study file, and the schema by which editors check one."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from .screen import Screen


def new_study(path: Path, subject: str, screen: Screen) -> None:
    """Write a commented study that runs as it is; InputError if the file exists or there is no such subject."""
    from ..studies.template import study_text
    from ..trace import write_whole

    if path.suffix != ".toml":
        raise InputError(f"new: a study file ends in .toml, {path} does not; write `neuristor new {path.stem}.toml`")
    if path.exists():
        raise InputError(f"{path} exists already; it is left as it is: choose another name")
    text = study_text(subject, path.name, path.parent)
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))
    if screen.as_json:
        screen.json({"written": str(path), "subject": subject})
    else:
        screen.written([path])


def print_schema(screen: Screen) -> None:
    """The JSON schema of study files on standard output."""
    import json

    from ..studies.schema import json_schema

    if screen.as_json:
        screen.json(json_schema())
    else:
        print(json.dumps(json_schema(), indent=2))
