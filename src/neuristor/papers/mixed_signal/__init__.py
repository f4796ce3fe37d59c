"""The mixed-signal neuron against the digital one (document 002; arXiv 1710.09012).

An analog multiply-accumulate of differential pairs in 65 nm is compared with a synthesized digital one, in power, energy
and noise; and classifiers are run under that noise. Both circuits are simulated here, on a predictive card of the node, and
the networks trained; the document's numbers meet the conditions under which they hold.
"""

from __future__ import annotations

from collections.abc import Callable

from ..base import Paper, Reproduction
from .claims import claims, summary
from .networks import CHIPS, DRAWS, IMAGES, LEARNED
from .runs import all_runs

OPEN = (
    "Process: the document has TSMC 65 nm, which is not public. EKV sets fitted to the Predictive Technology Model, 65 nm: "
    "2 to 7 % of the current in every region, thermal noise 2 q I in weak inversion, no gate tunnelling.",
    "Analog sizes are not given: 120/130 nm, 1.2 V, gates at 0.7 V, diode-connected PMOS loads, ideal tails, no load but "
    "the devices' own. Equal devices with binary currents, and binary widths with binary currents, stand side by side.",
    "Frequency of the analog neuron: its -3 dB bandwidth; bias current set so that it is the frequency of operation.",
    "Least current of an analog neuron: where the leakage of its loads has taken 3 dB of the gain, which has to be one; "
    "below its bandwidth the power no longer falls. Largest: where tails or pairs have less than 4 U_T.",
    "Digital: Wallace multiplier, ripple accumulator for 256 products, register; 1 fF of wire a net; random operands; gates "
    "of 120 and 240 nm width, 65 nm length, characterised transistor by transistor; always powered and clocked.",
    "Fetch of a weight: 10 pJ for 64 bits of an 8 kB cache (45 nm, 0.9 V, Horowitz, ISSCC 2014), an input of the "
    "comparison.",
    "Noise: as a rectangle up to the bandwidth, at the input of a synapse of full weight. As an error of weights it is "
    "divided by the full scale, the voltage of the largest input, which the document does not give: 2 n U_T, 78 mV.",
    "Networks are not described: 784-256-128-10; two convolutions and one layer; three convolutions and one layer; tanh.",
    f"Short run: the first {IMAGES['mnist-fcn']}, {IMAGES['mnist-cnn']} and {IMAGES['cifar10-cnn']} test images, {DRAWS} "
    "draws, nine noise powers. All images: `neuristor mixed-signal mnist-fcn --report FILE.html`, likewise "
    "mnist-cnn and cifar10-cnn.",
    "MNIST networks are trained where the data are there; the CIFAR-10 network only by the command above. Without MNIST the "
    "small digits of scikit-learn stand in.",
    "Mismatch: A_VT 1.3 mV um and A_beta 0.7 % um a device (Pelgrom 1998: 1 mV um a nm of oxide for a pair; A_beta chosen), "
    "exact tails. In the networks it is a relative error of every weight, fixed for a chip.",
    f"On-chip training: two passes over {LEARNED:,} training images with the chip's own errors in the loop, {CHIPS} chips.",
)


def reproduce(progress: Callable[[float], None] | None = None) -> Reproduction:
    """Simulate both neurons, run the networks that can be run, and judge every claim."""
    runs = all_runs(progress or (lambda fraction: None))
    return PAPER.reproduction(summary(runs), claims(runs), vars(runs), chosen=list(OPEN))


PAPER = Paper(
    name="mixed-signal",
    title="An energy-efficient mixed-signal neuron for inherently error-resilient neuromorphic systems",
    source="Chatterjee et al. 2017, arXiv 1710.09012; document 002",
    reproduce=reproduce,
)
