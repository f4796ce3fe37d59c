"""Numbers with SPICE suffixes and the expressions of `.param`, `{...}` and '...'.

Numbers ignore case: t g meg k m u n p f a and mil (25.4e-6), followed by nothing or by a unit, as in 10pF, 1kohm.
Expressions know + - * / ** ^ (power), comparisons, && || !, a ? b : c, parentheses and FUNCTIONS; true is 1, false 0.
As in ngspice log is the natural logarithm, -2^2 is -4 and pwr(x, y) is |x|^y; 2^3^2 must be written with parentheses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from ...errors import nearest
from ...quantities import SPICE_SUFFIXES
from .places import Unplaced, short

Lookup = Callable[[str], float]
Evaluate = Callable[[Lookup], float]

MIL = 25.4e-6
UNITS = ("", "v", "volt", "volts", "a", "amp", "amps", "f", "h", "hz", "s", "sec", "ohm", "ohms", "ω", "m", "w", "deg", "c")
DEEPEST = 40  # levels of parentheses
LONGEST = 100  # characters of a number
_MANTISSA = r"(?:\d+\.?\d*|\.\d+)"
_NUMBER = re.compile(rf"({_MANTISSA})(?:[eE]([+-]?\d+))?([A-Za-zµμΩω]*)")
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{_MANTISSA}(?:[eE][+-]?\d+)?[A-Za-zµμΩω]*)|(?P<name>[A-Za-z_][\w.]*)"
    r"|(?P<operator>\*\*|\|\||&&|[<>=!]=|[-+*/^<>!?:(),]))"
)

FUNCTIONS: dict[str, tuple[Callable[..., float], int]] = {  # name -> (function, number of arguments; 0: two or more)
    "sqrt": (math.sqrt, 1), "exp": (math.exp, 1), "ln": (math.log, 1), "log": (math.log, 1), "log10": (math.log10, 1),
    "abs": (abs, 1), "min": (min, 0), "max": (max, 0), "pow": (math.pow, 2), "sin": (math.sin, 1), "cos": (math.cos, 1),
    "tan": (math.tan, 1), "atan": (math.atan, 1), "asin": (math.asin, 1), "acos": (math.acos, 1), "sinh": (math.sinh, 1),
    "cosh": (math.cosh, 1), "tanh": (math.tanh, 1), "floor": (math.floor, 1), "ceil": (math.ceil, 1), "int": (math.trunc, 1),
    "sgn": (lambda x: (x > 0) - (x < 0), 1), "pwr": (lambda x, y: math.pow(abs(x), y), 2),
}  # fmt: skip
CONSTANTS = {"pi": math.pi}


def suffix_of(text: str) -> str:
    """The letters after a number as written ("pF" of "10pF"), or an empty string."""
    match = _NUMBER.fullmatch(text.lstrip("+-"))
    return match[3] if match else ""


def read_number(text: str) -> float | None:
    """A number with its suffix and sign, or None if this is no number at all.

    Raises Unplaced if it is a number followed by letters that are no suffix and no unit, or too large.
    """
    sign = -1.0 if text.startswith("-") else 1.0
    match = _NUMBER.fullmatch(text[1:] if text[:1] in ("+", "-") else text)
    return None if not match else sign * _number(match[0], match[1], match[2] or "0", match[3])


def _number(text: str, mantissa: str, exponent: str, letters: str) -> float:
    """Value of the parts of a number, correctly rounded (so that 0.7u is exactly 0.7e-6)."""
    if len(text) > LONGEST:
        raise Unplaced(f"{short(text)} is too long for a number")
    power, factor = _suffix(text, letters)
    value = float(f"{mantissa}e{int(exponent) + power}") * factor
    if not math.isfinite(value):
        raise Unplaced(f"{short(text)} is too large")
    return value


def _suffix(text: str, letters: str) -> tuple[int, float]:
    """Power of ten and factor of the letters after a number."""
    low = letters.lower().replace("µ", "u").replace("μ", "u")
    if low in ("mil", "mils"):
        return 0, MIL
    name = "meg" if low.startswith("meg") else low[:1]
    unit = low[len(name) :] if name in SPICE_SUFFIXES else low
    if unit not in UNITS:
        raise Unplaced(f"{short(text)} is not a number: {short(letters)} is no suffix (t g meg k m u n p f a mil) or unit")
    if letters[:1] == "M" and name == "m" and unit in ("hz", "ohm", "ohms", "ω"):
        raise Unplaced(f"{short(text)} has the suffix m, which is milli: write meg for 1e6 (or a small m)")
    return (round(math.log10(SPICE_SUFFIXES[name])) if name in SPICE_SUFFIXES else 0), 1.0


@dataclass(frozen=True)
class Expression:
    """A parsed expression: its text, the parameters it needs and how to compute it from them."""

    text: str
    names: tuple[str, ...]
    evaluate: Evaluate

    def value(self, lookup: Lookup) -> float:
        """The finite value; Unplaced for a division by zero, overflow or an argument outside a function's domain."""
        try:
            value = float(self.evaluate(lookup))
        except ZeroDivisionError:
            raise Unplaced(f"division by zero in {short(self.text)}") from None
        except OverflowError:
            raise Unplaced(f"the value of {short(self.text)} is too large") from None
        except ValueError as error:
            if isinstance(error, Unplaced):
                raise
            raise Unplaced(f"{short(self.text)} has no real value: an argument is outside a function's domain") from None
        if not math.isfinite(value):
            raise Unplaced(f"the value of {short(self.text)} is too large")
        return value


