"""The transistor cards among the presets: number by number those of the published library, and a working transistor."""

import numpy as np
import pytest
from circuits_t2 import models
from circuits_tools import CARDS

from neuristor.devices import model_of
from neuristor.devices.base import graph_of
from neuristor.kernel.split import Split
from neuristor.presets import mosis_n88y

PRESET = {"nmos": mosis_n88y.NMOS, "pmos": mosis_n88y.PMOS}
KINDS = tuple(PRESET)
SIGN = {"nmos": 1.0, "pmos": -1.0}
SIZE = {"w": 0.7e-6, "l": 0.35e-6, "ad": 0.595e-12, "as": 0.595e-12, "pd": 3.1e-6, "ps": 3.1e-6}


def terminal_currents(kind, v_d, v_g, **instance):
    """Currents into drain, gate, source, bulk at voltages of an NMOS's sign against source and bulk."""
    device = model_of("m", kind, PRESET[kind], "preset")
    graph = graph_of(device.variant)
    split = Split({f"v{k}": v for k, v in enumerate(graph.voltages)}, graph.params, graph.currents)
    volts = np.array([v_d, v_g, 0.0, 0.0]) * SIGN[kind]
    values = split.full({f"v{k}": volts[k : k + 1] for k in range(4)}, device.instance_values(SIZE | instance, 27.0))
    return np.array([SIGN[kind] * float(np.ravel(v)[0]) for v in values])


@CARDS
@pytest.mark.parametrize("kind", KINDS)
def test_every_number_is_that_of_the_published_library(kind):
    assert PRESET[kind] == models()[kind + "035"].params


@pytest.mark.parametrize("kind", KINDS)
def test_the_cards_are_plain_data_of_level_49(kind):
    card = PRESET[kind]
    assert card["level"] == 49
    assert card["version"] == "3.3.0"
    assert len(card) == 94
    assert all(name == name.lower() for name in card)
    assert all(isinstance(v, (int, float)) for name, v in card.items() if name != "version")


@pytest.mark.parametrize("kind", KINDS)
def test_the_junctions_leak_by_the_default_of_bsim3(kind):
    """Reverse-biased by 1 V far beyond the thermal voltage: JS = 1e-4 A/m^2 over the drain."""
    bulk = terminal_currents(kind, 1.0, 0.0)[3]
    assert bulk == pytest.approx(-1e-4 * SIZE["ad"], rel=1e-6)
