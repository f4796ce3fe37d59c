"""TSMC 0.35 um in EKV: a charge-based set (level 44) fitted to the BSIM3v3.3 card of MOSIS run N88Y, with its errors.

Origin: no measurement and no publication, but `devices.mosfet.extraction.extract_ekv` on the cards of `mosis_n88y`, with
its default grid; for the NMOS also XJ was free. Rounded to a tenth of each parameter's standard deviation.

Fitted for W/L = 0.7/0.35 um (drawn), source at the bulk, v_gs -0.2 to 1.8 V, v_ds 0.05 to 1.8 V, I_D from 0.1 pA (the NMOS
leaks 0.4 to 1 pA at v_gs = 0) to 0.14 mA, 27 C; TCV, BEX, UCEX then at 0 and 85 C. Root mean square (largest) relative error
of I_D, by forward inversion below 0.1, to 10 and above (`ERRORS`):

            weak          moderate      strong
    NMOS    15 % (35 %)   14 % (28 %)   7 % (19 %)     0 and 85 C: weak 28 % (99 %)
    PMOS    14 % (35 %)   10 % (22 %)   11 % (24 %)    0 and 85 C: weak 28 % (103 %)

Cautions:

  size     EKV here has no short and narrow channels, so the set stands for one size. Of the NMOS this is strict: PVTH0 of
           the BSIM3 card lowers its threshold by 25 mV um^2 / (W L), so that at W = 1 um weak currents come out 3 to 4, at
           5 um about 30 times too large, at 0.5 um 10 times too small; against L the error in weak inversion is 0.5 to 0.7
           between 0.5 and 2 um, 0.25 at 10 um. Of the PMOS it stays below 0.5 at W 0.5 to 5 um, and is 0.5 at L = 10 um
           (`SIZES`). For another size fit another set, in a tenth of a second: extract_ekv(card, kind, Grid(((w, l),))).
  bulk     In EKV the slope in weak inversion (n = 1.3 NMOS, 1.6 PMOS) is also the body effect; in the BSIM3 card it is not
           (dV_th/dV_SB = 0.24 and 0.2). With the source 0.3 V from the bulk weak currents of the NMOS are half, of the PMOS
           a tenth of BSIM3's: no set for PMOS stacks or differential pairs in a common well.
  drain    there is no DIBL: the rise of weak currents with v_ds is that of LAMBDA.
  charge   the gate takes 1 % (NMOS) and 14 % (PMOS) more charge from 0 to 1 V than in BSIM3 (`GATE_CHARGE`).
  XJ       of the NMOS is a parameter of the output conductance, not a depth.
  leakage  JS = 1e-4 A/m^2 is BSIM3's default, nothing measured.  No flicker noise (KF = 0).

Ten-transistor integrate-and-fire neuron, all 0.7/0.35 um, against the same with BSIM3 (`NEURON`): at 1 V, 10 fF, 10 pA rate
+1.7 %, spike width +13 %, energy per spike -14 %, highest membrane voltage -16 mV of 643 mV. Rate at 0.6 V -1.5 %, at 1.8 V
+1.7 %, at 1 nA +2.5 %; at 1 pA, near the leak of the reset transistor, -14 %.
"""

NMOS: dict[str, float] = {
    "level": 44, "tnom": 27.0,
    # fitted
    "vto": 0.4669, "gamma": 0.5342, "kp": 1.34e-4, "theta": 0.0, "ucrit": 2.17e6, "lambda": 0.737, "xj": 1e-5,
    "tcv": -1.0e-4, "bex": -1.08, "ucex": -0.02,
    # of the BSIM3 card; PHI by NCH, overlaps with the fringe CF
    "phi": 0.842, "cox": 4.5436e-3, "dl": -2.3471e-8, "dw": -1.4374e-7, "cgso": 2.8354e-10, "cgdo": 2.8354e-10,
    "cgbo": 0.0, "cj": 9.277e-4, "pb": 0.8158, "mj": 0.35577, "cjsw": 3.1811e-10, "pbsw": 0.68691, "mjsw": 0.1,
    "js": 1e-4, "jsw": 0.0, "n": 1.0, "xti": 3.0,
}  # fmt: skip

