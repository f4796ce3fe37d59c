"""Shared by the tests of the mixed-signal neuron: cards on which the closed form must hold, and the published bias."""

from neuristor.circuits.cells import MixedSignalMAC

# Long channels without leakage, thresholds so high that the diode loads are saturated also at 1 pA.
IDEAL = """\
.model nideal nmos level=44 vto=0.5 gamma={gamma} phi=0.9 kp=4e-4 theta=0 lambda=0 ucrit=1e12 cox=0.02 js=0 cj=0 cjsw=0
+ cgso=3e-10 cgdo=3e-10
.model pideal pmos level=44 vto=-0.6 gamma={gamma} phi=0.9 kp=1e-4 theta=0 lambda=0 ucrit=1e12 cox=0.02 js=0 cj=0 cjsw=0
+ cgso=3e-10 cgdo=3e-10
"""


def ideal(folder, gamma=0.9, **values):
    """A neuron of ideal EKV transistors; with gamma = 0 the slope factor is 1 whatever the bias."""
    card = folder / f"ideal_{gamma}.lib"
    card.write_text(IDEAL.format(gamma=gamma))
    return MixedSignalMAC(card=str(card), **values)


def bsim3(**values):
    """A neuron in 0.35 um: the model that both engines have."""
    sizes = {"w": "1 um", "l": "1 um", "v_dd": "3.3 V", "v_cm": "1.5 V", "diffusion": "0.85 um"}
    return MixedSignalMAC(card="n88y", **{**sizes, **values})
