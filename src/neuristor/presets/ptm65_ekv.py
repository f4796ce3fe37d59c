"""65 nm in EKV: charge-based sets (level 44) fitted to curves of the Predictive Technology Model card, with their errors.

Origin: W. Zhao, Y. Cao, IEEE Trans. Electron Devices 53 (2006) 2816: "65nm_bulk.pm", BSIM4. Currents, capacitances and
noise of its transistors were computed in ngspice 39 (`circuits.curves`); `devices.mosfet.extraction.extract_measured`
fitted the sets to the currents at (`V_GS`, `V_DS`), source at the bulk, above 1 pA at 27 C; TCV, BEX, UCEX then at 0 and
85 C. One set a size (drawn W/L): `NMOS`, `PMOS` of 120/130 nm for analog cells, `LOGIC_NMOS` of 120/65 and `LOGIC_PMOS` of
240/65 nm.

Root mean square (largest) relative error of I_D, by forward inversion below 0.1, to 10 and above (`ERRORS`), and the
channel's current at v_gs = 0, v_ds = 1.2 V against that of the card (`OFF_CURRENT`):

                        weak         moderate     strong         off-current
    NMOS 120/130 nm     6 % (12 %)   6 % (11 %)   3 % (7 %)      89 pA against 93 pA
    PMOS 120/130 nm     6 % (12 %)   7 % (13 %)   6 % (11 %)     24 pA against 26 pA
    NMOS 120/65 nm      4 % (11 %)   4 % (7 %)    2 % (4 %)      9.1 nA against 9.5 nA
    PMOS 240/65 nm      4 % (10 %)   7 % (12 %)   6 % (12 %)     15.6 nA against 16.5 nA

At 0 and 85 C at most 12 % rms in each region (largest 26 %).

Cautions:

  size     a set stands for its length: at L = 65 nm the sets of 130 nm, and those of 65 nm at 130, err by factors. The
           width is free (0.24 and 1 um: as above); the analog sets are within 23 % rms (largest 35 %) from 100 to 260 nm.
  gate     no tunnelling through the oxide, no GIDL: in the card an NMOS of 120/130 nm with v_gs = 0 also passes 0.78 nA
           from drain to gate at v_ds = 1.2 V, 20 pA at 0.6 V, below 0.1 pA at 0.1 V, and with v_gs = 1.2 V 7.5 nA enter
           its gate (3.2 nA at L = 65 nm); of the PMOS 5 and 13 pA. Leakage of logic is too small by that.
  bulk     the slope in weak inversion (n = 1.46 NMOS, 1.43 PMOS) is in EKV also the body effect, in the card it is not:
           with the source 0.3 V above the bulk the threshold of the analog sets is 70 mV too high (weak currents 1/7), at
           0.6 V 140 mV. Of the logic sets, whose ETA works against it, weak currents are within 52 % at 0.3 V.
  ETA      the pull of drain and source on the barrier: 7 and 4 mV/V of the analog, 0.12 and 0.14 V/V of the logic sets.
  charge   COX is not eps_ox / TOX but what the gate takes from 0 to 1.2 V (largest error 3 %, logic 1.4 %; of the part up to
           0.3 V 12 %); overlaps include fringes and are those at v_gd = 0: they vary from 3.0 to 5.3e-10 F/m in the card.
  noise    thermal as EKV says (2 q I in weak inversion, saturated); the card's TNOIMOD = 0 gives 1.5 times that. KF is what
           BSIM4 computes at 10 nA from its default NOIA (the card names no flicker noise): at 1 nA 0.74 to 0.87, at 100 nA
           1.2 to 1.3, at 1 uA 1.6 (PMOS 120/130: 4) of the set's.
  UCRIT, LAMBDA, THETA, BEX, UCEX are parameters of the fit, not of the process.
"""

# The bias of the fit: V.
V_GS: tuple[float, ...] = tuple(round(0.05 * k - 0.1, 2) for k in range(27))
V_DS: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.2)
FLOOR = 1e-12  # A
FREE: tuple[str, ...] = ("vto", "gamma", "kp", "theta", "ucrit", "lambda", "eta")
SIZES: dict[str, dict[str, tuple[float, float]]] = {
    "analog": {"nmos": (120e-9, 130e-9), "pmos": (120e-9, 130e-9)},
    "logic": {"nmos": (120e-9, 65e-9), "pmos": (240e-9, 65e-9)},
}  # m, drawn