@lru_cache(maxsize=10_000)
def parse_expression(text: str) -> Expression:
    """Read an expression (without its braces or quotes); Unplaced if it is not one."""
    parser = _Parser(text)
    evaluate = parser.whole()
    return Expression(text, tuple(dict.fromkeys(parser.names)), evaluate)


def _compare(operation: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda a, b: float(operation(a, b))


OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "<": _compare(lambda a, b: a < b), ">": _compare(lambda a, b: a > b), "<=": _compare(lambda a, b: a <= b),
    ">=": _compare(lambda a, b: a >= b), "==": _compare(lambda a, b: a == b), "!=": _compare(lambda a, b: a != b),
    "&&": _compare(lambda a, b: bool(a and b)), "||": _compare(lambda a, b: bool(a or b)),
}  # fmt: skip
LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/"))  # loosest first


class _Parser:
    """Recursive descent over the tokens of one expression; every method returns how to compute its part."""

    def __init__(self, text: str):
        self.text, self.names, self.depth, self.at = text, list[str](), 0, 0
        self.tokens = self.split(text)

    def split(self, text: str) -> list[str]:
        tokens, at, end = [], 0, len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if not match:
                raise Unplaced(f"unexpected {text[at:].strip()[:1]!r} in the expression {short(text)}")
            tokens.append(match[0].strip())
            at = match.end()
        return tokens

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token: str) -> None:
        if self.next != token:
            raise self.unexpected(f"expected {token!r}")
        self.at += 1

    def unexpected(self, wanted: str) -> Unplaced:
        found = f"{self.next!r}" if self.next else "the end"
        return Unplaced(f"{wanted}, found {found} in the expression {short(self.text)}")

    def whole(self) -> Evaluate:
        if not self.tokens:
            raise Unplaced("an expression is empty")
        evaluate = self.choice()
        if self.next:
            raise self.unexpected("unbalanced parenthesis" if self.next == ")" else "expected an operator")
        return evaluate

    def choice(self) -> Evaluate:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unplaced(f"the expression {short(self.text)} is nested more than {DEEPEST} levels deep")
        result = condition = self.level(0)
        if self.next == "?":
            self.at += 1
            yes = self.choice()
            self.expect(":")
            no = self.choice()
            result = lambda look: yes(look) if condition(look) else no(look)  # noqa: E731
        self.depth -= 1
        return result

    def level(self, n: int) -> Evaluate:
        """A chain of operands joined by the operators of level n, computed from the left."""
        if n == len(LEVELS):
            return self.signed()
        first, rest = self.level(n + 1), []
        while self.next in LEVELS[n]:
            operation = OPERATIONS[self.take()]
            rest.append((operation, self.level(n + 1)))
        return _chain(first, rest) if rest else first

    def signed(self) -> Evaluate:
        signs = []
        while self.next in ("-", "+", "!"):
            signs.append(self.take())
        operand = self.power()
        minus = signs.count("-") % 2 == 1
        if "!" in signs:
            if len(signs) > 1:
                raise Unplaced(f"'!' may not be joined with other signs in {short(self.text)}")
            return lambda look: float(not operand(look))
        return (lambda look: -operand(look)) if minus else operand

    def power(self) -> Evaluate:
        base = self.atom()
        if self.next not in ("**", "^"):
            return base
        self.at += 1
        minus = self.next == "-" and bool(self.take())
        exponent = self.atom()
        if self.next in ("**", "^"):
            raise Unplaced(f"a power of a power needs parentheses in {short(self.text)}: write (a^b)^c or a^(b^c)")
        return lambda look: math.pow(base(look), -exponent(look) if minus else exponent(look))

    def atom(self) -> Evaluate:
        token = self.next
        if token == "(":
            self.at += 1
            inside = self.choice()
            if self.next != ")":
                raise self.unexpected("unbalanced parenthesis")
            self.at += 1
            return inside
        if token[:1].isdigit() or token[:1] == ".":
            number = read_number(self.take())
            if number is None:
                raise Unplaced(f"{short(token)} is not a number")
            return lambda _: number
        if not (token[:1].isalpha() or token[:1] == "_"):
            raise self.unexpected("expected a number or a name")
        self.at += 1
        return self.call(token.lower()) if self.next == "(" else self.name(token.lower())

    def name(self, name: str) -> Evaluate:
        self.names.append(name)
        return lambda look: look(name)

    def call(self, name: str) -> Evaluate:
        if name not in FUNCTIONS:
            raise Unplaced(f"unknown function {short(name)} in {short(self.text)}{nearest(name, FUNCTIONS)}")
        self.expect("(")
        arguments = [self.choice()]
        while self.next == ",":
            self.at += 1
            arguments.append(self.choice())
        if self.next != ")":
            raise self.unexpected("unbalanced parenthesis")
        self.at += 1
        function, wanted = FUNCTIONS[name]
        if len(arguments) != wanted and not (wanted == 0 and len(arguments) >= 2):
            raise Unplaced(f"{name}() takes {wanted or 'two or more'} values, not {len(arguments)}, in {short(self.text)}")
        return lambda look: function(*(a(look) for a in arguments))


def _chain(first: Evaluate, rest: list[tuple[Callable[[float, float], float], Evaluate]]) -> Evaluate:
    def evaluate(look: Lookup) -> float:
        value = first(look)
        for operation, operand in rest:
            value = operation(value, operand(look))
        return value

    return evaluate
