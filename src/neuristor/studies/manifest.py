"""The manifest of a study's folder: what was asked, by which versions, on which host; and how two studies differ."""

from __future__ import annotations

import json
import platform
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..version import __version__
from .chunks import write_durably

FORMAT = 1
FILE = "manifest.json"
PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "casadi", "pyarrow")
KINDS = {"digest": str, "document": dict, "runs": int, "columns": dict, "sessions": list}  # of a manifest's entries
SHOWN = 3  # differences named in one sentence
LONG = 60  # letters: a longer value, such as a file's text, is not quoted
FREE = (  # of a document: changes no run's result
    "where",
    "tables.limits",
    "tables.outputs.waveforms",
    *(f"tables.study.{key}" for key in ("title", "notes", "samples")),
)


@dataclass(frozen=True)
class Session:
    """Under which versions and where a part of the results was computed."""

    begun: str
    host: str
    machine: str
    versions: dict[str, str]

    @classmethod
    def now(cls) -> Session:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(when, socket.gethostname(), platform.machine(), versions())

    def like(self, other: Session) -> bool:
        return (self.host, self.machine, self.versions) == (other.host, other.machine, other.versions)


@dataclass(frozen=True)
class Manifest:
    """What a folder of results belongs to; the first session is that in which it was made."""

    digest: str
    document: dict[str, Any]
    runs: int
    columns: dict[str, str]
    sessions: list[Session] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """InputError where it cannot be written."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=1, allow_nan=False)
        write_durably(folder / FILE, text.encode())


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, None if it has none; InputError for one that cannot be used."""
    path = folder / FILE
    try:
        fields = json.loads(path.read_text())
        if fields.pop("format") != FORMAT:
            raise InputError(f"{path} has another format than {FORMAT}, which this version reads")
        if not all(isinstance(fields[name], kind) for name, kind in KINDS.items()):
            raise TypeError
        fields["sessions"] = [Session(**session) for session in fields["sessions"]]
        return Manifest(**fields)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path} is damaged; move the folder away and run the study again") from None


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    found = {"neuristor": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def version_changes(sessions: Sequence[Session]) -> list[str]:
    """Packages of which a study's sessions had several versions: `numpy 2.4.5, 2.4.6`."""
    names = sorted({name for session in sessions for name in session.versions})
    had = {name: sorted({session.versions.get(name, "none") for session in sessions}) for name in names}
    return [f"{name} {', '.join(several)}" for name, several in had.items() if len(several) > 1]


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """`key.path: old -> new` for every leaf in which two documents differ, but for what changes no result."""
    one, other = leaves(old), leaves(new)
    changed = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
    return [told(key, one.get(key), other.get(key)) for key in changed if not key.startswith(FREE)]


def told(key: str, old: Any, new: Any) -> str:
    name = key.removeprefix("tables.")
    change = f"{'not set' if old is None else old} -> {'not set' if new is None else new}"
    return f"{name}: {change}" if len(change) <= LONG else name


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Every number and text of a nested document under its path, e.g. random.0.sigma."""
    if isinstance(value, Mapping):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return {path: value}
    return {key: leaf for name, inner in items for key, leaf in leaves(inner, f"{path}.{name}".lstrip(".")).items()}


def check_same(manifest: Manifest, digest: str, document: Mapping[str, Any], folder: Path) -> None:
    """InputError if a folder's results belong to another study."""
    if manifest.digest == digest:
        return
    found = differences(manifest.document, document)
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    what = ", ".join(found[:SHOWN]) + more if found else "what its files contain"
    raise InputError(
        f"{folder} holds results of another study ({what}); choose another folder with --output, "
        f"or --fresh, which moves the old results aside"
    )
