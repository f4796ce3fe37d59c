"""Who may import whom (DESIGN: floors), and who may use which heavy library."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "neuristor"
FLOORS = [
    {"version", "errors"},
    {"quantities"},
    {"parameters", "sketch"},
    {"trace", "stimulus"},
    {"kernel"},
    {"presets"},
    {"devices"},
    {"neurons", "circuits", "arrays", "digital"},
    {"subject"},
    {"experiments"},
    {"networks"},
    {"papers"},
    {"studies"},
    {"report"},
    {"cli"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names}
OWNERS = {
    "plotly": {"report"},
    "jinja2": {"report"},
    "subprocess": {"circuits", "digital"},
    "torch": {"networks"},
    "dask": {"studies"},
    "distributed": {"studies"},
    "pydantic": {"studies"},
    "typer": {"cli"},
    "rich": {"cli"},
}
FILES = sorted(ROOT.rglob("*.py"))


def part_of(path: Path) -> str:
    """Top-level module or folder that a file belongs to ("" for the package's front door)."""
    first = path.relative_to(ROOT).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def absolute(node: ast.ImportFrom, path: Path) -> str:
    """The absolute name of `from X import ...` as written in `path`."""
    if not node.level:
        return node.module or ""
    package = ["neuristor", *path.relative_to(ROOT).parts[:-1]]
    base = package[: len(package) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def under_type_checking(tree: ast.Module) -> set[ast.AST]:
    """Import nodes that only a type checker executes."""
    guarded = [n for n in ast.walk(tree) if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    return {inner for block in guarded for inner in ast.walk(block)}


def imports(path: Path) -> list[str]:
    """Absolute names of everything a file imports at run time; "neuristor.x" for `from . import x` at the top."""
    tree = ast.parse(path.read_text())
    skipped = under_type_checking(tree)
    names: list[str] = []
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = absolute(node, path)
            names += [f"{module}.{a.name}" for a in node.names] if module == "neuristor" else [module]
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_come_from_lower_floors(path):
    own = part_of(path)
    if own == "":
        return  # the front door re-exports
    for name in imports(path):
        if name.split(".")[0] != "neuristor":
            continue
        other = (name.split(".") + [""])[1]
        assert other, f"{path.name} imports the package's front door"
        assert other in LEVEL, f"{path.name} imports {name}, which has no floor"
        assert other == own or LEVEL[other] < LEVEL[own], f"{own} may not import {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_base_does_not_import_its_children(path):
    if path.name == "base.py":
        package = ".".join(["neuristor", *path.relative_to(ROOT).parts[:-1]])
        assert not [n for n in imports(path) if n == package or n.startswith(package + ".")]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_libraries_stay_on_their_floor(path):
    for name in imports(path):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or part_of(path) in owners, f"{path.name} must not import {name}"


def test_the_table_is_complete():
    assert {part_of(p) for p in FILES} - {""} <= set(LEVEL)


def test_front_door_is_lazy():
    assert {n.split(".")[0] for n in imports(ROOT / "__init__.py")} <= {"typing", "importlib", "neuristor"}


def test_files_stay_readable():
    long = {str(p.relative_to(ROOT)): n for p in FILES if (n := len(p.read_text().splitlines())) > 400}
    assert not long, f"split these files: {long}"
