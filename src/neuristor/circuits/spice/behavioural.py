"""Formulas as the text of ngspice's behavioural sources, from the same graphs that the native engine compiles."""

from __future__ import annotations

from collections.abc import Mapping

import casadi as ca

BINARY = {
    ca.OP_ADD: "({0}+{1})", ca.OP_SUB: "({0}-{1})", ca.OP_MUL: "({0}*{1})", ca.OP_DIV: "({0}/{1})",
    ca.OP_POW: "pow({0},{1})", ca.OP_CONSTPOW: "pow({0},{1})", ca.OP_FMIN: "min({0},{1})", ca.OP_FMAX: "max({0},{1})",
    ca.OP_LT: "({0}<{1})", ca.OP_LE: "({0}<={1})", ca.OP_EQ: "({0}=={1})", ca.OP_NE: "({0}!={1})",
    ca.OP_AND: "({0}&&{1})", ca.OP_OR: "({0}||{1})", ca.OP_IF_ELSE_ZERO: "({0}?{1}:0)",
}  # fmt: skip
UNARY = {
    ca.OP_NEG: "(-{0})", ca.OP_EXP: "exp({0})", ca.OP_LOG: "ln({0})", ca.OP_SQRT: "sqrt({0})", ca.OP_SQ: "({0}*{0})",
    ca.OP_TWICE: "(2*{0})", ca.OP_INV: "(1/{0})", ca.OP_FABS: "abs({0})", ca.OP_TANH: "tanh({0})", ca.OP_SIN: "sin({0})",
    ca.OP_COS: "cos({0})", ca.OP_SINH: "sinh({0})", ca.OP_COSH: "cosh({0})", ca.OP_ATANH: "atanh({0})",
    ca.OP_LOG1P: "ln(1+{0})", ca.OP_EXPM1: "(exp({0})-1)", ca.OP_NOT: "({0}?0:1)", ca.OP_ASSIGN: "{0}",
}  # fmt: skip
WIDTH = 100


def formula(expression: ca.SX, names: Mapping[str, str]) -> str:
    """A scalar expression as text; `names`: symbol -> what it is called there, such as "v(p,n)" or "{r_on}".

    a / (1 + e^z) is written with a tanh, whose derivative does not overflow.
    """
    known: dict[int, str] = {}

    def text(e: ca.SX) -> str:
        key = e.element_hash()
        if key not in known:
            known[key] = written(e)
        return known[key]

    def written(e: ca.SX) -> str:
        if e.is_constant():
            return f"({float(e)!r})" if float(e) < 0 else repr(float(e))
        if e.is_symbolic():
            return names[e.name()]
        exponent = logistic_of(e)
        if exponent is not None:
            share = f"(0.5-0.5*tanh(0.5*{text(exponent)}))"
            return f"({text(e.dep(0))}*{share})" if e.op() == ca.OP_DIV else share
        parts = [text(e.dep(k)) for k in range(e.n_dep())]
        return (BINARY if len(parts) == 2 else UNARY)[e.op()].format(*parts)

    return text(expression)


def logistic_of(e: ca.SX) -> ca.SX | None:
    """The z of a / (1 + e^z), or None for anything else."""
    if e.op() not in (ca.OP_INV, ca.OP_DIV):
        return None
    below = e.dep(e.n_dep() - 1)
    if below.is_constant() or below.is_symbolic() or below.op() != ca.OP_ADD:
        return None
    for one, other in ((0, 1), (1, 0)):
        added, rest = below.dep(one), below.dep(other)
        if added.is_constant() and float(added) == 1.0 and rest.n_dep() and rest.op() == ca.OP_EXP:
            z = rest.dep(0)
            saturated = z.n_dep() == 2 and z.op() == ca.OP_FMIN
            return next((z.dep(k) for k in (0, 1) if not z.dep(k).is_constant()), z) if saturated else z
    return None


def folded(head: str, text: str) -> str:
    """A card with its formula on lines of at most WIDTH characters or so, cut behind operators and blanks."""
    lines, line = [], head
    for piece in pieces(text):
        if len(line) + len(piece) > WIDTH:
            lines.append(line)
            line = "+ "
        line += piece
    return "\n".join([*lines, line])


def pieces(text: str) -> list[str]:
    """The text cut behind each *, ? and blank."""
    found, start = [], 0
    for k, character in enumerate(text):
        if character in "*? ":
            found.append(text[start : k + 1])
            start = k + 1
    return [*found, text[start:]]
