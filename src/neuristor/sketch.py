"""A small line picture as inline SVG, for notebooks: no library, readable on light and dark paper."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from .quantities import show

COLOURS = ("#2f6fb5", "#c8622b", "#3d8b5c", "#8659a5")
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 560, 170, 8, 22, 24


def sketch(time: np.ndarray, lines: Sequence[np.ndarray], spikes: Sequence[np.ndarray], label: str) -> str:
    """SVG of up to four lines over `time` (s), with a tick above the picture for every spike."""
    stack = np.array(lines, dtype=float)
    low, high = (float(np.nanmin(stack)), float(np.nanmax(stack))) if np.isfinite(stack).any() else (0.0, 1.0)
    span = (high - low) or 1.0
    length = float(time[-1] - time[0]) or 1.0

    def across(t: np.ndarray) -> np.ndarray:
        return LEFT + (t - time[0]) / length * (WIDTH - 2 * LEFT)

    parts = []
    for k, line in enumerate(stack):
        keep = np.isfinite(line)
        y = TOP + (high - line[keep]) / span * (HEIGHT - TOP - BOTTOM)
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across(time[keep]), y, strict=True))
        colour = COLOURS[k % len(COLOURS)]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.3"/>')
        for x in across(np.asarray(spikes[k][:400], dtype=float)):
            parts.append(f'<path d="M{x:.1f} {TOP - 8}v6" stroke="{colour}" stroke-width="1"/>')
    text = f"{escape(label)}, {low:.4g} to {high:.4g}"
    end = escape(show(float(time[-1]), "s"))
    parts.append(f'<text x="{LEFT}" y="11">{text}</text>')
    parts.append(f'<text x="{WIDTH - LEFT}" y="{HEIGHT - 6}" text-anchor="end">{end}</text>')
    parts.append(f'<path d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - LEFT}" stroke="#888" stroke-width="0.7"/>')
    style = 'font-family="sans-serif" font-size="11" fill="#808080"'
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" style="max-width:100%"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {style}>{"".join(parts)}</svg>'
