"""Parameters: `.param` in any order, subcircuit parameters, forward references and cycles."""

from __future__ import annotations

import re

from ...errors import nearest
from ..netlist import Place
from .expressions import CONSTANTS, Expression, parse_expression, read_number
from .places import Unplaced, located, short

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ASSIGNMENT = re.compile(r"(?<![\w.#])([A-Za-z_]\w*)\s*=(?!=)", re.ASCII)
_HIDDEN = re.compile(r"\{[^{}]*\}|'[^']*'|\"[^\"]*\"|\([^()]*\)")


class Scope:
    """The parameters of one subcircuit instance (or of the top); what is not here is looked up in `parent`.

    path  of the instance, "" at the top
    """

    def __init__(self, parent: Scope | None = None, path: str = ""):
        self.parent, self.path = parent, path
        self.values: dict[str, float] = {}
        self.texts: dict[str, tuple[Expression, Place]] = {}

    def define(self, name: str, text: str, place: Place) -> None:
        """Add a parameter; it is computed when it is first needed."""
        if not _NAME.fullmatch(name):
            raise Unplaced(f"{short(name)} is no name for a parameter")
        if name in self.values or name in self.texts:
            first = f" (first on {self.texts[name][1]})" if name in self.texts else ""
            raise Unplaced(f"the parameter {name!r} is defined twice{first}")
        self.texts[name] = (parse_expression(text), place)

    def value(self, text: str) -> float:
        """The number that a word or an expression stands for."""
        number = read_number(text)
        if number is not None:
            return number
        expression = parse_expression(text)
        for name in expression.names:
            self.resolve(name)
        return expression.value(self.get)

    def get(self, name: str) -> float:
        """Value of a parameter that has been resolved."""
        owner = self.owner(name)
        return owner.values[name] if owner else CONSTANTS[name]

    def owner(self, name: str) -> Scope | None:
        """The innermost scope that defines a name; None for a constant; Unplaced if it is not defined."""
        scope: Scope | None = self
        while scope:
            if name in scope.values or name in scope.texts:
                return scope
            scope = scope.parent
        if name in CONSTANTS:
            return None
        raise Unplaced(f"the parameter {short(name)} is not defined{nearest(name, self.names())}")

    def names(self) -> list[str]:
        return [*self.values, *self.texts, *(self.parent.names() if self.parent else [])]

    def resolve(self, name: str) -> None:
        """Compute a parameter and all it depends on (a loop, so that long chains need no deep recursion)."""
        owner = self.owner(name)
        stack = [(owner, name)] if owner and name not in owner.values else []
        while stack:
            scope, current = stack[-1]
            expression, place = scope.texts[current]
            with located(place, scope.path):
                waiting = scope.unresolved(expression)
                if waiting is None:
                    scope.values[current] = expression.value(scope.get)
                    stack.pop()
                elif waiting in stack:
                    chain = [n for _, n in stack[stack.index(waiting) :]]
                    raise Unplaced(f"the parameter {current!r} depends on itself: {_arrows([*chain, waiting[1]])}")
                else:
                    stack.append(waiting)

    def unresolved(self, expression: Expression) -> tuple[Scope, str] | None:
        """The first parameter an expression needs that has no value yet."""
        for name in expression.names:
            owner = self.owner(name)
            if owner and name not in owner.values:
                return owner, name
        return None

    def resolve_all(self) -> None:
        """Compute everything, so that a mistake in an unused parameter is found too."""
        for name in self.texts:
            self.resolve(name)


def _arrows(names: list[str]) -> str:
    return " -> ".join(names if len(names) <= 8 else [*names[:4], "...", *names[-3:]])


def assignments(text: str) -> list[tuple[str, str]]:
    """Names and value texts of "a=1 b = {2*a} c='a+1' d=2 * a"; Unplaced for anything that is not an assignment."""
    hidden = text
    for _ in range(60):  # innermost parentheses first
        covered = _HIDDEN.sub(lambda m: "#" * len(m[0]), hidden)
        if covered == hidden:
            break
        hidden = covered
    found = list(_ASSIGNMENT.finditer(hidden))
    if not found or hidden[: found[0].start()].strip(" \t,"):
        raise Unplaced(f".param needs name=value, found {short(text.strip())}")
    ends = [m.start() for m in found[1:]] + [len(text)]
    result = []
    for match, end in zip(found, ends, strict=True):
        value = unquoted(text[match.end() : end].strip(" \t,"))
        if not value:
            raise Unplaced(f"the parameter {short(match[1])} has no value")
        result.append((match[1].lower(), value))
    return result


def unquoted(text: str) -> str:
    """The text without the braces or quotes around it; Unplaced if one of them is missing."""
    for left, right in ("{}", "''", '""'):
        if text.startswith(left) or text.endswith(right):
            if len(text) < 2 or not (text.startswith(left) and text.endswith(right)):
                raise Unplaced(f"{left} must stand around the whole expression, not as in {short(text)}")
            return text[1:-1]
    return text
