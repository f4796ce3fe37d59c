"""Studies: sweeps and Monte Carlo runs from one file, stored so that they survive anything.

study = read_study("study.toml")
store = run_study(study, Plan(study), "study.study")
store = open_store("study.study")                       # also while it runs
"""

from typing import Any

_HOME = {
    **dict.fromkeys(["Study", "read_study"], "spec"),
    **dict.fromkeys(["Plan", "plan_of"], "plan"),
    **dict.fromkeys(["Crew", "Options", "run_study"], "runner"),
    **dict.fromkeys(["Store", "open_store"], "store"),
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Import on first use, so that a look at results does not load what makes them."""
    if name not in _HOME:
        raise AttributeError(f"module 'neuristor.studies' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOME[name]}", __name__), name)
