"""TSMC 0.35 um, 3.3 V: the BSIM3v3 card that MOSIS extracted from its run N88Y, of NMOS and PMOS, as plain data.

Origin: MOSIS, run N88Y (TSMC 0.35 um, SCN4ME/SCN4M_SUBM), from measured transistors; taken from VLSIDA/OpenRAM,
technology/scn4m_subm/models/nom/{nmos,pmos}.sp, commit b6a6f126 (BSD-3-Clause, (c) 2017 Regents of the University of
California and Oklahoma State University). The same numbers stand in the OSU standard cell kit for 0.35 um.

Valid for a supply of up to 3.3 V; one bin, whose limits of W and L the card does not name; oxide 7.6 nm. Cautions:

  VERSION   the lot was extracted for BSIM3v3.1; here it is evaluated with the equations of 3.3.0, whose threshold and charge
            differ. For a ten-transistor integrate-and-fire neuron at 1 V and 10 pA in ngspice 39 this means
            -0.5 % of rate, -7 % of spike width, +8.7 % of energy.
  noise     no flicker noise was extracted (KF = 0): the channel's noise is thermal.
  leakage   no JS, JSW were extracted: BSIM3 takes JS = 1e-4 A/m^2 and JSW = 0, 0.06 fA for a minimum drain.
  bias      extracted for digital and analog use at 3.3 V; weak inversion rests on VOFF, NFACTOR, CDSC alone.

Units are those of the BSIM3 manual: lengths in m, NCH in cm^-3, U0 in cm^2/(V s), RDSW in Ohm um^WR, the rest in SI.
"""

NMOS: dict[str, float | str] = {
    "level": 49, "version": "3.3.0", "mobmod": 1, "capmod": 2, "tnom": 27.0,
    # oxide, doping, lengths
    "tox": 7.6e-9, "xj": 1.5e-7, "nch": 1.7e17, "xl": -2e-8, "xw": 0.0, "lint": 1.735515e-9, "wint": 7.186965e-8,
    "dwg": -1.712973e-8, "dwb": 5.851691e-9, "ll": 0.0, "lln": 1.0, "lw": 0.0, "lwn": 1.0, "lwl": 0.0, "wl": 0.0,
    "wln": 1.0, "ww": 0.0, "wwn": 1.0, "wwl": 0.0,
    # threshold
    "vth0": 0.4964448, "k1": 0.5307769, "k2": 0.0199705, "k3": 0.2963637, "k3b": 0.2012165, "w0": 2.836319e-6,
    "nlx": 2.894802e-7, "dvt0": 0.112017, "dvt1": 0.2453972, "dvt2": -0.171915, "dvt0w": 0.0, "dvt1w": 5.3e6,
    "dvt2w": -0.032, "eta0": 2.128321e-3, "etab": 0.0, "dsub": 0.0257957, "pvth0": -0.0252481, "pk2": -4.805372e-3,
    # weak inversion
    "voff": -0.132935, "nfactor": 0.5710974, "cit": 0.0, "cdsc": 8.607229e-4, "cdscd": 0.0, "cdscb": 0.0,
    # mobility, velocity, bulk charge
    "u0": 444.9381976, "ua": 2.921284e-10, "ub": 1.773281e-18, "uc": 7.067896e-11, "vsat": 1.130785e5,
    "a0": 1.1356246, "ags": 0.2810374, "b0": 2.844393e-7, "b1": 5e-6, "keta": -7.8181e-3, "wketa": -7.643187e-4,
    "lketa": -0.0129496, "a1": 0.0, "a2": 1.0,
    # resistance of source and drain
    "rdsw": 925.2701982, "prwg": -1e-3, "prwb": -1e-3, "prdsw": -96.4502805, "wr": 1.0,
    # output conductance
    "pclm": 0.6766314, "pdiblc1": 1.0, "pdiblc2": 1.787424e-3, "pdiblcb": 0.0, "drout": 0.7873539,
    "pscbe1": 6.973485e9, "pscbe2": 1.46235e-7, "pvag": 0.05, "delta": 0.01,
    # temperature
    "prt": 0.0, "ute": -1.5, "kt1": -0.11, "kt1l": 0.0, "kt2": 0.022, "ua1": 4.31e-9, "ub1": -7.61e-18,
    "uc1": -5.6e-11, "at": 3.3e4,
    # overlaps, junctions
    "cgdo": 1.96e-10, "cgso": 1.96e-10, "cgbo": 0.0, "cj": 9.276962e-4, "pb": 0.8157962, "mj": 0.3557696,
    "cjsw": 3.181055e-10, "pbsw": 0.6869149, "mjsw": 0.1,
}  # fmt: skip

