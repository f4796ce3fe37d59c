"""Memristors as devices of the circuit engine: against closed forms, SciPy, the stand-alone device and ngspice."""

import shutil

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neuristor.circuits import ac, dc, noise, op, op_sensitivity, parse_spice, sensitivity, tran, write_spice
from neuristor.circuits.engines.dissipation import flows
from neuristor.circuits.engines.program import run_deck
from neuristor.circuits.modelled import memristor_model
from neuristor.circuits.netlist import Ac, Dc, Element, Netlist, Noise, Sweep, Tran, Wave
from neuristor.circuits.settings import changed, place
from neuristor.circuits.spice.subcircuits import memristor_subcircuit
from neuristor.circuits.variation import read_mismatch, vary
from neuristor.devices.memristive import MODELS
from neuristor.devices.memristor import GMMS, MMS, MSS, VTEAM, LinearDrift
from neuristor.errors import InputError
from neuristor.quantities import K_B
from neuristor.stimulus import Sine

NGSPICE = pytest.mark.skipif(shutil.which("ngspice") is None, reason="needs ngspice")
# Peak (V) and frequency (Hz) of a sine that moves each model through much of its range, and a resistor in series.
DRIVES = {
    "mms": (0.5, 100.0, 100.0),
    "gmms": (0.5, 100.0, 100.0),
    "vteam": (0.3, 1e6, 100.0),
    "yakopcic": (0.4, 100.0, 100.0),
    "linear_drift": (1.2, 2.0, 100.0),
}


def single(device, source, r_series=0.0, **params):
    """A source across a resistor and a memristor (node b; node a without the resistor)."""
    netlist = Netlist("one memristor", {}, {"mr": memristor_model("mr", device)})
    behind = bool(np.any(r_series))
    node = "b" if behind else "a"
    elements = [source, Element("y1", "y", (node, "0"), params, model="mr")]
    if behind:
        elements.append(Element("r1", "r", ("a", "b"), {"r": r_series}))
    return netlist.add(*elements)


def constant(volts):
    return Element("v1", "v", ("a", "0"), {"dc": volts})


def sine(peak, frequency):
    return Element("v1", "v", ("a", "0"), {}, wave=Wave("sin", (0.0, peak, frequency)))


@pytest.mark.parametrize("volts", [-0.4, 0.0, 0.25, 0.6])
def test_constant_voltage_is_the_closed_form_to_the_tolerance(volts):
    device = MMS()
    stop = 5.0 / float(device.relaxation(volts))
    errors = []
    for rtol in (1e-4, 1e-6, 1e-8, 1e-10):
        trace = tran(single(device, constant(volts), x0=0.3), stop, rtol=rtol)
        errors.append(np.abs(trace["x(y1)"][0] - device.at(trace.time, volts, 0.3)).max())
        assert errors[-1] < 10 * rtol
    assert errors[0] > 1e3 * errors[-1]
    assert trace.units["x(y1)"] == "1"


@pytest.mark.parametrize(
    "device", [MMS(), GMMS(v_on_law="ostrovskii"), VTEAM(window="biolek")], ids=lambda device: device.name
)
def test_behind_a_resistor_it_follows_the_reduced_equation(device):
    peak, frequency, r = DRIVES[device.name]
    stop = 1.5 / frequency

    def rate(t, y):
        v = device.voltage_behind(peak * np.sin(2 * np.pi * frequency * t), y[0], r)
        return [device.rate(v, y[0])]

    times = np.linspace(0, stop, 301)
    exact = solve_ivp(rate, (0, stop), [0.4], "Radau", times, rtol=1e-9, atol=1e-11, max_step=stop / 200).y[0]
    trace = tran(single(device, sine(peak, frequency), r, x0=0.4), stop, rtol=1e-9, samples=301)
    assert np.abs(trace["x(y1)"][0] - exact).max() < 1e-6
    v = device.voltage_behind(peak * np.sin(2 * np.pi * frequency * times), exact, r)
    assert np.abs(trace["b"][0] - v).max() < 1e-6 * peak


def test_it_is_the_stand_alone_device():
    device = MMS.preset("knowm_default")
    alone = device.simulate(Sine("0.5 V", "100 Hz"), "20 ms", x0=0.2, r_series="100 Ohm", samples=201, rtol=1e-10)
    trace = tran(single(device, sine(0.5, 100.0), 100.0, x0=0.2), 20e-3, samples=201, rtol=1e-10)
    assert np.abs(trace["x(y1)"] - alone["x"]).max() < 1e-7
    assert np.abs(trace["b"] - alone["v"]).max() < 1e-7
    assert trace.energy["v1"][0] == pytest.approx(alone.energy["source"][0], rel=1e-6)


