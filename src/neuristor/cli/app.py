"""`neuristor`: the commands. Everything heavy is imported inside the command that needs it, so help is instant."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from ..version import __version__
from .screen import Screen, fail

app = typer.Typer(
    name="neuristor",
    help="The workbench for one neuron: from its equations to its transistors to the classifier built of it.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

STOPPED = "stopped; nothing half-written is left behind"
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines and nothing else.")]


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
    what: Annotated[str, typer.Argument(help="all, neurons, presets, stimuli, experiments or papers")] = "all",
    as_json: Json = False,
) -> None:
    """What there is: neurons, presets, stimuli, experiments, papers."""
    from .catalogue import catalogue

    Screen(as_json).catalogue(catalogue(what))


@app.command()
def simulate(
    neuron: Annotated[str, typer.Argument(help="A neuron, e.g. lif or izhikevich:RS (see `neuristor list`)")],
    current: Annotated[
        str | None,
        typer.Option("--current", "--input", help='Constant input, e.g. "0.2 mA", "10 mV/ms"; a sweep: 1p:100p:log:20'),
    ] = None,
    stimulus: Annotated[
        str | None, typer.Option(help='Another stimulus, e.g. "triangle:peak=0.2 mA,duration=50 ms" or pwl:FILE.csv')
    ] = None,
    stop: Annotated[str | None, typer.Option(help='How long, e.g. "50 ms"')] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help='A parameter, e.g. c_mem="5 uF"; repeat for more')
    ] = None,
    sweep: Annotated[
        str | None, typer.Option(help="A parameter over a range, one lane a value: c_mem=1u:10u:log:20")
    ] = None,
    method: Annotated[
        str, typer.Option(help="auto, exact, dopri5, rodas4, exact_grid, euler, exponential_euler, rk4")
    ] = "auto",
    dt: Annotated[str | None, typer.Option(help='Step of the fixed-step methods, e.g. "0.1 ms"')] = None,
    rtol: Annotated[float, typer.Option(help="Relative tolerance of dopri5 and rodas4")] = 1e-8,
    seed: Annotated[int, typer.Option(help="Seed of a random stimulus")] = 0,
    samples: Annotated[int, typer.Option(help="Points in time to store")] = 2001,
    csv: Annotated[Path | None, typer.Option(help="Write waveforms here and spikes beside it")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write waveforms here and spikes beside it")] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML page with pictures here")] = None,
    as_json: Json = False,
) -> None:
    """Run one neuron, or a sweep of it, under a stimulus."""
    from ..subject import simulate as run
    from .words import read_neuron, read_stimulus

    screen = Screen(as_json)
    subject = read_neuron(neuron, settings or [], sweep)
    signal, length = read_stimulus(subject, current, stimulus, stop, seed)
    with screen.progress("simulating") as tell:
        trace = run(subject, signal, length, method=method, dt=dt, rtol=rtol, samples=samples, progress=tell)
    written = [p for path, save in ((csv, trace.to_csv), (parquet, trace.to_parquet)) if path for p in save(path)]
    if report:
        from ..report.page import write_page
        from ..report.trace_page import trace_page

        written.append(write_page(trace_page(subject, trace), report))
    screen.trace(trace, written)
    if trace.failures:
        raise typer.Exit(1)


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
    neurons: Annotated[list[str], typer.Argument(help="Neurons, e.g. lif izhikevich:RS hodgkin_huxley")],
    report: Annotated[Path | None, typer.Option(help="Write an HTML page with the table and f-I curves here")] = None,
    as_json: Json = False,
) -> None:
    """Put neurons side by side: rheobase, rate, latency, adaptation, energy."""
    from ..experiments import compare as measure
    from .words import read_neuron

    screen = Screen(as_json)
    subjects = [read_neuron(name, [], None) for name in neurons]
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
        written.append(write_page(comparison_page(rows, curves), report))
    screen.comparison(rows, written)


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
