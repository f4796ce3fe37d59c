"""`neuristor`: the commands. Everything heavy is imported inside the command that needs it, so help is instant."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from ..version import __version__
from .network import network_commands
from .options import AnySubject, Input, Json, Membrane, Report, Settings, SpikeNode
from .screen import Screen, fail
from .study import study_commands

app = typer.Typer(
    name="neuristor",
    help="The workbench for one neuron: from its equations to its transistors to the classifier built of it.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

STOPPED = "stopped; nothing half-written is left behind"


def show_version(wanted: bool) -> None:
    if wanted:
        print(f"neuristor {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The workbench for one neuron."""


@app.command("list")
def list_(
    what: Annotated[
        str, typer.Argument(help="all, neurons, cells, cards, presets, stimuli, experiments, papers, ...")
    ] = "all",
    as_json: Json = False,
) -> None:
    """What there is: neurons, cells, presets, stimuli, experiments, papers, engines, devices, arrays' options, data sets."""
    from .catalogue import catalogue

    Screen(as_json).catalogue(catalogue(what))


@app.command()
def simulate(
    subject: Annotated[
        str, typer.Argument(help="A neuron, e.g. lif or izhikevich:RS (see `neuristor list`), or a circuit's SPICE file")
    ],
    current: Annotated[
        str | None,
        typer.Option("--current", "--input", help='Constant input, e.g. "0.2 mA", "10 mV/ms"; a sweep: 1p:100p:log:20'),
    ] = None,
    stimulus: Annotated[
        str | None, typer.Option(help='Another stimulus, e.g. "triangle:peak=0.2 mA,duration=50 ms" or pwl:FILE.csv')
    ] = None,
    stop: Annotated[str | None, typer.Option(help='How long, e.g. "50 ms"; circuit: instead of the time in .tran')] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help='A parameter, e.g. c_mem="5 uF"; circuit: m1.w=1u, i1=5p, temp=85; repeat for more'),
    ] = None,
    sweep: Annotated[
        str | None, typer.Option(help="A parameter over a range, one lane a value: c_mem=1u:10u:log:20, i1=1p:9p:lin:9")
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="Neuron: auto (default), exact, dopri5, rodas4, exact_grid, euler, rk4, ...")
    ] = None,
    dt: Annotated[str | None, typer.Option(help='Neuron: step of the fixed-step methods, e.g. "0.1 ms"')] = None,
    engine: Annotated[str | None, typer.Option(help="Circuit: native (default) or ngspice")] = None,
    spikes: Annotated[
        list[str] | None,
        typer.Option(
            help="Circuit: count spikes of a node where it rises through a level (default: half the supply), vspk@0.5"
        ),
    ] = None,
    mismatch: Annotated[
        Path | None, typer.Option(help="Circuit: TOML file of what varies between samples, e.g. Pelgrom coefficients")
    ] = None,
    rtol: Annotated[float | None, typer.Option(help="Relative tolerance: 1e-8 for neurons, 1e-5 for circuits")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of a random stimulus or of samples (default 0)")] = None,
    samples: Annotated[
        int | None, typer.Option(help="Neuron: points in time to store (2001). Circuit: Monte Carlo lanes, see --mismatch")
    ] = None,
    points: Annotated[
        int | None, typer.Option(help="Circuit: equal points in time to store (default: every step of one lane)")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write waveforms here and spikes beside it")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write waveforms here and spikes beside it")] = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Run one neuron under a stimulus, or the analyses of a circuit; or a sweep of it."""
    words = {name: value for name, value in locals().items() if name != "as_json"}
    from .request import Request

    request = Request(**words | {"settings": settings or [], "spikes": spikes or []})
    request.check()
    if request.is_circuit:
        from .circuit import simulate_circuit as run
    else:
        from .neuron import simulate_neuron as run
    if not run(request, Screen(as_json)):
        raise typer.Exit(1)


@app.command()
def measure(
    experiment: Annotated[str, typer.Argument(help="An experiment (see `neuristor list experiments`)")],
    subject: AnySubject,
    options: Annotated[
        list[str] | None, typer.Argument(help="The experiment's options: samples=1000 amplitude=10% current=10p:100p:log:20")
    ] = None,
    settings: Settings = None,
    input: Input = None,
    spikes: SpikeNode = None,
    membrane: Membrane = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Run an experiment on any neuron: f-I, f-C, energy, area, fluctuation, mismatch, corners, ranking, ..."""
    from .measure import measure as run
    from .subjects import read_subject

    where = {"input": input or "", "spikes": spikes or "", "membrane": membrane or ""}
    one = read_subject(subject, settings or [], **where, macs=True)
    run(experiment, one, options or [], Screen(as_json), report)


