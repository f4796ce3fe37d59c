"""The commands about classifiers: their arrays, spiking networks that learn, and the data they classify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Json, Report, Settings
from .screen import Screen

network_commands = typer.Typer()


NetworkWord = Annotated[
    str, typer.Argument(help="A reference network (digits, mnist, ...), or a file: .npz, .nir, .pt (see --data)")
]
ArrayWords = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME=VALUE", help="Of the arrays: r_word=2 levels=16 dac=8 sigma_d2d=10%; `list arrays`"),
]
Data = Annotated[str | None, typer.Option(help="Data set of a network from a file: digits, mnist, ...")]
Hidden = Annotated[str | None, typer.Option(help="Hidden layers of a reference network: 100,50, or none")]
Seed = Annotated[int, typer.Option(help="Of all that is drawn")]


@network_commands.command()
def array(
    network: NetworkWord,
    words: ArrayWords = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="stuck_lrs, stuck_hrs, combined, or an option such as r_word, sigma_d2d; several: A,B"),
    ] = None,
    shares: Annotated[str, typer.Option(help="Of all cells, or values of the option: 0,1% or FROM:TO:lin:N")] = (
        "0,1%,2%,5%,10%"
    ),
    seeds: Annotated[int, typer.Option(help="Chips, each with its own faults and neurons")] = 20,
    neuron: Annotated[
        str, typer.Option(help="A neuron, a cell, a circuit's file, or a saved model; circuits act by their model")
    ] = "cmos_lif",
    settings: Settings = None,
    mismatch: Annotated[
        str | None, typer.Option(help="Relative sigma of the neuron's parameters: q_th=2%,i_leak=5%")
    ] = None,
    readout: Annotated[str, typer.Option(help="first_spike, or rate")] = "first_spike",
    deadline: Annotated[
        str | None, typer.Option(help="Of all layers, or of each: 20us,40us (default: by the neuron)")
    ] = None,
    images: Annotated[int | None, typer.Option(help="The first so many test images (default: all)")] = None,
    inputs: Annotated[str, typer.Option(help="static voltages; poisson or regular pulses beside them")] = "static",
    spot_check: Annotated[int, typer.Option("--spot-check", help="Runs of the circuit itself; 0: none")] = 200,
    data: Data = None,
    hidden: Hidden = None,
    seed: Seed = 0,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Put a trained network on faulty arrays with spiking neurons: accuracy, spike shifts, latency, energy."""
    from .array import run_array

    run_array(
        network, words or [], Screen(as_json), data=data, hidden=hidden, neuron=neuron, settings=settings or [],
        fault=fault or ["stuck_lrs"], shares=shares, seeds=seeds, readout=readout, deadline=deadline, mismatch=mismatch,
        images=images, inputs=inputs, spot_check=spot_check, seed=seed, report=report,
    )  # fmt: skip


@network_commands.command()
def crossbar(
    network: NetworkWord,
    words: ArrayWords = None,
    layer: Annotated[int, typer.Option(help="Which of the layers with weights, from 1")] = 1,
    images: Annotated[int, typer.Option(help="Test images that are its inputs")] = 200,
    data: Data = None,
    hidden: Hidden = None,
    seed: Seed = 0,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Look at one layer's array alone: its cells, the loss in its wires, its error by cause."""
    from .crossbar import run_crossbar

    run_crossbar(
        network, words or [], Screen(as_json), layer=layer, data=data, hidden=hidden, images=images, seed=seed, report=report
    )


@network_commands.command()
def train(
    dataset: Annotated[str, typer.Argument(help="What it learns: digits, mnist, nmnist, ... (`neuristor data`)")],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="v_th=15 mV, a_plus=0.02, inhibition=5 mV, update=mms:knowm_default, ..."),
    ] = None,
    neurons: Annotated[int, typer.Option(help="That learn")] = 400,
    membrane: Annotated[str, typer.Option(help="spike_response, linear_leak, linear_leak_fixed, lif")] = "spike_response",
    rule: Annotated[str, typer.Option(help="pair_stdp, triplet_stdp")] = "pair_stdp",
    encoding: Annotated[
        str, typer.Option(help="poisson, regular, latency, rank_order, receptive_field; events of an event camera")
    ] = "poisson",
    epochs: Annotated[int, typer.Option(help="How often every picture is shown")] = 1,
    images: Annotated[int | None, typer.Option(help="The first so many training pictures (default: all)")] = None,
    test: Annotated[int | None, typer.Option(help="The first so many test pictures (default: all)")] = None,
    assigned: Annotated[int, typer.Option(help="Training pictures whose labels tell what the neurons stand for")] = 10_000,
    seeds: Annotated[str, typer.Option("--seeds", "--seed", help="One network of each: 0,1,2")] = "0",
    output: Annotated[Path | None, typer.Option(help="Write the network here (.npz), for `classify` and Python")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Keep the state here every minute; the same command goes on after a stop")
    ] = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Teach a spiking network by spike timing, without labels, and test it: accuracy, confusion, silent neurons, time."""
    from .training import Course, run_train

    run_train(
        dataset, words or [], Screen(as_json), neurons=neurons, membrane=membrane, rule=rule, seeds=seeds,
        course=Course(epochs, images, test, assigned, encoding), output=output, checkpoint=checkpoint, report=report,
    )  # fmt: skip


@network_commands.command()
def classify(
    model: Annotated[Path, typer.Argument(help="A network that `train --output` wrote")],
    dataset: Annotated[str, typer.Argument(help="What it classifies: digits, mnist, ...")],
    images: Annotated[int | None, typer.Option(help="The first so many test pictures (default: all)")] = None,
    events: Annotated[bool, typer.Option("--events", help="Show recorded events, as `train --encoding events` did")] = False,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Classify the test pictures of a data set by a network that `train` wrote."""
    from .training import run_classify

    run_classify(model, dataset, Screen(as_json), images=images, events=events, report=report)


