"""Parameters that are one number each: they can be written down, compared and read back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from ..parameters import Parametrised


class Settings(Parametrised):
    """Declared parameters without lanes."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        single(self)


def single(subject: Parametrised) -> None:
    """InputError if a parameter has several values."""
    for key, value in subject.values().items():
        if np.ndim(value):
            raise InputError(f"{subject.name}: {key} must be one number in a network, not {np.size(value)}")


def described(subject: Parametrised) -> dict[str, Any]:
    """Name and parameters as JSON can hold them: equal for equal settings."""
    return {"name": subject.name, **subject.values()}


def parameters(note: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a `described` subject."""
    return {key: value for key, value in note.items() if key != "name"}
