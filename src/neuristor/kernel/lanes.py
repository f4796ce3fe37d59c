"""A CasADi graph becomes Numba source whose one loop over lanes LLVM vectorises; compiled code stays on disk.

Three conditions make LLVM vectorise: every operand lives in ONE flat float64 array `X` at constant offsets
(X[slot * stride + lane]); the body is branch-free; exp, log and sin are polynomials (`vector_math`).

What depends on parameters alone is taken out of the loop: parameters shared by all lanes are evaluated once into
scalars, those that vary from lane to lane into slots, by the kernel's own `hoist` function.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType

import casadi as ca
import numpy as np

from .disk import load_source

FORMAT = {
    ca.OP_ASSIGN: "{}", ca.OP_ADD: "{} + {}", ca.OP_SUB: "{} - {}", ca.OP_MUL: "{} * {}", ca.OP_DIV: "{} / {}",
    ca.OP_NEG: "-{}", ca.OP_SQ: "{0} * {0}", ca.OP_TWICE: "2.0 * {}", ca.OP_INV: "1.0 / {}",
    ca.OP_SQRT: "sqrt({})", ca.OP_FABS: "abs({})", ca.OP_FMIN: "min({}, {})", ca.OP_FMAX: "max({}, {})",
    ca.OP_FLOOR: "floor({})", ca.OP_CEIL: "ceil({})", ca.OP_EXP: "vexp({})", ca.OP_EXPM1: "vexpm1({})",
    ca.OP_LOG: "vlog({})", ca.OP_LOG1P: "vlog1p({})", ca.OP_TANH: "vtanh({})", ca.OP_SIN: "vsin({})",
    ca.OP_COS: "vcos({})", ca.OP_POW: "vpow({}, {})", ca.OP_CONSTPOW: "vpow({}, {})",
    ca.OP_SIGN: "(1.0 if {0} > 0.0 else (-1.0 if {0} < 0.0 else 0.0))",
    ca.OP_IF_ELSE_ZERO: "({1} if {0} else 0.0)",
}  # fmt: skip
TESTS = {
    ca.OP_LT: "{} < {}", ca.OP_LE: "{} <= {}", ca.OP_EQ: "{} == {}", ca.OP_NE: "{} != {}",
    ca.OP_AND: "{} & {}", ca.OP_OR: "{} | {}", ca.OP_NOT: "not {}",
}  # fmt: skip
LOGICAL = (ca.OP_AND, ca.OP_OR, ca.OP_NOT)
CONSTANT, SHARED, PER_LANE, DYNAMIC = range(4)  # what a value depends on; the order matters


def aligned(size: int) -> np.ndarray:
    """Zeros (size,) that begin on a cache line."""
    raw = np.zeros(size + 8)
    skip = (-raw.ctypes.data % 64) // 8
    return raw[skip : skip + size]


@dataclass
class Layout:
    """Where every quantity of a set of kernels lives in the flat array: `slots` per lane, then `scalars`."""

    lanes: int
    slots: dict[str, int] = field(default_factory=dict)
    scalars: dict[str, int] = field(default_factory=dict)

    def slot(self, name: str) -> int:
        return self.slots.setdefault(name, len(self.slots))

    def scalar(self, name: str) -> int:
        return self.scalars.setdefault(name, len(self.scalars))

    def address(self, name: str) -> int:
        """First index of a quantity in the flat array."""
        if name in self.slots:
            return self.slots[name] * self.stride
        return len(self.slots) * self.stride + self.scalars[name]

    @property
    def stride(self) -> int:
        """Distance of slots; for long ones off the powers of two, where equal lanes would share cache sets."""
        return self.lanes if self.lanes < 128 else self.lanes + 8

    @property
    def size(self) -> int:
        return len(self.slots) * self.stride + len(self.scalars)

    def array(self) -> np.ndarray:
        """A zeroed flat array that starts on a cache line, so that no vector load straddles two."""
        return aligned(self.size)


@dataclass(frozen=True)
class Value:
    """One value of the instruction list: the Python text that names it, what it depends on, where it is stored."""

    text: str
    level: int
    is_test: bool = False
    stored: str = ""  # layout name, if the value has a place in X
    choice: tuple[str, str] = ("", "")  # (condition, number) of a value that is zero where the condition fails
    negates: str = ""  # the condition whose negation this value is
    difference: tuple[str, str] = ("", "")  # (a, b) of a value a - b

    @property
    def number(self) -> str:
        return f"(1.0 if {self.text} else 0.0)" if self.is_test else self.text

    @property
    def truth(self) -> str:
        return f"({self.text})" if self.is_test else f"({self.text} != 0.0)"


class Emitter:
    """Turns one kernel (outputs as expressions of named symbols) into source lines.

    Each instruction goes to one of three places, by what it depends on: `shared` (evaluated once), `per_lane`
    (once, in a loop over lanes) and `body` (the kernel). What one place takes over from an earlier one travels
    through X.
    """

    def __init__(self, name: str, layout: Layout, inputs: dict[str, ca.SX], outputs: dict[str, ca.SX]) -> None:
        self.name, self.layout = name, layout
        self.shared: list[str] = []
        self.per_lane: list[str] = []
        self.body: list[str] = []
        self.broadcast: dict[str, str] = {}  # layout scalar -> local name, read before a loop
        self.fetched: dict[str, Value] = {}  # layout slot -> the value read from it in the body
        expressions = ca.cse([ca.SX(e) for e in outputs.values()])
        graph = ca.Function(name, [ca.vertcat(*inputs.values())], [ca.vertcat(*expressions)])
        self._read(graph, list(inputs), list(outputs))

    def _read(self, graph: ca.Function, inputs: list[str], outputs: list[str]) -> None:
        registers: dict[int, Value] = {}
        known: dict[str, Value] = {}
        stride = self.layout.stride
        stores = []  # a kernel may write where it reads: all stores come last
        for k in range(graph.n_instructions()):
            operation, local = graph.instruction_id(k), f"v{k}"
            out, args = graph.instruction_output(k), graph.instruction_input(k)
            if operation == ca.OP_OUTPUT:
                target = self.layout.slots[outputs[out[1]]] * stride
                stores.append(f"X[l + {target}] = {self._in_body(registers[args[0]]).number}")
            elif operation == ca.OP_INPUT:
                name = inputs[args[1]]
                if name not in known:
                    known[name] = self._input(name, local)
                registers[out[0]] = known[name]
            elif operation == ca.OP_CONST:
                registers[out[0]] = Value(repr(float(graph.instruction_constant(k))), CONSTANT)
            else:
                registers[out[0]] = self._operation(operation, [registers[a] for a in args], local)
        self.body += stores

    def _input(self, name: str, local: str) -> Value:
        if name.startswith("u."):
            self.broadcast[name] = local
            return Value(local, DYNAMIC)
        if name in self.layout.scalars:
            self.shared.append(f"{local} = X[@{name}@]")
            return Value(local, SHARED, stored=name)
        line = f"{local} = X[l + {self.layout.slots[name] * self.layout.stride}]"
        if name.startswith("p."):
            self.per_lane.append(line)
            return Value(local, PER_LANE, stored=name)
        self.body.append(line)
        return Value(local, DYNAMIC)

    def _operation(self, operation: int, args: list[Value], local: str) -> Value:
        level = max(SHARED, *(a.level for a in args))
        if operation == ca.OP_DIV and level == DYNAMIC and args[1].level < DYNAMIC:
            operation, args = ca.OP_MUL, [args[0], self._operation(ca.OP_INV, args[1:], f"{local}r")]
        if level == DYNAMIC:
            args = [self._in_body(a) for a in args]
        elif level == PER_LANE:
            args = [self._broadcast(a) if a.level == SHARED else a for a in args]
        if operation == ca.OP_ADD and (merged := self._select(*args)):
            self.body.append(f"{local} = {merged}")
            return Value(local, DYNAMIC)
        truths = len(args) if operation in LOGICAL else int(operation == ca.OP_IF_ELSE_ZERO)
        texts = [a.truth for a in args[:truths]] + [a.number for a in args[truths:]]
        is_test = operation in TESTS
        form = TESTS.get(operation) or FORMAT.get(operation)
        if form is None:
            raise NotImplementedError(f"{self.name}: CasADi operation {operation} has no lane form")
        if operation in (ca.OP_LE, ca.OP_LT) and args[0].text == "0.0" and args[1].difference[0]:
            texts = [args[1].difference[1], args[1].difference[0]]  # 0 <= a - b is b <= a, exactly
        place = {SHARED: self.shared, PER_LANE: self.per_lane, DYNAMIC: self.body}[level]
        place.append(f"{local} = {form.format(*texts)}")
        choice = ("", "")
        if operation == ca.OP_IF_ELSE_ZERO and level == DYNAMIC:
            choice = (f"not {args[0].negates}" if args[0].negates else args[0].text, texts[1])
        return Value(
            local,
            level,
            is_test,
            choice=choice,
            negates=args[0].text if operation == ca.OP_NOT and args[0].is_test else "",
            difference=(texts[0], texts[1]) if operation == ca.OP_SUB and level == DYNAMIC else ("", ""),
        )

    @staticmethod
    def _select(a: Value, b: Value) -> str:
        """CasADi writes if_else(c, x, y) as (x if c else 0) + (y if not c else 0): one select instead of two."""
        (condition, x), (other, y) = a.choice, b.choice
        if condition and other == f"not {condition}":
            return f"({x} if {condition} else {y})"
        if other and condition == f"not {other}":
            return f"({y} if {other} else {x})"
        return ""

    def _in_body(self, value: Value) -> Value:
        """The value as the body sees it: hoisted ones are broadcast from a scalar or read from a slot."""
        if value.level in (CONSTANT, DYNAMIC):
            return value
        if value.level == SHARED:
            return self._broadcast(value)
        name = value.stored or f"{self.name}.{value.text}"
        if name not in self.fetched:
            index = self.layout.slot(name) * self.layout.stride
            if not value.stored:
                self.per_lane.append(f"X[l + {index}] = {value.number}")
            self.body.append(f"h_{value.text} = X[l + {index}]")
            text = f"h_{value.text}" + (" != 0.0" if value.is_test else "")
            self.fetched[name] = Value(text, DYNAMIC, value.is_test)
        return self.fetched[name]

    def _broadcast(self, value: Value) -> Value:
        name = value.stored or f"{self.name}.{value.text}"
        if name not in self.broadcast:
            self.broadcast[name] = f"u_{value.text}"
            self.layout.scalar(name)
            if not value.stored:
                self.shared.append(f"X[@{name}@] = {value.number}")
        text = self.broadcast[name] + (" != 0.0" if value.is_test else "")
        return Value(text, DYNAMIC, value.is_test)

    def source(self, flags: Sequence[str] = ()) -> str:
        """Source of `hoist_NAME(p)` and `NAME(p)`.

        `flags` names outputs that are stored as one byte a lane (0 or 1), one after the other from the start of the
        first one's slot.
        """
        size, lanes = self.layout.size, self.layout.lanes
        reads = [f"{local} = X[@{name}@]" for name, local in self.broadcast.items()]
        loop = [f"for l in range({lanes}):"]
        hoist = [*self.shared, *(reads + loop + ["    " + line for line in self.per_lane] if self.per_lane else [])]
        inner = list(self.body)
        for k, flag in enumerate(flags):
            start = f"X[l + {self.layout.slots[flag] * self.layout.stride}] = "
            at = next(j for j, line in enumerate(inner) if line.startswith(start))
            byte = 8 * self.layout.slots[flags[0]] * self.layout.stride + k * lanes
            inner[at] = f"B[l + {byte}] = 1 if {inner[at].removeprefix(start)} != 0.0 else 0"
        open_x = [f"X = carray(p, ({size},), float64)", f"B = carray(p, ({8 * size},), uint8)"]
        body = [*open_x, *reads, *loop, *("    " + line for line in inner)]
        text = "".join(
            f"@cfunc('void(voidptr)', **OPTIONS)\ndef {name}(p):\n    " + "\n    ".join(lines) + "\n\n"
            for name, lines in ((f"hoist_{self.name}", open_x[:1] + hoist), (self.name, body))
        )
        return re.sub(r"@([\w.]+)@", lambda m: str(self.layout.address(m[1])), text)


class Program:
    """A set of compiled kernels over one layout: build with `add`, then `compile` once."""

    def __init__(self, lanes: int) -> None:
        self.layout = Layout(lanes)
        self.emitters: dict[str, tuple[Emitter, Sequence[str]]] = {}
        self.module: ModuleType | None = None

    def add(self, name: str, inputs: dict[str, ca.SX], outputs: dict[str, ca.SX], flags: Sequence[str] = ()) -> None:
        """Declare a kernel.

        Inputs "p.*" are parameters (shared by all lanes if they are scalars of the layout, else one a lane), seen
        anew when the kernel's hoist function runs; "u.*" scalars may change from call to call, others per lane.
        """
        for key in inputs:
            if key.startswith("u."):
                self.layout.scalar(key)
            elif key not in self.layout.scalars:
                self.layout.slot(key)
        for key in outputs:
            self.layout.slot(key)
        self.emitters[name] = (Emitter(name, self.layout, inputs, outputs), flags)

    def compile(self) -> None:
        """Write the source (once per content), import it, and let Numba compile or load it from disk."""
        text = "\n".join([HEADER, *(e.source(flags) for e, flags in self.emitters.values())])
        self.module = load_source(text)

    def address(self, name: str) -> int:
        """Address of a compiled kernel, to be called through `call`."""
        return int(getattr(self.module, name).address)

    def hoist_addresses(self) -> np.ndarray:
        return np.array([self.address(f"hoist_{name}") for name in self.emitters], dtype=np.int64)

    def assembly(self, name: str) -> str:
        """Machine code of a kernel as text, for the test that looks for vector instructions."""
        return getattr(self.module, name)._library.get_asm_str()


HEADER = """from numba import carray, cfunc, float64, uint8

from neuristor.kernel.vector_math import FLAGS, SCOPE

globals().update(SCOPE)
OPTIONS = dict(cache=True, fastmath=FLAGS, error_model="numpy")

"""