@app.command()
def optimize(
    subject: AnySubject,
    vary: Annotated[list[str], typer.Option(help="Sizes to change: m4.l,m5.w")],
    minimize: Annotated[str, typer.Option(help="energy, power, area, interval, shift_index, ...")] = "energy",
    subject_to: Annotated[
        list[str] | None,
        typer.Option(help='Limits: "shift_index<2%", "rate=start+-5%", "area<50um2"; default: shift_index<2%'),
    ] = None,
    bounds: Annotated[list[str] | None, typer.Option(help="Of a size: m4.l=0.35u:2u; repeat for more")] = None,
    current: Annotated[str | None, typer.Option(help="Input current (default: the circuit's typical one)")] = None,
    fault: Annotated[str, typer.Option(help="Of the shift index: combined, stuck_lrs, stuck_hrs")] = "combined",
    amplitude: Annotated[str, typer.Option(help="Of the ripple")] = "10%",
    samples: Annotated[int, typer.Option(help="Ripples that every design sees")] = 32,
    spike_count: Annotated[int, typer.Option("--spike-count", help="Spikes of each")] = 5,
    seed: Annotated[int, typer.Option(help="Of the ripples")] = 0,
    evaluations: Annotated[int, typer.Option(help="Designs to look at, at most")] = 60,
    guards: Annotated[bool, typer.Option(help="Keep rate and width near the start where no limit names them")] = True,
    verify: Annotated[str, typer.Option(help="ngspice, or no")] = "ngspice",
    settings: Settings = None,
    input: Input = None,
    spikes: SpikeNode = None,
    membrane: Membrane = None,
    save: Annotated[Path | None, typer.Option(help="Write the sizes found here, words of --set")] = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Find the sizes of a circuit that make a metric least within limits; the result is verified in ngspice."""
    from .optimize import optimize_circuit
    from .subjects import read_subject

    one = read_subject(subject, settings or [], input=input or "", spikes=spikes or "", membrane=membrane or "")
    optimize_circuit(
        one,
        Screen(as_json),
        minimize=minimize,
        subject_to=subject_to or ["shift_index<2%"],
        vary=vary,
        bounds=bounds or [],
        current=current,
        fault=fault,
        amplitude=amplitude,
        samples=samples,
        spikes=spike_count,
        seed=seed,
        evaluations=evaluations,
        guards=guards,
        verify=verify,
        save=save,
        report=report,
    )


@app.command()
def extract(
    subject: AnySubject,
    currents: Annotated[str, typer.Option(help="Least and largest input current of the model")] = "1p:1n",
    points: Annotated[int, typer.Option(help="Constant currents to fit to")] = 13,
    seed: Annotated[int, typer.Option(help="Of the ripples it is checked with")] = 0,
    settings: Settings = None,
    input: Input = None,
    spikes: SpikeNode = None,
    membrane: Membrane = None,
    save: Annotated[Path | None, typer.Option(help="Where to write the model (default: NAME.toml)")] = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Fit a behavioural model to a circuit's transients, with its errors; `simulate NAME.toml` runs it."""
    from .extraction import extract_model
    from .subjects import read_subject

    one = read_subject(subject, settings or [], input=input or "", spikes=spikes or "", membrane=membrane or "")
    done = extract_model(one, Screen(as_json), currents=currents, points=points, seed=seed, save=save, report=report)
    if not done:
        raise typer.Exit(1)


@app.command()
def export(
    kind: Annotated[str, typer.Argument(help="spice: what ngspice runs; netlist: what this package reads; verilog; study")],
    subject: Annotated[
        str, typer.Argument(help="A cell, a circuit's file, a device (mms:sdc_agh, FIT.toml); verilog: a network, NET.npz")
    ],
    settings: Settings = None,
    output: Annotated[Path | None, typer.Option(help="The file to write (default: standard output)")] = None,
    as_json: Json = False,
) -> None:
    """Write a circuit or a device as SPICE text, a network's layers as Verilog (--set weight_bits=8), a study's runs."""
    from .export import export as run

    run(kind, subject, settings or [], Screen(as_json), output)


@app.command()
def fit(
    what: Annotated[str, typer.Argument(help="memristor")],
    files: Annotated[list[Path], typer.Argument(help="Measured sweeps as CSV; several are fitted together")],
    model: Annotated[str, typer.Option(help="mms, gmms, vteam, yakopcic; several: mms,gmms")] = "mms",
    fix: Annotated[list[str] | None, typer.Option(help="A parameter to hold, temperature=25; repeat for more")] = None,
    columns: Annotated[str, typer.Option(help="If the header does not tell: voltage:V,current:uA")] = "",
    frequency: Annotated[str | None, typer.Option(help="Of the sweep, if the file does not tell: 100 Hz")] = None,
    series: Annotated[str | None, typer.Option(help="Series resistor, if the file's name does not tell: 5 kOhm")] = None,
    voltage: Annotated[str, typer.Option(help="Whose the voltage is: auto, device or source")] = "auto",
    start: Annotated[str, typer.Option(help="State at the start of a cycle: periodic or free")] = "periodic",
    robust: Annotated[bool, typer.Option("--robust", help="A loss that outliers move less")] = False,
    seeds: Annotated[int, typer.Option(help="Searches from other seeds, which must agree")] = 3,
    seed: Annotated[int, typer.Option(help="The first seed")] = 0,
    generations: Annotated[int, typer.Option(help="Of the global search")] = 40,
    checks: Annotated[bool, typer.Option(help="Held-out errors and profiles")] = True,
    save: Annotated[Path | None, typer.Option(help="Where to write the device (default: NAME.toml)")] = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Fit a memristor model to measured sweeps, with confidence and what the data cannot tell."""
    from .fit import fit_memristor

    if what != "memristor":
        raise InputError(f"fit: {what!r} cannot be fitted; write `neuristor fit memristor FILE.csv ...`")
    agree = fit_memristor(
        files,
        Screen(as_json),
        model=model,
        fix=fix or [],
        columns=columns,
        frequency=frequency,
        series=series,
        voltage=voltage,
        start=start,
        robust=robust,
        seeds=seeds,
        seed=seed,
        generations=generations,
        checks=checks,
        save=save,
        report=report,
    )
    if not agree:
        raise typer.Exit(1)


@app.command()
def check(
    circuit: Annotated[Path, typer.Argument(help="A circuit's SPICE file")],
    as_json: Json = False,
) -> None:
    """Say what is wrong with a circuit before it is simulated; exit code 2 if anything makes that impossible."""
    from .circuit_check import check_circuit

    if not check_circuit(circuit, Screen(as_json)):
        raise typer.Exit(2)


@app.command()
def reproduce(
    papers: Annotated[list[str] | None, typer.Argument(help="Papers (see `neuristor list papers`), or all")] = None,
    output: Annotated[Path, typer.Option(help="Folder for the report and claims.json")] = Path("neuristor-report"),
    as_json: Json = False,
) -> None:
    """Reproduce a paper's figures and tables, claim by claim; write a report and claims.json."""
    from .reproduction import chosen_papers, reproduce_paper

    screen = Screen(as_json)
    done = []
    for paper in chosen_papers(papers or ["all"]):
        with screen.progress(paper.name) as tell:
            result, files = reproduce_paper(paper, output, tell)
        done.append(result)
        screen.claims(result, files)
    screen.json([r.to_json_dict() for r in done] if len(done) > 1 else done[0].to_json_dict())


@app.command()
def compare(
    neurons: Annotated[
        list[str], typer.Argument(help="Neurons and cells, e.g. lif izhikevich:RS cmos_lif; or two studies, OLD NEW")
    ],
    published: Annotated[bool, typer.Option("--published", help="Beside them silicon neurons as published")] = False,
    report: Annotated[Path | None, typer.Option(help="Write an HTML page with the table and f-I curves here")] = None,
    as_json: Json = False,
) -> None:
    """Put neurons side by side: rheobase, rate, latency, adaptation, energy; or two studies, OLD NEW, metric by metric."""
    from .study_reading import compare_two, is_study

    if any(map(is_study, neurons)):
        return compare_two(neurons, Screen(as_json), report)
    from ..experiments import compare as measure
    from .subjects import read_subject

    screen = Screen(as_json)
    subjects = [read_subject(name, []) for name in neurons]
    with screen.progress("comparing") as tell:
        rows = measure(subjects, progress=tell)
    written = []
    if report:
        from ..experiments import fi_curve
        from ..report.page import write_page
        from ..report.trace_page import comparison_page

        with screen.progress("f-I curves") as tell:
            curves = []
            for k, subject in enumerate(subjects):
                curves.append(fi_curve(subject))
                tell((k + 1) / len(subjects))
        written.append(write_page(comparison_page(rows, curves, published), report))
    screen.comparison(rows, written, published)


app.add_typer(network_commands)
app.add_typer(study_commands)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every end is an exit code, never a traceback for bad input."""
    try:
        words = sys.argv[1:] if arguments is None else arguments
        code: Any = app(args=words or ["--help"], standalone_mode=False)
    except InputError as error:
        fail(str(error), 2)
    except typer.TyperException as error:
        fail(error.format_message(), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        fail(STOPPED, 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    if code == 130:  # Typer turns Ctrl-C into this code
        fail(STOPPED, 130)
    sys.exit(code if isinstance(code, int) else 0)
