"""A memristor-based adaptive leaky integrate-and-fire neuron, as equations and as hardware (document 001).

The text gives the equations and the input and no value of any element. With one working choice of values figures 5 and 6
are simulated, and every statement is set against the simulation; what depends on the choice is said.
"""

from __future__ import annotations

from collections.abc import Callable

from ...circuits.cells.memristive_alif import HARDWARE, MemristiveALIFCircuit
from ...presets.memristive_alif import CHOICE
from ...presets.memristive_alif import PAPER as TITLE
from ..base import Paper, Reproduction
from .claims import claims, summary
from .runs import all_runs

OPEN = (
    "The circuit of figure 4 is read from the text: memristor and R_s in series across C, the threshold on the memristor.",
    "The threshold's voltage: the text calls the memristor's voltage the membrane potential, and for the plain LIF neuron "
    "the capacitor's; the memristor's is taken, since only it adapts.",
    "f(x_m, i_m) of eq. 2 is the metastable switch's rate, which depends on the voltage R_m(x_m) i_m.",
    "The duration of the run, the step of RK4, and how the reset enters the equations are not given.",
    "The text says AD856; AD8561 is taken. Figure 6c appears in the text as figure 5d.",
    "The formula of the interval is damaged in the text; A + T_m ln(I R / (I R - v_th)) is read.",
)


def reproduce(progress: Callable[[float], None] | None = None) -> Reproduction:
    """Simulate figures 5 and 6 and judge every claim."""
    runs = all_runs(progress or (lambda fraction: None))
    return PAPER.reproduction(
        summary(runs),
        claims(runs),
        vars(runs),
        chosen=[*OPEN, *(f"{name} = {value}: {why}." for name, (value, why) in CHOICE.items()), *HARDWARE.chosen],
        parameters=[("Equation neuron", runs.neuron), ("Circuit, topology hardware", MemristiveALIFCircuit())],
    )


PAPER = Paper(
    name="memristive-alif",
    title=TITLE,
    source="document 001",
    reproduce=reproduce,
)