@pytest.mark.parametrize("rtol", [1e-4, 1e-6])
def test_a_hard_stop_holds_and_lets_go(rtol):
    # Linear drift: R^2 falls with the flux. A triangle of voltage drives x into 1, keeps it there, and takes it back.
    device = LinearDrift(r_on=100.0, r_off=1000.0)
    up = 2.0 * (device.resistance(0.5) ** 2 - 100.0**2) / (2.0 * device.per_charge * 900.0)  # twice what is needed
    wave = Wave("pwl", (0.0, 1.0, up, 1.0, up * (1 + 1e-6), -1.0, 2 * up, -1.0))
    trace = tran(single(device, Element("v1", "v", ("a", "0"), {}, wave=wave), x0=0.5), 1.2 * up, rtol=rtol)
    x, t = trace["x(y1)"][0], trace.time
    rising = t <= up
    assert np.abs(x[rising] - device.at_flux(t[rising], 0.5)).max() < 100 * rtol
    assert np.abs(x[(t > 0.6 * up) & rising] - 1.0).max() < 10 * rtol + 1e-6
    falling = t > up * 1.001
    assert np.abs(x[falling] - device.at_flux(-(t[falling] - up), 1.0)).max() < 100 * rtol + 3e-6
    assert len(t) < 5000


VARIANTS = [
    *(VTEAM(window=w) for w in VTEAM.options["window"]),
    *(VTEAM(resistance_law=law, window="kvatinsky") for law in ("exponential", "parallel")),
    *(LinearDrift(window=w) for w in LinearDrift.options["window"]),
    MODELS["yakopcic"](),
    GMMS(v_on_law="ostrovskii"),
]


@pytest.mark.parametrize("device", VARIANTS, ids=lambda d: "-".join([d.name, *d.choices.values()]))
def test_driven_hard_into_both_ends_the_solver_keeps_its_pace(device):
    rng = np.random.default_rng(0)
    peak, frequency = {"vteam": (1.0, 1e6), "linear_drift": (3.0, 2.0)}.get(device.name, (1.0, 100.0))
    n, rtol = 40, 1e-6
    netlist = single(device, sine(peak, frequency), 10.0 ** rng.uniform(0, 4, n), x0=rng.uniform(0.05, 0.95, n))
    netlist = netlist.add(Element("c1", "c", ("b", "0"), {"c": 1e-8 / frequency}))
    trace = tran(netlist, 3.0 / frequency, record=["x(y1)"], samples=301, rtol=rtol)
    assert not trace.failures
    assert trace.meta["iterations"] < 1500 * n
    assert trace["x(y1)"].min() > -50 * rtol
    assert trace["x(y1)"].max() < 1 + 50 * rtol


@pytest.mark.parametrize("name", MODELS)
def test_pinched_passive_and_the_energy_is_what_the_devices_take(name):
    peak, frequency, r = DRIVES[name]
    netlist = single(MODELS[name](), sine(peak, frequency), r, x0=0.4)
    trace = tran(netlist, 2.0 / frequency, rtol=1e-8)
    current = (trace["a"] - trace["b"])[0] / r
    assert np.all(current * trace["b"][0] >= -1e-15)
    near = np.abs(trace["b"][0]) < 1e-6 * peak
    assert near.any()
    assert np.abs(current[near]).max() < 1e-5 * np.abs(current).max()
    taken = flows(netlist, trace.time, {k: v[0] for k, v in trace.signals.items()})
    heat = taken.conduction([0.0, trace.time[-1]])
    assert heat["y1"][0] > 0
    assert heat["y1"][0] + heat["r1"][0] == pytest.approx(trace.energy["v1"][0], rel=1e-5)


def test_an_operating_point_and_a_sweep_hold_the_state():
    device = MMS()
    netlist = single(device, constant(0.4), 1e3, x0=0.25)
    r = device.resistance(0.25)
    point = op(netlist)
    assert point["x(y1)"] == pytest.approx([0.25], abs=1e-15)
    assert point["b"] == pytest.approx([0.4 * r / (1e3 + r)], rel=1e-9)
    assert point.devices["y1"]["resistance"] == pytest.approx([r], rel=1e-12)
    swept = dc(netlist, Dc((Sweep("v1", -1.0, 1.0, 0.5),)))
    assert swept["b"] == pytest.approx(swept.axis * r / (1e3 + r), rel=1e-9, abs=1e-12)
    slope = op_sensitivity(netlist, ["y1.x0"])
    assert slope["x(y1)"] == pytest.approx([1.0])
    with_op, without = (tran(netlist, 1e-3, uic=uic, samples=11, rtol=1e-9)["x(y1)"] for uic in (False, True))
    assert with_op[0, 0] == without[0, 0] == 0.25
    assert np.abs(with_op - without).max() < 1e-7


