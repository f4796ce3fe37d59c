"""What `neuristor list` shows."""

from __future__ import annotations

from ..errors import InputError, nearest
from ..experiments import EXPERIMENTS
from ..neurons import NEURONS
from ..papers import PAPERS
from ..presets import PRESETS
from ..stimulus import STIMULI


def first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]


def catalogue(what: str = "all") -> dict[str, list[dict[str, str]]]:
    """Group -> entries of name and meaning; InputError for an unknown group."""
    groups = {
        "neurons": [
            {"name": n.name, "model": n.title, "input": n.input_unit, "method": n.default_method, "source": n.source}
            for n in NEURONS.values()
        ],
        "presets": [{"name": f"{p.neuron}:{p.name}", "source": p.source, "note": p.note} for p in PRESETS],
        "stimuli": [{"name": name, "meaning": first_line(kind)} for name, kind in STIMULI.items()],
        "experiments": [{"name": name, "meaning": first_line(f)} for name, f in EXPERIMENTS.items()],
        "papers": [{"name": p.name, "title": p.title, "source": p.source} for p in PAPERS.values()],
    }
    if what == "all":
        return groups
    if what not in groups:
        raise InputError(f"there is no list of {what!r}{nearest(what, groups)}; choose from all, {', '.join(groups)}")
    return {what: groups[what]}