PMOS: dict[str, float | str] = {
    "level": 49, "version": "3.3.0", "mobmod": 1, "capmod": 2, "tnom": 27.0,
    # oxide, doping, lengths
    "tox": 7.6e-9, "xj": 1.5e-7, "nch": 1.7e17, "xl": -2e-8, "xw": 0.0, "lint": 4.30928e-9, "wint": 5.962233e-8,
    "dwg": -1.596201e-8, "dwb": 1.378919e-8, "ll": 0.0, "lln": 1.0, "lw": 0.0, "lwn": 1.0, "lwl": 0.0, "wl": 0.0,
    "wln": 1.0, "ww": 0.0, "wwn": 1.0, "wwl": 0.0,
    # threshold
    "vth0": -0.6636594, "k1": 0.4564781, "k2": -0.019447, "k3": 39.382919, "k3b": -2.8930965, "w0": 2.655585e-6,
    "nlx": 1.51028e-7, "dvt0": 1.1744581, "dvt1": 0.7631128, "dvt2": -0.1035171, "dvt0w": 0.0, "dvt1w": 5.3e6,
    "dvt2w": -0.032, "eta0": 0.0286461, "etab": 0.0, "dsub": 0.2436027, "pvth0": 6.58707e-3, "pk2": 1.011593e-3,
    # weak inversion
    "voff": -0.15, "nfactor": 2.0, "cit": 0.0, "cdsc": 6.593084e-4, "cdscd": 0.0, "cdscb": 0.0,
    # mobility, velocity, bulk charge
    "u0": 151.3305606, "ua": 2.061211e-10, "ub": 1.823477e-18, "uc": -8.97321e-12, "vsat": 9.915604e4,
    "a0": 1.1210053, "ags": 0.3961954, "b0": 6.493139e-7, "b1": 4.273215e-6, "keta": -9.27e-3, "wketa": -0.0101398,
    "lketa": 6.027967e-3, "a1": 0.0, "a2": 1.0,
    # resistance of source and drain
    "rdsw": 2.30725e3, "prwg": -1e-3, "prwb": 0.0, "prdsw": -93.5582228, "wr": 1.0,
    # output conductance
    "pclm": 4.3597508, "pdiblc1": 7.447024e-4, "pdiblc2": 4.256073e-3, "pdiblcb": 0.0, "drout": 0.0120292,
    "pscbe1": 1.347622e10, "pscbe2": 5e-9, "pvag": 3.669793, "delta": 0.01,
    # temperature
    "prt": 0.0, "ute": -1.5, "kt1": -0.11, "kt1l": 0.0, "kt2": 0.022, "ua1": 4.31e-9, "ub1": -7.61e-18,
    "uc1": -5.6e-11, "at": 3.3e4,
    # overlaps, junctions
    "cgdo": 2.307e-10, "cgso": 2.307e-10, "cgbo": 0.0, "cj": 1.420282e-3, "pb": 0.99, "mj": 0.5490877,
    "cjsw": 4.773605e-10, "pbsw": 0.99, "mjsw": 0.1997417,
}  # fmt: skip