PMOS: dict[str, float] = {
    "level": 44, "tnom": 27.0,
    # fitted
    "vto": -0.725, "gamma": 0.9644, "kp": 5.11e-5, "theta": 0.14, "ucrit": 1.6e7, "lambda": 9.1,
    "tcv": 3.13e-4, "bex": -0.85, "ucex": 0.44,
    # of the BSIM3 card; PHI by NCH, overlaps with the fringe CF
    "phi": 0.842, "xj": 1.5e-7, "cox": 4.5436e-3, "dl": -2.8619e-8, "dw": -1.1924e-7, "cgso": 3.1824e-10,
    "cgdo": 3.1824e-10, "cgbo": 0.0, "cj": 1.4203e-3, "pb": 0.99, "mj": 0.54909, "cjsw": 4.7736e-10, "pbsw": 0.99,
    "mjsw": 0.19974, "js": 1e-4, "jsw": 0.0, "n": 1.0, "xti": 3.0,
}  # fmt: skip

# What `extract_ekv` was free to choose at 27 C.
FREE: dict[str, tuple[str, ...]] = {
    "nmos": ("vto", "gamma", "kp", "theta", "ucrit", "lambda", "xj"),
    "pmos": ("vto", "gamma", "kp", "theta", "ucrit", "lambda"),
}

# Of 0.7/0.35 um: (v_sb in V, temperatures in C) -> region -> (root mean square, largest) relative error of I_D.
Conditions = dict[tuple[float, tuple[float, ...]], dict[str, tuple[float, float]]]
ERRORS: dict[str, Conditions] = {
    "nmos": {
        (0.0, (27.0,)): {"weak": (0.146, 0.346), "moderate": (0.135, 0.276), "strong": (0.070, 0.192)},
        (0.0, (0.0, 85.0)): {"weak": (0.275, 0.994), "moderate": (0.210, 0.570), "strong": (0.076, 0.209)},
        (0.3, (27.0,)): {"weak": (0.450, 0.585), "moderate": (0.079, 0.224), "strong": (0.083, 0.255)},
        (0.6, (27.0,)): {"weak": (0.626, 0.785), "moderate": (0.094, 0.256), "strong": (0.094, 0.288)},
    },
    "pmos": {
        (0.0, (27.0,)): {"weak": (0.140, 0.347), "moderate": (0.104, 0.221), "strong": (0.111, 0.241)},
        (0.0, (0.0, 85.0)): {"weak": (0.281, 1.026), "moderate": (0.206, 0.484), "strong": (0.120, 0.260)},
        (0.3, (27.0,)): {"weak": (0.904, 0.938), "moderate": (0.639, 0.821), "strong": (0.243, 0.495)},
        (0.6, (27.0,)): {"weak": (0.986, 0.994), "moderate": (0.809, 0.941), "strong": (0.387, 0.669)},
    },
}

# At 27 C, source at the bulk: (W, L) in um -> root mean square error in weak, moderate and strong inversion.
SIZES: dict[str, dict[tuple[float, float], tuple[float, float, float]]] = {
    "nmos": {
        (0.7, 0.5): (0.480, 0.180, 0.066), (0.7, 1.0): (0.667, 0.112, 0.109), (0.7, 2.0): (0.503, 0.066, 0.171),
        (0.7, 10.0): (0.246, 0.158, 0.232), (0.5, 0.35): (0.879, 0.619, 0.270), (0.6, 0.35): (0.578, 0.301, 0.136),
        (0.8, 0.35): (0.801, 0.623, 0.111), (1.0, 0.35): (2.92, 1.72, 0.241), (2.0, 0.35): (14.6, 6.65, 0.613),
        (5.0, 0.35): (32.4, 12.9, 0.929), (5.0, 10.0): (0.407, 0.111, 0.195),
    },
    "pmos": {
        (0.7, 0.5): (0.099, 0.086, 0.112), (0.7, 1.0): (0.256, 0.139, 0.190), (0.7, 2.0): (0.392, 0.241, 0.246),
        (0.7, 10.0): (0.503, 0.328, 0.295), (0.5, 0.35): (0.303, 0.134, 0.129), (0.6, 0.35): (0.178, 0.069, 0.114),
        (0.8, 0.35): (0.153, 0.143, 0.112), (1.0, 0.35): (0.191, 0.182, 0.117), (2.0, 0.35): (0.181, 0.125, 0.124),
        (5.0, 0.35): (0.299, 0.147, 0.129), (5.0, 10.0): (0.815, 0.618, 0.366),
    },
}  # fmt: skip

# Relative error of the gate's charge from 0 V to 0.6, 1.0 and 1.8 V, drain and source at the bulk.
GATE_CHARGE: dict[str, tuple[float, float, float]] = {"nmos": (0.045, 0.012, 0.004), "pmos": (0.184, 0.135, 0.055)}

# The neuron at 1 V, 10 fF, 10 pA: relative errors against BSIM3; "threshold" in V.
NEURON: dict[str, float] = {"rate": 0.017, "width": 0.127, "energy": -0.139, "threshold": -0.0156}
