"""A graph in two parts: what depends on parameters alone (evaluated once, by NumPy) and what depends on more.

`Split` walks the instruction list of a CasADi function of (variables, parameters). `evaluate` gives the values that
the second part needs from the first, for any broadcastable parameter arrays; `vector_ir` compiles the second part.
`full` evaluates everything by NumPy: slow, and the reference for the compiled code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import casadi as ca
import numpy as np

NUMPY: dict[int, Callable[..., Any]] = {
    ca.OP_ASSIGN: lambda x: x, ca.OP_ADD: np.add, ca.OP_SUB: np.subtract, ca.OP_MUL: np.multiply, ca.OP_DIV: np.divide,
    ca.OP_NEG: np.negative, ca.OP_SQ: np.square, ca.OP_TWICE: lambda x: 2.0 * x, ca.OP_INV: lambda x: 1.0 / x,
    ca.OP_SQRT: np.sqrt, ca.OP_FABS: np.abs, ca.OP_FMIN: np.minimum, ca.OP_FMAX: np.maximum, ca.OP_FLOOR: np.floor,
    ca.OP_CEIL: np.ceil, ca.OP_EXP: np.exp, ca.OP_EXPM1: np.expm1, ca.OP_LOG: np.log, ca.OP_LOG1P: np.log1p,
    ca.OP_TANH: np.tanh, ca.OP_SIN: np.sin, ca.OP_COS: np.cos, ca.OP_POW: np.power, ca.OP_CONSTPOW: np.power,
    ca.OP_SIGN: np.sign, ca.OP_LT: np.less, ca.OP_LE: np.less_equal, ca.OP_EQ: np.equal, ca.OP_NE: np.not_equal,
    ca.OP_AND: np.logical_and, ca.OP_OR: np.logical_or, ca.OP_NOT: np.logical_not,
    ca.OP_IF_ELSE_ZERO: lambda c, x: np.where(np.asarray(c) != 0, x, 0.0),
}  # fmt: skip


@dataclass(frozen=True)
class Instruction:
    """One operation of the list: result, operation (-1: an input, -2: a constant), arguments."""

    operation: int
    args: tuple[int, ...] = ()
    name: str = ""
    constant: float = 0.0
    is_dynamic: bool = False


class Split:
    """The instruction list of `outputs` with its parameter-only part marked.

    instructions  by number; outputs: numbers of the instructions that give the outputs
    hoisted       numbers of parameter-only instructions that the rest needs, in the order of `evaluate`
    """

    def __init__(self, variables: Mapping[str, ca.SX], params: Mapping[str, ca.SX], outputs: Sequence[ca.SX]) -> None:
        inputs = [*variables, *params]
        symbols = ca.vertcat(*variables.values(), *params.values())
        graph = ca.Function("split", [symbols], [ca.densify(ca.cse(ca.vertcat(*outputs)))])
        self.instructions: list[Instruction] = []
        self.outputs = [-1] * len(outputs)
        registers: dict[int, int] = {}
        known: dict[Any, int] = {}
        for k in range(graph.n_instructions()):
            operation, out, args = graph.instruction_id(k), graph.instruction_output(k), graph.instruction_input(k)
            if operation == ca.OP_OUTPUT:
                self.outputs[out[1]] = registers[args[0]]
                continue
            if operation == ca.OP_INPUT:
                made = Instruction(-1, name=inputs[args[1]], is_dynamic=args[1] < len(variables))
            elif operation == ca.OP_CONST:
                made = Instruction(-2, constant=float(graph.instruction_constant(k)))
            else:
                numbers = tuple(registers[a] for a in args)
                made = Instruction(operation, numbers, is_dynamic=any(self.instructions[n].is_dynamic for n in numbers))
            if made not in known:
                known[made] = len(self.instructions)
                self.instructions.append(made)
            registers[out[0]] = known[made]
        zero = self._constant(0.0, known)
        self.outputs = [zero if n < 0 else n for n in self.outputs]  # structurally zero outputs have no instruction
        self._invert_denominators(known)
        self.hoisted = self._needed()

    def _constant(self, value: float, known: dict[Any, int]) -> int:
        made = Instruction(-2, constant=value)
        if made not in known:
            known[made] = len(self.instructions)
            self.instructions.append(made)
        return known[made]

    def _invert_denominators(self, known: dict[Any, int]) -> None:
        """x / p becomes x * (1/p) with 1/p hoisted."""
        for k, i in enumerate(self.instructions):
            if i.operation == ca.OP_DIV and i.is_dynamic and not self.instructions[i.args[1]].is_dynamic:
                inverse = Instruction(ca.OP_INV, (i.args[1],))
                if inverse not in known:
                    known[inverse] = len(self.instructions)
                    self.instructions.append(inverse)
                self.instructions[k] = Instruction(ca.OP_MUL, (i.args[0], known[inverse]), is_dynamic=True)

    def _needed(self) -> list[int]:
        used = [a for i in self.instructions if i.is_dynamic for a in i.args] + self.outputs
        return sorted({a for a in used if not self.instructions[a].is_dynamic and self.instructions[a].operation != -2})

    @cached_property
    def order(self) -> list[int]:
        """Instruction numbers such that arguments come first (appended reciprocals stand at the end of the list)."""
        return sorted(range(len(self.instructions)), key=self._depth)

    def _depth(self, k: int) -> tuple[int, int]:
        i = self.instructions[k]
        late = i.operation == ca.OP_INV and not i.is_dynamic
        return (i.args[0], 1) if late else (k, 0)

    def evaluate(self, params: Mapping[str, Any]) -> list[Any]:
        """Values of the hoisted instructions for parameter arrays that broadcast against each other."""
        values = self._run(params, dynamic=False)
        return [values[k] for k in self.hoisted]

    def full(self, variables: Mapping[str, Any], params: Mapping[str, Any]) -> list[Any]:
        """All outputs, by NumPy."""
        values = self._run({**params, **variables}, dynamic=True)
        return [values[k] for k in self.outputs]

    def _run(self, inputs: Mapping[str, Any], dynamic: bool) -> dict[int, Any]:
        values: dict[int, Any] = {}
        with np.errstate(all="ignore"):
            for k in self.order:
                i = self.instructions[k]
                if i.is_dynamic and not dynamic:
                    continue
                if i.operation == -1:
                    values[k] = np.asarray(inputs[i.name], dtype=float)
                elif i.operation == -2:
                    values[k] = i.constant
                else:
                    values[k] = np.asarray(NUMPY[i.operation](*(values[a] for a in i.args)), dtype=float)
        return values
