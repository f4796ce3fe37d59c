"""Silicon neurons as published: the rows of Table 1 of Shah et al. 2023, as data, with what the table's numbers imply.

The numbers by which the table names its references are not those of the printed list: its [23], [26], [27] and [28] fit
the works four later there, its [18] the one five later, its [29] both [29] and [33]. `table_number` is the number in the
table, `source` the work that fits the row.
"""

from __future__ import annotations

from dataclasses import dataclass

TABLE = "Shah et al. 2023, Table 1"


@dataclass(frozen=True)
class PublishedNeuron:
    """One row. Numbers in SI units, None where the table has a dash; `rate` and `power` are "about" in the table.

    energy  J per spike, power / rate: follows from the row, is not in the table
    """

    name: str
    source: str
    table_number: int | None
    input: str
    model: str
    circuit: str
    technology: float | None  # m
    rate: float | None  # Hz
    power: float | None  # W
    feature: str

    @property
    def energy(self) -> float | None:
        return self.power / self.rate if self.power is not None and self.rate else None


PUBLISHED: tuple[PublishedNeuron, ...] = (
    PublishedNeuron(
        "Silicon neuron", "Mahowald and Douglas, Nature 354 (1991) 515", 18, "current", "conductance-based", "analog",
        None, 300.0, 60e-6, "neuro-physiological principles",
    ),
    PublishedNeuron(
        "Adaptive integrate-and-fire", "Indiveri, ISCAS 2003, vol. 4", 23, "current", "integrate-and-fire", "analog",
        1.5e-6, 1.2e3, 1.5e-6, "spike-frequency adaptation",
    ),
    PublishedNeuron(
        "Electronic neuron, subthreshold", "Lee et al., ISCAS 2004, IV-744", 26, "current", "Hindmarsh-Rose", "mixed mode",
        0.25e-6, 2e3, 163.4e-6, "time-scaling techniques",
    ),
    PublishedNeuron(
        "Compact silicon neuron", "Wijekoon and Dudek, Neural Networks 21 (2008) 524", 27, "current", "Izhikevich",
        "analog", 0.35e-6, 1e6, 40e-6, "firing pattern and shape",
    ),
    PublishedNeuron(
        "Low-power neuron with plastic synapses", "Indiveri, Chicca and Douglas, IEEE Trans. Neural Networks 17 (2006) 211",
        28, "current", "integrate-and-fire", "mixed mode", 0.8e-6, 100.0, 120e-6, "spike-based learning",
    ),
    PublishedNeuron(
        "Split-gate positive feedback neuron", "Choi et al., Frontiers in Neuroscience 12 (2018) 704", 29, "voltage",
        "integrate-and-fire", "mixed mode", None, 1e3, None, "positive feedback neuron",
    ),
    PublishedNeuron(
        "CMOS leaky integrate-and-fire (as published)", 'Shah et al. 2023, "this work"', None, "current",
        "leaky integrate-and-fire", "analog", 0.35e-6, 5e3, 14.7e-6, "resilience against synaptic fluctuations",
    ),
)  # fmt: skip