def test_small_signals_move_the_state():
    device, v0, x0 = MMS(), 0.3, 0.4
    source = Element("v1", "v", ("a", "0"), {"dc": v0, "acmag": 1.0})
    found = ac(single(device, source, x0=x0), Ac("dec", 3, 1.0, 1e6))
    h = 1e-5
    rate_v = (device.rate(v0 + h, x0) - device.rate(v0 - h, x0)) / (2 * h)
    rate_x = (device.rate(v0, x0 + h) - device.rate(v0, x0 - h)) / (2 * h)
    i_x = (device.current(v0, x0 + h) - device.current(v0, x0 - h)) / (2 * h)
    x = rate_v / (2j * np.pi * found.frequency - rate_x)
    assert found["x(y1)"] == pytest.approx(x, rel=1e-6)
    assert found["i(v1)"] == pytest.approx(-(1 / device.resistance(x0) + i_x * x), rel=1e-6)


def test_noise_is_thermal():
    device = MMS()
    source = Element("v1", "v", ("a", "0"), {"dc": 0.0})
    netlist = single(device, source, 1e3, x0=0.4).with_(temperature=50.0)
    found = noise(netlist, Noise("b", "0", "v1", "lin", 1, 1e9, 1e9))
    together = 1 / (1 / 1e3 + 1 / device.resistance(0.4))
    assert found.output == pytest.approx([4 * K_B * (273.15 + 50.0) * together], rel=1e-3)  # the card says 25 C
    assert found.shares["r1.thermal"] > 0


@pytest.mark.parametrize("uic", [False, True])
def test_derivatives_of_energy_and_of_a_spike(uic):
    # A capacitor charged against the device passes 0.3 V. The shift of a crossing is interpolated between two steps,
    # which on so slow a ramp leaves some 1e-5 at this tolerance.
    text = """charge
.model mr memristor model=mms
c1 a 0 1u
y1 a 0 mr x0=0.2
i1 0 a 1m
.ic v(a)=0
"""
    netlist = parse_spice(text)
    names = ["y1.x0", "y1.r_on", "y1.tau", "y1.v_on", "c1.c", "i1.dc"]
    stop, watch = 2e-3, [("a", 0.3)]
    if not uic:
        netlist = parse_spice(text.replace("1m\n", "pulse(0 1m 1u 1n 1n 1 2)\n").replace(".ic v(a)=0\n", ""))
        names = names[:-1]
    found = sensitivity(netlist, names, stop, spikes=watch, rtol=1e-10, uic=uic)
    for k, name in enumerate(names):
        element, _, parameter = name.rpartition(".")
        e = netlist.elements[element]
        value = e.params.get(parameter, MMS().values().get(parameter))
        step = 1e-3 * value
        moved = netlist.set(element, **{parameter: value + step * np.array([-1.0, 1.0])})
        trace = tran(moved, stop, spikes=watch, rtol=1e-12, uic=uic)
        expected = (trace.spikes[1][0] - trace.spikes[0][0]) / (2 * step)
        assert found.spike_times["a"][0][0, k] == pytest.approx(expected, rel=1e-4), name
        given = (trace.energy["i1"][1] - trace.energy["i1"][0]) / (2 * step)
        assert found.energy["i1"][0, k] == pytest.approx(given, rel=1e-4), name


def test_lanes_of_every_parameter_are_the_single_runs():
    rng = np.random.default_rng(3)
    n = 11
    ranges = {"x0": (0, 1), "r_on": (300, 700), "r_off": (1e3, 3e3), "v_on": (0.2, 0.3), "tau": (5e-5, 2e-4),
              "temperature": (0, 80)}  # fmt: skip
    params = {key: rng.uniform(*limits, n) for key, limits in ranges.items()}
    together = tran(single(MMS(), sine(0.5, 100.0), 100.0, **params), 10e-3, samples=21, record=["x(y1)", "b"], rtol=1e-8)
    for k in (0, 7):
        own = {key: float(v[k]) for key, v in params.items()}
        alone = tran(single(MMS(), sine(0.5, 100.0), 100.0, **own), 10e-3, samples=21, rtol=1e-8)
        for name in ("x(y1)", "b"):
            assert together[name][k] == pytest.approx(alone[name][0], abs=1e-9)