# XL - 2 LINT, - 2 WINT, XJ and the junctions of the card; PHI = 2 V_T ln(NDEP / n_i) by its NDEP; overlaps as measured.
COMMON: dict[str, float] = {
    "tnom": 27.0, "dl": -4.05e-8, "dw": -1e-8, "xj": 1.96e-8, "cgbo": 0.0, "cj": 5e-4, "pb": 1.0, "mj": 0.5, "cjsw": 5e-10,
    "pbsw": 1.0, "mjsw": 0.33, "js": 1e-4, "jsw": 1e-11, "n": 1.0, "xti": 3.0,
}  # fmt: skip

NMOS: dict[str, float] = {
    "level": 44, **COMMON, "phi": 0.982, "cgso": 4.39e-10, "cgdo": 4.39e-10, "cox": 0.0219, "kf": 4.9e-25,
    "vto": 0.3958, "gamma": 0.9172, "kp": 7.05e-4, "theta": 2.32, "ucrit": 7.6e6, "lambda": 0.5, "eta": 0.0068,
    "tcv": -2.08e-4, "bex": -2.06, "ucex": -2.6,
}  # fmt: skip

PMOS: dict[str, float] = {
    "level": 44, **COMMON, "phi": 0.966, "cgso": 4.38e-10, "cgdo": 4.38e-10, "cox": 0.0229, "kf": 5.7e-26,
    "vto": -0.3535, "gamma": 0.8416, "kp": 7.62e-5, "theta": 0.85, "ucrit": 1e7, "lambda": 1.4, "eta": 0.0041,
    "tcv": 9.9e-5, "bex": -2.72, "ucex": -4.56,
}  # fmt: skip

LOGIC_NMOS: dict[str, float] = {
    "level": 44, **COMMON, "phi": 0.982, "cgso": 4.39e-10, "cgdo": 4.39e-10, "cox": 0.0279, "kf": 4.9e-25,
    "vto": 0.3845, "gamma": 0.9133, "kp": 5.29e-4, "theta": 4.72, "ucrit": 1.72e7, "lambda": 0.13, "eta": 0.1207,
    "tcv": -2.55e-4, "bex": -0.794, "ucex": 0.3,
}  # fmt: skip

LOGIC_PMOS: dict[str, float] = {
    "level": 44, **COMMON, "phi": 0.966, "cgso": 4.38e-10, "cgdo": 4.38e-10, "cox": 0.0286, "kf": 4.7e-26,
    "vto": -0.3479, "gamma": 0.8415, "kp": 7.6e-5, "theta": 1.33, "ucrit": 3.1e7, "lambda": 1.1, "eta": 0.1394,
    "tcv": 1.4e-4, "bex": -2.17, "ucex": -3.23,
}  # fmt: skip

SETS: dict[str, dict[str, dict[str, float]]] = {
    "analog": {"nmos": NMOS, "pmos": PMOS},
    "logic": {"nmos": LOGIC_NMOS, "pmos": LOGIC_PMOS},
}

# At 27 C: region -> (root mean square, largest) relative error of I_D.
ERRORS: dict[str, dict[str, dict[str, tuple[float, float]]]] = {
    "analog": {
        "nmos": {"weak": (0.059, 0.118), "moderate": (0.059, 0.111), "strong": (0.028, 0.065)},
        "pmos": {"weak": (0.060, 0.124), "moderate": (0.066, 0.132), "strong": (0.057, 0.108)},
    },
    "logic": {
        "nmos": {"weak": (0.040, 0.107), "moderate": (0.042, 0.072), "strong": (0.017, 0.039)},
        "pmos": {"weak": (0.043, 0.098), "moderate": (0.066, 0.122), "strong": (0.064, 0.124)},
    },
}

# Channel current at v_gs = 0, v_ds = 1.2 V: (of the set, of the card), A.
OFF_CURRENT: dict[str, dict[str, tuple[float, float]]] = {
    "analog": {"nmos": (8.93e-11, 9.33e-11), "pmos": (2.42e-11, 2.60e-11)},
    "logic": {"nmos": (9.14e-9, 9.48e-9), "pmos": (1.558e-8, 1.650e-8)},
}