@network_commands.command()
def synthesize(
    subject: Annotated[str, typer.Argument(help="A reference network (digits, mnist, ...), a file NET.npz, or: layer")],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="weight_bits=6 readout=spikes data=mnist; a layer: inputs=64 stdp=soft"),
    ] = None,
    target: Annotated[str, typer.Option(help="generic, ice40, xilinx; several: A,B")] = "generic,ice40,xilinx",
    as_json: Json = False,
) -> None:
    """Count the gates, LUTs and flip-flops that digital linear-decay neurons take, layer by layer."""
    from .synthesis import run_synthesize

    run_synthesize(subject, words or [], Screen(as_json), target=target)


@network_commands.command(name="mixed-signal")
def mixed_signal(
    network: Annotated[str, typer.Argument(help="mnist-fcn, mnist-cnn, cifar10-cnn, digits, or a file NET.pt (see --data)")],
    bits: Annotated[str, typer.Option(help="Of the weights: 3,8,16")] = "3,8,16",
    noise: Annotated[
        str, typer.Option(help="Integrated noise powers in V^2, referred to a synapse's input: A,B or FROM:TO:lin|log:N")
    ] = "1e-7:1e-3:log:9",
    draws: Annotated[int, typer.Option(help="Of the noise, and of the chips if there is a mismatch")] = 20,
    full_scale: Annotated[
        str | None, typer.Option(help="Voltage that stands for the largest input (default: 2 n U_T, 78 mV)")
    ] = None,
    mismatch: Annotated[
        str | None, typer.Option(help="Relative sigma of the synapses, e.g. 2%; circuit: as its Monte Carlo has it")
    ] = None,
    images: Annotated[int | None, typer.Option(help="The first so many test images (default: all)")] = None,
    noise_in: Annotated[str, typer.Option(help="weights, as the paper; sums, as the circuit: always")] = "weights",
    redraw: Annotated[str, typer.Option(help="Noise anew for every mac, or once a draw")] = "mac",
    sign: Annotated[str, typer.Option(help="Of a weight: extra, or included in its bits")] = "extra",
    saturation: Annotated[
        str | None, typer.Option(help="Output swing as a multiple of the largest sum, e.g. 1.5 (default: no limit)")
    ] = None,
    linear_range: Annotated[
        str | None, typer.Option(help="2 n U_T of the synapses' pairs, e.g. 78mV (default: linear synapses)")
    ] = None,
    retrain: Annotated[
        str | None, typer.Option(help="noise: for all chips of the kind; chip: with one chip in the loop")
    ] = None,
    train_noise: Annotated[str, typer.Option(help="Noise power of the retraining in V^2")] = "1e-5",
    train_images: Annotated[int | None, typer.Option(help="To retrain on, the first so many (default: all)")] = None,
    epochs: Annotated[int, typer.Option(help="Of the retraining")] = 3,
    power: Annotated[str | None, typer.Option(help="Of a synapse, for the energy of an inference, e.g. 30.6nW")] = None,
    bandwidth: Annotated[str | None, typer.Option(help="Of a neuron, for its latency, e.g. 62MHz")] = None,
    i_unit: Annotated[
        str | None, typer.Option(help="Unit current: the circuit tells noise, energy and latency, e.g. 100pA")
    ] = None,
    data: Data = None,
    seed: Seed = 0,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Classify with analog multiply-accumulate neurons: error against noise in V^2 and bits, retraining, energy."""
    from .mixed_signal import run_mixed_signal

    run_mixed_signal(
        network, Screen(as_json), bits=bits, noise=noise, draws=draws, images=images, data=data, retrain=retrain,
        train_noise=train_noise, train_images=train_images, epochs=epochs, power=power, bandwidth=bandwidth, i_unit=i_unit,
        seed=seed, report=report, full_scale=full_scale, mismatch=mismatch, noise_in=noise_in, redraw=redraw, sign=sign,
        saturation=saturation, linear_range=linear_range,
    )  # fmt: skip


@network_commands.command(name="design-space")
def design_space(
    subject: Annotated[str, typer.Argument(help="mixed_signal_mac")],
    network: Annotated[
        str | None, typer.Option(help="Whose accuracy: mnist-fcn, mnist-cnn, cifar10-cnn, digits, NET.pt (default: none)")
    ] = None,
    bits: Annotated[int, typer.Option(help="Of the weights (0: the neuron's own)")] = 0,
    currents: Annotated[
        str | None, typer.Option(help="Unit currents: A,B or FROM:TO:lin|log:N (default: 100 fA to 100 nA)")
    ] = None,
    loads: Annotated[str, typer.Option(help="Capacitances of an output to ground")] = "0F,1fF,10fF",
    rate: Annotated[str, typer.Option(help="Of operations, for the designs at a fixed rate")] = "1MHz",
    full_scale: Annotated[
        str | None, typer.Option(help="Voltage that stands for the network's largest input (default: 78 mV)")
    ] = None,
    images: Annotated[int | None, typer.Option(help="The first so many test images (default: all)")] = None,
    draws: Annotated[int, typer.Option(help="Of the noise")] = 20,
    data: Data = None,
    seed: Seed = 0,
    engine: Annotated[str, typer.Option(help="native or ngspice")] = "native",
    settings: Settings = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Sweep the bias of a mixed-signal neuron: energy, bandwidth, noise and accuracy at once, and what is forbidden."""
    from .design_space import run_design_space
    from .subjects import read_subject

    run_design_space(
        read_subject(subject, settings or [], macs=True), Screen(as_json), network=network, bits=bits, currents=currents,
        loads=loads, rate=rate, full_scale=full_scale, images=images, draws=draws, data=data, seed=seed, engine=engine,
        report=report,
    )  # fmt: skip


@network_commands.command(name="digital-mac")
def digital_mac(
    bits: Annotated[str, typer.Option(help="Of the operands: 3,8,16")] = "3,8,16",
    tree: Annotated[str, typer.Option(help="Of the multiplier: wallace, columns, dadda")] = "wallace",
    terms: Annotated[int, typer.Option(help="Products in a sum, which set the accumulator's width")] = 256,
    frequency: Annotated[str, typer.Option(help="A,B or FROM:TO:lin|log:N")] = "1kHz:1GHz:log:61",
    v_dd: Annotated[str | None, typer.Option("--v-dd", help="Supply (default: 1.2 V)")] = None,
    v_t_shift: Annotated[
        str | None, typer.Option("--v-t-shift", help="Added to the size of every threshold, e.g. 100mV")
    ] = None,
    temperature: Annotated[str | None, typer.Option(help="In degrees Celsius (default: 27)")] = None,
    card: Annotated[
        str | None, typer.Option(help="Of the transistors: a name of `list cards`, or a SPICE library (--engine ngspice)")
    ] = None,
    engine: Annotated[str, typer.Option(help="That characterises the gates: native, ngspice")] = "native",
    fetch: Annotated[
        str | None, typer.Option(help="Energy of reading a bit of a weight (default: 0.156 pJ, a cache of 8 kB)")
    ] = None,
    wire: Annotated[str, typer.Option(help="Capacitance of the wire at every net")] = "1 fF",
    cells: Annotated[str | None, typer.Option(help="Also show the gates themselves: FA,NAND2, or all")] = None,
    samples: Annotated[int, typer.Option(help="Operations simulated", min=1, max=1 << 18)] = 2048,
    verilog: Annotated[Path | None, typer.Option(help="Write the MACs here as Verilog")] = None,
    seed: Annotated[int, typer.Option(help="Of the operands", min=0)] = 0,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Build digital multiply-accumulate neurons of standard cells: transistors, power and energy against frequency."""
    from .digital_mac import run_digital_mac

    run_digital_mac(
        Screen(as_json), bits=bits, tree=tree, terms=terms, samples=samples, seed=seed, engine=engine, frequency=frequency,
        fetch=fetch, wire=wire, cells=cells, verilog=verilog, report=report, v_dd=v_dd, v_t_shift=v_t_shift,
        temperature=temperature, card=card,
    )  # fmt: skip


@network_commands.command()
def data(
    name: Annotated[str, typer.Argument(help="digits, mnist, cifar10, nmnist, or all")] = "all",
    download: Annotated[
        bool, typer.Option("--download", help="Fetch it from its official address if it is missing")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Where it lies or shall lie (default: NEURISTOR_DATA, the cache)")
    ] = None,
    address: Annotated[str | None, typer.Option(help="A folder on the web to fetch from instead")] = None,
    as_json: Json = False,
) -> None:
    """Say which data sets are here, where, how large, and how the others are obtained; or download one."""
    from .data import show_data

    show_data(name, Screen(as_json), download=download, folder=folder, address=address)
