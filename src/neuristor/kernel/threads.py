"""How many threads to use."""

from __future__ import annotations

import os


def cores() -> int:
    """Threads to use: $NEURISTOR_THREADS, else the cores this process may run on."""
    chosen = os.environ.get("NEURISTOR_THREADS", "")
    if chosen.isdigit() and int(chosen) > 0:
        return int(chosen)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
