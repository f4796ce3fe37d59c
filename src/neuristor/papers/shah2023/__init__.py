"""An area-efficient integrate-and-fire neuron circuit and its tolerance to faulty synapses (Shah et al. 2023).

The circuit of figure 2 is rebuilt from the text (`circuits.cells.cmos_lif`), measured as the paper measures it, and its
claims are set against the simulation. Where published numbers cannot hold together, the condition is sought under which
they would.
"""

from __future__ import annotations

from collections.abc import Callable

from ...circuits.cells import CmosLIF, TwoCapacitorLIF
from ..base import Paper, Reproduction
from .claims import claims, summary
from .runs import CAPACITANCE, SPACING, SUPPLY, all_runs


def reproduce(progress: Callable[[float], None] | None = None) -> Reproduction:
    """Simulate figures 3 to 5, energy, area and the comparison, and judge every claim."""
    runs = all_runs(progress or (lambda fraction: None))
    return PAPER.reproduction(
        summary(runs),
        claims(runs),
        vars(runs),
        chosen=[*CmosLIF.topology_of("t2").chosen, *CHOSEN],
        parameters=[
            ("CMOS neuron, topology t2", CmosLIF(vdd=SUPPLY, c_mem=CAPACITANCE)),
            ("Baseline with two capacitors", TwoCapacitorLIF(c_mem=CAPACITANCE, c_w=CAPACITANCE)),
        ],
    )


CHOSEN = (
    "The card: the paper names BSIM3v3.3 (level 49) for 0.35 um without saying whose. N88Y (TSMC, measured by MOSIS, "
    "oxide 7.6 nm) "
    "is taken; the paper's oxide of 9 nm belongs to another one.",
    f"The ripple's nodes are {1e6 * SPACING:g} us apart; the paper states no spacing. Slower ripple would shift spikes "
    "more, faster "
    "less.",
    "A ripple of x % is uniform between 0 and x % of the input at every node: up for stuck-at-LRS, down for "
    "stuck-at-HRS, either "
    "for both.",
    "As an array gives faults: a column of 100 cells, half of them at 10 kOhm, half at 1 MOhm, 10 % of them stuck, "
    "constant in time.",
    "The neuron with two capacitors: the paper gives no schematic of its baseline; C_w equals C_mem.",
    "Areas are drawn areas of devices: gate, source and drain regions of 0.85 um, capacitors as gate oxide; no wiring, "
    "no wells.",
)

PAPER = Paper(
    name="shah2023",
    title="An area-efficient integrate-and-fire neuron circuit with enhanced robustness against synapse variability",
    source="A. K. Shah, K. U. Mohanan, J. Park, H. Shin, E.-S. Cho, S. Cho, 2023 (document 000)",
    reproduce=reproduce,
)