def test_ten_thousand_devices_in_one_run():
    n = 10_000
    x0 = np.linspace(0, 1, n)
    device = MMS()
    trace = tran(single(device, constant(0.3), x0=x0), 1e-3, record=["x(y1)"], samples=2, rtol=1e-6)
    assert not trace.failures
    assert np.abs(trace["x(y1)"][:, -1] - device.at(1e-3, 0.3, x0)).max() < 1e-5


def test_the_circuit_s_temperature_counts_unless_the_card_has_one():
    text = "warm\n.model mr memristor model=mms{}\nv1 a 0 0.1\ny1 a 0 mr x0=1{}\n.temp {}\n"
    end = {}
    for key, (card, own, celsius) in {
        "circuit": ("", "", 85), "card": (" temperature=85", "", 27), "instance": ("", " temperature=85", 27),
        "cold": ("", "", 27), "both": (" temperature=85", "", 27), "preset": (" preset=knowm_default", "", 85),
    }.items():  # fmt: skip
        end[key] = tran(parse_spice(text.format(card, own, celsius)), 0.1, rtol=1e-8, samples=2)["x(y1)"][0, -1]
    assert end["circuit"] == end["card"] == end["instance"] == end["both"]
    assert end["circuit"] == pytest.approx(MMS(temperature=85.0).at(0.1, 0.1, 1.0), abs=1e-6)
    assert end["cold"] == pytest.approx(MMS(temperature=27.0).at(0.1, 0.1, 1.0), abs=1e-6)
    assert end["preset"] == pytest.approx(MMS.preset("knowm_default").at(0.1, 0.1, 1.0), abs=1e-6)


def test_text_and_back():
    netlist = parse_spice("""two forms
.model mr memristor model=vteam window=biolek resistance_law=parallel r_on=100 k=1
v1 a 0 1
.subckt pair p n
ya p m mr x0=0.25
.ends
""".replace(" k=1", "") + "x1 a 0 pair\nymemristor mr1 a x1.m mr alpha_on={1+1} x0=100m\n")  # fmt: skip
    again = parse_spice(write_spice(netlist))
    assert list(again.elements) == list(netlist.elements) == ["v1", "x1.ya", "ymr1"]
    for e in netlist.elements.values():
        other = again.elements[e.name]
        assert (e.nodes, dict(e.params), e.model) == (other.nodes, dict(other.params), other.model)
    assert again.models["mr"].params == netlist.models["mr"].params
    assert netlist.elements["ymr1"].params == {"alpha_on": 2.0, "x0": 0.1}
    assert op(again)["x(x1.ya)"] == pytest.approx([0.25])
    assert parse_spice("levels\n.model m memristor level=5 r_on=1k r_off=2k\n").models["m"].params["level"] == 5.0


def test_a_mismatch_draws_every_parameter_of_the_model():
    netlist = single(MMS(), constant(0.3), 1e3, x0=0.5).add(Element("y2", "y", ("b", "0"), {}, model="mr"))
    spread = read_mismatch(
        {"model": {"mr": {"r_on_sigma": "10 %", "x0_sigma": 0.3}}, "element": {"y2": {"tau_sigma": 0.05}}}
    )
    drawn = vary(netlist, spread, 4000, seed=1)
    first, second = (drawn.elements[k].params for k in ("y1", "y2"))
    assert np.std(first["r_on"]) == pytest.approx(50.0, rel=0.05)
    assert np.mean(second["r_on"]) == pytest.approx(500.0, rel=0.01)
    assert abs(np.corrcoef(first["r_on"], second["r_on"])[0, 1]) < 0.05
    assert (first["x0"].min(), first["x0"].max()) == (0.0, 1.0)
    assert np.std(second["tau"]) == pytest.approx(5e-6, rel=0.05)
    assert "tau" not in first
    e, parameter, unit = place(netlist, "y1.v_off", "--set")
    assert (e.name, parameter, unit) == ("y1", "v_off", "V")
    assert changed(netlist, e, "v_off", -0.3, "--set").elements["y1"].params["v_off"] == -0.3


def spread_over(netlist, model, **sigmas):
    return vary(netlist, read_mismatch({"model": {model: sigmas}}), 3)


