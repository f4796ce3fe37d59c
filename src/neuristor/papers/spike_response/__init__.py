"""The spike response network and its neuron simplified for digital hardware (document 003; Iakymchuk et al. 2015).

The text gives the neuron's equations and the statement that a membrane with linear decay does as well; the abstract adds
the coding by receptive fields, the robustness and the factor in computing. Both neurons are put into the same network,
trained from the same weights on the same spikes, and compared.
"""

from __future__ import annotations

from collections.abc import Callable

from ...networks.membranes import standard
from ..base import Paper, Reproduction
from .claims import claims, summary
from .runs import all_runs
from .tasks import COVERED, NOISE

OPEN = (
    "No value of the neuron is given: tau_m = 100 ms, tau_s = 5 ms, tau_r = 10 ms, threshold 20 mV; linear decay 100 mV/s, "
    "from the same threshold, refractory 2 ms. A weight of 1 answers a spike by 1 mV.",
    "Eq. 2 is read as -v e^(-t/tau_r) H(t).",
    "The simplified neuron's equations are not in the text: P <- P + sum(w s) - D dt, not below P_min = 0, zero after a "
    "spike.",
    "Weights, update rule and competition are not in the text: pair STDP with soft bounds, the winner takes all, thresholds "
    "that rise by 0.2 mV a spike, sums of weights restored (after Diehl & Cook 2015).",
    "Pictures are not in the text: the small digits of scikit-learn (1,297 learned, 500 tested), and MNIST (5,000 and "
    "1,000) where $NEURISTOR_DATA or the cache has it; every seed draws its own.",
    "Decision: every spike votes for the classes in the shares in which its neuron answered 1,000 pictures of known class.",
    "Coding: Poisson rates over 150 ms, 12 kHz in all (MNIST: 350 ms, 6.4 kHz); receptive fields 5 x 5, on-centre, and "
    "off-cells too for the digits, whose 8 x 8 pixels leave on-cells alone little to tell.",
    f"Noise: pixels inverted with a probability of {', '.join(f'{100 * p:g}' for p in NOISE)} %. Covered: a black square of "
    f"{', '.join(f'{p:g}' for p in COVERED)} of the picture's side at a random place.",
    "Similar means: with 95 % confidence over seeds not worse by more than 1.5 points.",
    "Computing is counted for both neurons in the same trained network, on a clock of 1 ms where there is one; an "
    "exponential, a product, a sum and a comparison count one each.",
    "Energies of operations: 45 nm, 0.9 V (Horowitz, ISSCC 2014); an exponential as 10 products and 10 sums; weights from "
    "memories of 8 kB, potentials in registers at no cost; no clock, wires or leakage.",
    "Fixed point: trained in floating point, then rounded; classes of the neurons found anew.",
)


def reproduce(progress: Callable[[float], None] | None = None) -> Reproduction:
    """Train and test both neurons in the same networks and judge every claim."""
    runs = all_runs(progress or (lambda fraction: None))
    return PAPER.reproduction(
        summary(runs),
        claims(runs),
        vars(runs),
        chosen=list(OPEN),
        parameters=[("Spike response", standard("spike_response")), ("Linear decay", standard("linear_leak"))],
    )


PAPER = Paper(
    name="spike-response",
    title="Simplified spiking neural network architecture and STDP learning algorithm applied to image classification",
    source="Iakymchuk et al., EURASIP J. Image Video Process. 2015:4; document 003",
    reproduce=reproduce,
)
