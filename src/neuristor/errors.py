"""The one exception that means: the user's input cannot be used, and this sentence says why."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Input that cannot be used; the message is one sentence: what, where, what would be right."""


def nearest(name: str, candidates: Iterable[str]) -> str:
    """ " (did you mean 'x'?)" for the candidate closest to `name`, or an empty string."""
    known = {c.lower(): c for c in candidates}
    found = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f" (did you mean {known[found[0]]!r}?)" if found else ""
