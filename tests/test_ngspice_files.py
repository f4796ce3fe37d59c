"""What the engine hands to ngspice and reads back: options, raw files, messages (the program itself is not needed)."""

import numpy as np
import pytest

from neuristor.circuits.engines import ngspice, program, raw
from neuristor.circuits.netlist import Element, Netlist
from neuristor.errors import InputError


def test_raw_files_are_checked(tmp_path):
    file = tmp_path / "x.raw"
    head = "Title: t\nPlotname: P\nFlags: {}\nNo. Variables: 2\nNo. Points: 2\n"
    head += "Variables:\n\t0\ttime\ttime\n\t1\tV(a)\tvoltage\nBinary:\n"
    real = head.format("real").encode() + np.array([0.0, 1, 2, 3]).tobytes()
    file.write_bytes(real + head.format("complex").encode() + np.array([0, 1j, 2, 3j]).tobytes() + b"\n")
    first, second = raw.read_raw(file)
    assert first.variables == ("time", "v(a)")
    assert first.signals()["v(a)"].tolist() == [1, 3]
    assert second.values.tolist() == [[0, 2], [1j, 3j]]
    for broken in (real[:-1], b"Title: t\n", b"Title: t\nBinary:\n"):
        file.write_bytes(broken)
        with pytest.raises(InputError, match="x.raw"):
            raw.read_raw(file)
    with pytest.raises(InputError, match="cannot be read"):
        raw.read_raw(tmp_path / "none.raw")


def test_complaints_are_found_in_the_messages():
    text = 'x\ndoAnalyses: TRAN:  Timestep too small; time = 1.2e-06, timestep = 1e-20: trouble with node "n3"\n'
    assert program.complaint(text) == "timestep too small at 1.2e-06 s near node n3"
    assert program.complaint("a\nError: no such thing.\nb") == "no such thing"
    assert program.complaint("a\nb") == "it gave no result: a | b"


def test_options_follow_the_circuit_and_its_own_go_first():
    def circuit(farad, **more):
        return Netlist(**more).add(Element("c1", "c", ("a", "0"), {"c": farad}))

    assert ngspice.option_set(circuit(1e-6))["chgtol"] == 1e-14
    assert ngspice.option_set(circuit(1e-12))["chgtol"] == pytest.approx(1e-17)
    assert ngspice.option_set(circuit(10e-15))["chgtol"] == pytest.approx(1e-19)
    own = ngspice.option_set(circuit(1e-6, options={"chgtol": 1e-15, "method": "trap"}))
    assert (own["chgtol"], own["method"], own["gmin"]) == (1e-15, "trap", 1e-16)
    with_diode = circuit(1e-6).add(Element("d1", "d", ("a", "0"), model="dm"))
    assert ngspice.option_set(with_diode)["chgtol"] == 1e-19
