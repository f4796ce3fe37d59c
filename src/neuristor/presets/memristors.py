"""Published parameter sets of memristors, in one sign convention, every number with the place it was read.

Sets are given as their sources have them, also where the numbers are odd; `note` says what is odd about them. In the
MMS family only the product tau e^(beta v_on) can be told from data below threshold: v_on and tau are a pair, and
neither means much alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..quantities import K_B, Q_E, ZERO_CELSIUS

COLDEST = -ZERO_CELSIUS  # absolute zero in degrees Celsius
BETA_AGH = 38.4615  # 1/V; the constant of the AGH codes, 1 / 26 mV
T_KNOWM = 298.5 - ZERO_CELSIUS  # C
T_AGH = Q_E / (K_B * BETA_AGH) - ZERO_CELSIUS  # C
T_OSTROVSKII = 108.5 - ZERO_CELSIUS  # C

KNOWM = "knowm/memristor-models-4-all"
NO_TEMPERATURE = "The source gives no temperature: 25 C here."
FORGETS = "At 0 V this set forgets with a time constant of about 2 s, where real devices drift by some 10 % in 30 minutes."


@dataclass(frozen=True)
class MemristorPreset:
    """A published parameter set of one memristor model, in this package's sign convention.

    values   parameters as text with unit, or SI numbers
    options  choices among formulas (window, resistance law)
    source   where the numbers were read
    note     what to beware of
    """

    name: str
    model: str
    values: Mapping[str, Any]
    source: str
    note: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


def switches(r_on: Any, r_off: Any, v_on: float, v_off: float, tau: float, temperature: float = 25.0) -> dict[str, Any]:
    return {"r_on": r_on, "r_off": r_off, "v_on": v_on, "v_off": v_off, "tau": tau, "temperature": temperature}


def diodes(phi: float, alpha_f: float, beta_f: float, alpha_r: float, beta_r: float) -> dict[str, Any]:
    return {"phi": phi, "alpha_f": alpha_f, "beta_f": beta_f, "alpha_r": alpha_r, "beta_r": beta_r}


MMS_SETS = (
    MemristorPreset(
        "knowm_default",
        "mms",
        switches(500.0, 1500.0, 0.27, -0.27, 1e-4, T_KNOWM),
        f"{KNOWM}: Metastable_Switch/LTSpice/memristor_knowm.sub; the tests of knowm/jspice use the same set",
        f"V_off is +0.27 V in the source's convention. {FORGETS}",
    ),
    MemristorPreset(
        "ideal_mss",
        "mms",
        switches(100e3, 1e6, 0.2, -0.2, 1e-4),
        "knowm/jspice: IdealMSSMemristor.java",
        f"An ideal device, not a measured one; 100 000 switches in the source. {NO_TEMPERATURE}",
    ),
    MemristorPreset(
        "ag_chalcogenide",
        "mms",
        switches(1 / 8.7e-3, 1 / 0.91e-3, 0.17, -0.22, 0.32e-3),
        "knowm AHaH: AgChalcMemristor.java (Boise State device); conductances 8.7 mS and 0.91 mS",
        f"A million switches in the source. {NO_TEMPERATURE}",
    ),
    MemristorPreset(
        "ag_in_sb_te",
        "mms",
        switches(25.0, 100.0, 0.23, -0.25, 0.15e-3),
        "knowm AHaH: AgInSbTeMemristor.java",
        NO_TEMPERATURE,
    ),
    MemristorPreset(
        "sdc_agh",
        "mms",
        switches(5e3, 100e3, 0.2, -0.8, 1e-3, T_AGH),
        "mancorz98/ReservoirComputing: memristor arrays of the AGH Julia code",
        "The arrays run with tau = 0.1 ms and a uniform spread of 20 %, behind 5.11 kOhm.",
    ),
    MemristorPreset(
        "sdc_agh_default",
        "mms",
        switches(5e3, 100e3, 0.2, 0.8, 1e-3, T_AGH),
        "mancorz98/ReservoirComputing: default of memristor_SDE.jl",
        "V_off = +0.8 V as written there switches OFF at every voltage below 0.8 V: a volatile device, probably a slip "
        "of sign, since the array code of the same source turns it to -0.8 V (`sdc_agh`).",
    ),
    MemristorPreset(
        "agh_fit_start",
        "mms",
        switches(3e3, 60e3, 0.25, 0.001, 1e-3, T_AGH),
        "AGH fit code: start values of fit_MMS.m (3 and 60 kOhm, V_off = -0.001 V in the convention of MMS_prime.m)",
        "Where a fit starts, not a fitted device. V_off > 0 in signed form: the OFF branch is active at 0 V (volatile).",
    ),
)

GMMS_SETS = (
    MemristorPreset(
        "knowm_xyce",
        "gmms",
        {**switches(500.0, 1500.0, 0.27, -0.27, 1e-4, T_KNOWM), **diodes(0.8, 0.8e-3, 4.0, 0.8e-3, 4.0)},
        f"{KNOWM}: Knowm/Xyce/knowm.cir (level 5; SFA, SFB, SRA, SRB are alpha_f, beta_f, alpha_r, beta_r)",
        FORGETS,
    ),
    MemristorPreset(
        "pd_wo3_w",
        "gmms",
        {**switches(1 / 25e-6, 1 / 4e-6, 0.8, -1.0, 0.8e-3), **diodes(0.55, 1e-9, 8.5, 22e-9, 6.2)},
        "knowm AHaH: PdWO3WMemristor.java",
        "alpha_f is not alpha_r: the source's formula carries (1 - phi)(alpha_f - alpha_r) = -9.45 nA at 0 V, which this "
        f"model takes away. A million switches in the source. {NO_TEMPERATURE}",
    ),
    MemristorPreset(
        "ge_sb_te",
        "gmms",
        {**switches(1 / 1.2e-3, 1 / 0.12e-3, 0.9, -0.6, 0.42e-3), **diodes(0.7, 5e-5, 3.0, 5e-5, 3.0)},
        "knowm AHaH: GSTMemristor.java, after Li et al. 2013",
        "The source has G_ON = 0.12 mS below G_OFF = 1.2 mS, swapped; here r_on is the smaller resistance. "
        f"{NO_TEMPERATURE}",
    ),
    MemristorPreset(
        "w_sdc_ostrovskii",
        "gmms",
        {**switches(13e3, 460e3, 0.2, -0.1, 60e-6, T_OSTROVSKII), **diodes(0.88, 1e-7, 8.0, 1e-7, 8.0)},
        "Ostrovskii et al., Nanomaterials 12 (2022) 63, as coded by Laguna-Sanchez 2023",
        "T = 108.5 K is fitted: the code says that 298.5 K does not give the observed behaviour. Its beta is 113.4 1/V, "
        "from k = 1.3e-23 J/K and q = 1.6e-19 C; with the constants of nature it is 106.95 1/V. The code's diode current "
        "has the wrong sign in the reverse exponent and cancels to zero. Measured behind 46.25 kOhm; from device to "
        "device V_on is normal (0.217 V, 0.035 V) and V_off alpha-stable (1.535, -0.609, 0.013 V, -0.082 V).",
        {"v_on_law": "ostrovskii"},
    ),
)

OTHER_SETS = (
    MemristorPreset(
        "memtorch_default",
        "vteam",
        {"r_on": 50.0, "r_off": 1e3, "v_on": 0.2, "v_off": -0.02, "rate_on": 10 / 3e-9, "rate_off": 5e-4 / 3e-9,
         "alpha_on": 3.0, "alpha_off": 1.0},
        "coreylammie/MemTorch: defaults of memtorch/bh/memristor/VTEAM.py (k_on -10 m/s, k_off 5e-4 m/s, v_on -0.2 V, "
        "v_off 0.02 V, 3 nm)",
        "Read in that code, not in the paper it follows; the paper's own tables of fitted devices were not at hand.",
        {"resistance_law": "linear", "window": "none"},
    ),
    MemristorPreset(
        "rs_linear_threshold",
        "vteam",
        {"r_on": 1e3, "r_off": 10e6, "v_on": 0.25, "v_off": -0.15, "rate_on": 0.25 / 1e-4, "rate_off": 0.15 / 1e-4,
         "alpha_on": 1.0, "alpha_off": 1.0},
        "knowm/jspice: RSMemristor.java (linear threshold, 1/alpha = 1e-4 s/V)",
        "dx/dt = alpha (v - v_on) there, which is a VTEAM of exponent 1 with rate = alpha v_on. The resistance law is "
        "chosen here: conductances in parallel.",
        {"resistance_law": "parallel", "window": "none"},
    ),
    MemristorPreset(
        "oblea_2010",
        "yakopcic",
        {"a_on": 0.17, "a_off": 0.17, "b": 0.05, "v_on": 0.16, "v_off": -0.15, "rate_on": 4000.0, "rate_off": 4000.0,
         "x_on": 0.3, "x_off": 0.5, "alpha_on": 1.0, "alpha_off": 5.0},
        f"{KNOWM}: Yakopcic/Xyce/yakopcic.cir, for the device of Oblea et al. 2010; the same set in Yakopcic's LTspice "
        "file of 8/9/2011",
        "The LTspice file starts at x = 0.11.",
    ),
    MemristorPreset(
        "yakopcic_ltspice",
        "yakopcic",
        {"a_on": 0.17, "a_off": 0.17, "b": 0.05, "v_on": 0.65, "v_off": -0.56, "rate_on": 4000.0, "rate_off": 4000.0,
         "x_on": 0.3, "x_off": 0.5, "alpha_on": 1.0, "alpha_off": 5.0},
        f"{KNOWM}: Yakopcic/LTSpice/memristor_yakopcic.sub, the set in force there",
        "Starts at x = 0.11.",
    ),
    MemristorPreset(
        "memtorch_default",
        "linear_drift",
        {"r_on": 100.0, "r_off": 16e3, "mobility": 1e-14, "thickness": 10e-9, "p": 1.0},
        "coreylammie/MemTorch: defaults of memtorch/bh/memristor/LinearIonDrift.py",
        "That class moves only beyond +-0.55 V, which the model it follows does not.",
        {"window": "joglekar"},
    ),
    MemristorPreset(
        "joglekar_ltspice",
        "linear_drift",
        {"r_on": 100.0, "r_off": 10e3, "mobility": 50e-15, "thickness": 12e-9, "p": 7.0},
        f"{KNOWM}: Joglekar_Linear_Resistance_Switch/Ltspice2/memristor_joglekar2.sub",
        "Starts at x = 0.56.",
        {"window": "joglekar"},
    ),
    MemristorPreset(
        "biolek_ltspice",
        "linear_drift",
        {"r_on": 100.0, "r_off": 1e3, "mobility": 40e-15, "thickness": 16e-9, "p": 7.0},
        f"{KNOWM}: Biolek_Linear_Resistance_Switch/LTSpice/memristor_biolek.sub",
        "Starts at x = 0.076.",
        {"window": "biolek"},
    ),
    MemristorPreset(
        "ideal_mss",
        "mss",
        {**switches(100e3, 1e6, 0.2, -0.2, 1e-4), "switches": 100_000},
        "knowm/jspice: IdealMSSMemristor.java",
        f"An ideal device, not a measured one. {NO_TEMPERATURE}",
    ),
    MemristorPreset(
        "ag_chalcogenide",
        "mss",
        {**switches(1 / 8.7e-3, 1 / 0.91e-3, 0.17, -0.22, 0.32e-3), "switches": 1_000_000},
        "knowm AHaH: AgChalcMemristor.java (Boise State device)",
        NO_TEMPERATURE,
    ),
)  # fmt: skip

PUBLISHED: tuple[MemristorPreset, ...] = (*MMS_SETS, *GMMS_SETS, *OTHER_SETS)


def published(model: str) -> dict[str, MemristorPreset]:
    """The sets of one model by name."""
    return {p.name: p for p in PUBLISHED if p.model == model}