@NGSPICE
@pytest.mark.parametrize("name", MODELS)
def test_ngspice_draws_the_same_loops(name):
    peak, frequency, r = DRIVES[name]
    stop = 2.0 / frequency
    own = {"b": 0.06} if name == "yakopcic" else {"r_on": 80.0}
    netlist = single(MODELS[name](), sine(peak, frequency), r, x0=0.4, **own)
    netlist = netlist.with_(analyses=[Tran(stop / 1000, stop, 0.0, stop / 20_000)])
    ours = tran(netlist.with_(analyses=[]), stop, rtol=1e-9, samples=401)
    theirs = tran(netlist, engine="ngspice", samples=401, rtol=1e-7)
    assert not theirs.failures
    swing = np.ptp(ours["x(y1)"])
    assert swing > 0.1
    assert np.abs(ours["x(y1)"] - theirs["x(y1)"]).max() < 2e-5
    assert np.abs(ours["b"] - theirs["b"]).max() < 1e-5 * peak
    assert theirs.energy["v1"] == pytest.approx(ours.energy["v1"], rel=1e-4)


@NGSPICE
def test_ngspice_holds_the_state_where_time_stands_still():
    source = Element("v1", "v", ("a", "0"), {"dc": 0.3, "acmag": 1.0})
    netlist = single(MMS(), source, 1e3, x0=0.4)
    ours, theirs = (op(netlist, engine=engine) for engine in ("native", "ngspice"))
    assert theirs["b"] == pytest.approx(ours["b"], rel=1e-8)
    sweep = Dc((Sweep("v1", -0.5, 0.5, 0.25),))
    assert dc(netlist, sweep, engine="ngspice")["b"] == pytest.approx(dc(netlist, sweep)["b"], rel=1e-8, abs=1e-10)
    grid = Ac("dec", 2, 10.0, 1e6)
    ours, theirs = (ac(netlist, grid, engine=engine) for engine in ("native", "ngspice"))
    assert theirs["b"] == pytest.approx(ours["b"], rel=1e-6)
    assert theirs["x(y1)"] == pytest.approx(ours["x(y1)"], rel=1e-5)


@NGSPICE
@pytest.mark.parametrize("uic", ["", "uic"])
def test_the_exported_subcircuit_runs_as_it_is(uic):
    text = memristor_subcircuit(MMS.preset("knowm_default"))
    deck = f"""* by hand
{text}
v1 a 0 sin(0 0.5 100)
xm a 0 state mms_knowm_default x0=0.3 tau=0.2m
.options reltol=1e-7 method=gear
.save all
.tran 1u 20m 0 1u {uic}
.end
"""
    plot = run_deck(deck)[0]
    found = dict(zip(plot.variables, plot.values, strict=True))
    device = MMS.preset("knowm_default", tau=0.2e-3)
    alone = device.simulate(Sine("0.5 V", "100 Hz"), "20 ms", x0=0.3, samples=2001, rtol=1e-10)
    assert np.abs(np.interp(found["time"], alone.time, alone["x"][0]) - found["v(state)"]).max() < 1e-4
    current = np.interp(found["time"], alone.time, alone["i"][0])
    assert np.abs(current + found["i(v1)"]).max() < 1e-4 * np.abs(current).max()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: memristor_subcircuit(MSS()), "draws random numbers"),
        (lambda: memristor_subcircuit(MMS(tau=[1e-4, 2e-4])), "this mms has 2 lanes"),
        (lambda: memristor_subcircuit(MMS(), "My device"), "no name for a subcircuit"),
        (lambda: memristor_model("m", MMS(tau=[1e-4, 2e-4])), "one value a parameter"),
        (lambda: op(single(MMS(), constant(1.0), x0=[0.1, 1.1])), "y1: x0 = 1.1 is not between 0"),
        (lambda: op(single(MMS(), constant(1.0), r_on=2e3)), "y1: mms: r_on = 2 kOhm is not below"),
        (lambda: op(single(MMS(), constant(1.0), ron=2e3)), "no parameter 'ron' (did you mean 'r_on'?)"),
        (lambda: tran(single(MMS(), constant(1.0)), 1.0, record=["x(y2)"]), "no signal 'x(y2)' (did you mean 'x(y1)'?)"),
        (lambda: spread_over(single(MMS(), constant(1.0)), "m", tau_sigma=0.1), "has this model"),
        (lambda: spread_over(single(MMS(), constant(1.0)), "mr", phi_sigma=0.1), "phi_sigma cannot"),
        (lambda: read_mismatch({"model": {"mr": {"tua_sigma": 0.1}}}), "tua_sigma is not known (did you mean 'tau_sigma'?)"),
        (lambda: place(single(MMS(), constant(1.0)), "y1.phi", "--set"), "has no parameter 'phi'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence(make, sentence):
    with pytest.raises(InputError) as caught:
        make()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
