"""Straight-line vector code from an instruction list: LLVM IR on <W x double>, compiled once, kept on disk.

For device models of thousands of operations this replaces the loop over lanes that `lanes` leaves to the compiler's
vectoriser: every operation is written on vectors of the machine's own width, so that nothing depends on an analysis,
and compiling takes seconds.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import casadi as ca
import llvmlite
import llvmlite.binding as llvm
from llvmlite import ir

from .disk import cache_folder
from .split import Split
from .vector_circular import circular
from .vector_math import FLAGS as NUMBA_FLAGS
from .vector_math import LN2_HIGH, LN2_LOW, LOG2_E, ROUND

DOUBLE, I1, I64 = ir.DoubleType(), ir.IntType(1), ir.IntType(64)
FLAGS = tuple(sorted(NUMBA_FLAGS))
EXP_TERMS = [1.0, 1.0, 0.5, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040, 1 / 40320, 1 / 362880, 1 / 3628800,
             1 / 39916800, 1 / 479001600, 1 / 6227020800]  # fmt: skip
LOG_TERMS = [0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
             0.1531383769920937, 0.14798198605116586]  # fmt: skip


@cache
def host() -> tuple[str, str]:
    """CPU name and features of this machine."""
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@cache
def vector_width() -> int:
    """Doubles per vector register: 8 with AVX-512, 4 with AVX, else 2."""
    features = host()[1].split(",")
    return 8 if "+avx512f" in features else 4 if "+avx" in features else 2


class Vectors:
    """IR builder for vectors of W doubles: arithmetic, selects and elementary functions."""

    def __init__(self, builder: ir.IRBuilder, module: ir.Module, width: int) -> None:
        self.b, self.module, self.width = builder, module, width
        self.type = ir.VectorType(DOUBLE, width)
        self.bits = ir.VectorType(I64, width)
        self.mask = ir.VectorType(I1, width)

    def constant(self, x: float) -> ir.Constant:
        return ir.Constant(self.type, [x] * self.width)

    def integers(self, n: int) -> ir.Constant:
        return ir.Constant(self.bits, [n] * self.width)

    def intrinsic(self, name: str, *args: Any) -> Any:
        full = f"llvm.{name}.v{self.width}f64"
        f = self.module.globals.get(full) or ir.Function(self.module, ir.FunctionType(self.type, [self.type]), full)
        return self.b.call(f, args, fastmath=FLAGS)

    def add(self, x: Any, y: Any) -> Any:
        return self.b.fadd(x, y, flags=FLAGS)

    def sub(self, x: Any, y: Any) -> Any:
        return self.b.fsub(x, y, flags=FLAGS)

    def mul(self, x: Any, y: Any) -> Any:
        return self.b.fmul(x, y, flags=FLAGS)

    def div(self, x: Any, y: Any) -> Any:
        return self.b.fdiv(x, y, flags=FLAGS)

    def less(self, x: Any, y: Any) -> Any:
        return self.b.fcmp_ordered("<", x, y)

    def choose(self, c: Any, x: Any, y: Any) -> Any:
        return self.b.select(c, x, y)

    def load(self, pointer: Any, index: Any) -> Any:
        at = self.b.gep(pointer, [index])
        return self.b.load(self.b.bitcast(at, self.type.as_pointer()), align=8)

    def store(self, value: Any, pointer: Any, index: Any) -> None:
        at = self.b.gep(pointer, [index])
        self.b.store(value, self.b.bitcast(at, self.type.as_pointer()), align=8)

    def broadcast(self, scalar: Any) -> Any:
        one = self.b.insert_element(ir.Constant(self.type, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.width), [0] * self.width)
        return self.b.shuffle_vector(one, ir.Constant(self.type, ir.Undefined), zeros)

    def polynomial(self, x: Any, terms: Sequence[float]) -> Any:
        """sum terms[k] x^k, pairs first (Estrin), so that the chain of dependent operations is short."""
        level = [self.constant(t) for t in terms]
        power = x
        while len(level) > 1:
            pairs = [self.add(self.mul(level[k + 1], power), level[k]) for k in range(0, len(level) - 1, 2)]
            level = pairs + ([level[-1]] if len(level) % 2 else [])
            power = self.mul(power, power) if len(level) > 1 else power
        return level[0]

    def _reduce(self, x: Any) -> tuple[Any, Any]:
        """x = n ln 2 + r with |r| < 0.35: 2^n and r; saturating beyond +-708."""
        low = self.constant(-708.0)
        high = self.constant(708.0)
        x = self.choose(self.less(x, low), low, x)
        x = self.choose(self.less(high, x), high, x)
        # the rounding constant must not be folded away: no flags on these two
        t = self.b.fadd(self.b.fmul(x, self.constant(LOG2_E)), self.constant(ROUND))
        n = self.b.fsub(t, self.constant(ROUND))
        r = self.sub(self.sub(x, self.mul(n, self.constant(LN2_HIGH))), self.mul(n, self.constant(LN2_LOW)))
        bits = self.b.add(self.b.bitcast(t, self.bits), self.integers(1023))
        return self.b.bitcast(self.b.shl(bits, self.integers(52)), self.type), r

    def exp(self, x: Any) -> Any:
        scale, r = self._reduce(x)
        return self.mul(scale, self.polynomial(r, EXP_TERMS))

    def expm1(self, x: Any) -> Any:
        scale, r = self._reduce(x)
        tail = self.polynomial(r, EXP_TERMS[2:])
        small = self.add(self.mul(self.mul(tail, r), r), r)
        return self.add(self.mul(scale, small), self.sub(scale, self.constant(1.0)))

    def log(self, x: Any) -> Any:
        i = self.b.bitcast(x, self.bits)
        m_bits = self.b.or_(self.b.and_(i, self.integers(0x000FFFFFFFFFFFFF)), self.integers(0x3FE0000000000000))
        m = self.b.bitcast(m_bits, self.type)
        e_bits = self.b.or_(
            self.b.and_(self.b.lshr(i, self.integers(52)), self.integers(2047)), self.integers(0x4330000000000000)
        )
        e = self.sub(self.b.bitcast(e_bits, self.type), self.constant(4503599627370496.0 + 1022.0))
        low = self.less(m, self.constant(0.7071067811865476))
        m = self.choose(low, self.add(m, m), m)
        e = self.choose(low, self.sub(e, self.constant(1.0)), e)
        f = self.sub(m, self.constant(1.0))
        s = self.div(f, self.add(f, self.constant(2.0)))
        z = self.mul(s, s)
        w = self.mul(self.mul(z, s), self.polynomial(z, LOG_TERMS))
        return self.add(self.mul(e, self.constant(0.6931471805599453)), self.add(self.add(s, s), w))

    def log1p(self, x: Any) -> Any:
        one = self.constant(1.0)
        u = self.b.fadd(one, x)
        d = self.b.fsub(u, one)
        tiny = self.b.fcmp_ordered("==", d, self.constant(0.0))
        corrected = self.mul(self.log(u), self.div(x, self.choose(tiny, one, d)))
        return self.choose(tiny, x, corrected)

    def tanh(self, x: Any) -> Any:
        e = self.expm1(self.mul(self.constant(-2.0), self.intrinsic("fabs", x)))
        t = self.div(self.b.fneg(e), self.add(self.constant(2.0), e))
        return self.choose(self.less(x, self.constant(0.0)), self.b.fneg(t), t)


class Body:
    """Emits the dynamic instructions of a Split; `hoisted` maps instruction number -> vector value."""

    def __init__(self, v: Vectors, split: Split, inputs: dict[str, Any], hoisted: Callable[[int], Any]) -> None:
        self.v, self.split, self.inputs, self.hoisted = v, split, inputs, hoisted
        self.numbers: dict[int, Any] = {}
        self.tests: dict[int, Any] = {}
        self.inverse: dict[int, Any] = {}
        self.shared = self._shared_denominators()

    def _shared_denominators(self) -> set[int]:
        seen: dict[int, int] = {}
        for i in self.split.instructions:
            if i.operation == ca.OP_DIV and i.is_dynamic:
                seen[i.args[1]] = seen.get(i.args[1], 0) + 1
        return {k for k, n in seen.items() if n > 1}

    def number(self, k: int) -> Any:
        if k not in self.numbers:
            if k in self.tests:
                one, zero = self.v.constant(1.0), self.v.constant(0.0)
                self.numbers[k] = self.v.choose(self.tests[k], one, zero)
            else:
                i = self.split.instructions[k]
                self.numbers[k] = self.v.constant(i.constant) if i.operation == -2 else self.hoisted(k)
        return self.numbers[k]

    def test(self, k: int) -> Any:
        if k not in self.tests:
            self.tests[k] = self.v.b.fcmp_unordered("!=", self.number(k), self.v.constant(0.0))
        return self.tests[k]

    def run(self) -> None:
        """Emit everything; results are then read with `number`."""
        for k in self.split.order:
            i = self.split.instructions[k]
            if not i.is_dynamic:
                continue
            if i.operation == -1:
                self.numbers[k] = self.inputs[i.name]
            elif i.operation in (ca.OP_LT, ca.OP_LE, ca.OP_EQ, ca.OP_NE):
                sign = {ca.OP_LT: "<", ca.OP_LE: "<=", ca.OP_EQ: "==", ca.OP_NE: "!="}[i.operation]
                self.tests[k] = self.v.b.fcmp_ordered(sign, self.number(i.args[0]), self.number(i.args[1]))
            elif i.operation == ca.OP_NOT:
                self.tests[k] = self.v.b.not_(self.test(i.args[0]))
            elif i.operation in (ca.OP_AND, ca.OP_OR):
                join = self.v.b.and_ if i.operation == ca.OP_AND else self.v.b.or_
                self.tests[k] = join(self.test(i.args[0]), self.test(i.args[1]))
            elif i.operation == ca.OP_IF_ELSE_ZERO:
                self.numbers[k] = self.v.choose(self.test(i.args[0]), self.number(i.args[1]), self.v.constant(0.0))
            elif i.operation == ca.OP_ADD and (merged := self._one_choice(*i.args)) is not None:
                self.numbers[k] = merged
            else:
                self.numbers[k] = self._arithmetic(i.operation, i.args)

    def _one_choice(self, a: int, b: int) -> Any:
        """(x if c else 0) + (y if not c else 0) is one select."""
        first, second = self.split.instructions[a], self.split.instructions[b]
        if first.operation != ca.OP_IF_ELSE_ZERO or second.operation != ca.OP_IF_ELSE_ZERO:
            return None
        for p, q in ((first, second), (second, first)):
            negation = self.split.instructions[q.args[0]]
            if negation.operation == ca.OP_NOT and negation.args[0] == p.args[0]:
                return self.v.choose(self.test(p.args[0]), self.number(p.args[1]), self.number(q.args[1]))
        return None

    def _arithmetic(self, operation: int, args: tuple[int, ...]) -> Any:
        v = self.v
        x = self.number(args[0])
        y = self.number(args[1]) if len(args) > 1 else None
        if operation == ca.OP_DIV and args[1] in self.shared:
            if args[1] not in self.inverse:
                self.inverse[args[1]] = v.div(v.constant(1.0), y)
            return v.mul(x, self.inverse[args[1]])
        simple: dict[int, Callable[[], Any]] = {
            ca.OP_ASSIGN: lambda: x,
            ca.OP_ADD: lambda: v.add(x, y),
            ca.OP_SUB: lambda: v.sub(x, y),
            ca.OP_MUL: lambda: v.mul(x, y),
            ca.OP_DIV: lambda: v.div(x, y),
            ca.OP_NEG: lambda: v.b.fneg(x),
            ca.OP_SQ: lambda: v.mul(x, x),
            ca.OP_TWICE: lambda: v.add(x, x),
            ca.OP_INV: lambda: v.div(v.constant(1.0), x),
            ca.OP_SQRT: lambda: v.intrinsic("sqrt", x),
            ca.OP_FABS: lambda: v.intrinsic("fabs", x),
            ca.OP_FMIN: lambda: v.choose(v.less(x, y), x, y),
            ca.OP_FMAX: lambda: v.choose(v.less(y, x), x, y),
            ca.OP_EXP: lambda: v.exp(x),
            ca.OP_EXPM1: lambda: v.expm1(x),
            ca.OP_LOG: lambda: v.log(x),
            ca.OP_LOG1P: lambda: v.log1p(x),
            ca.OP_TANH: lambda: v.tanh(x),
            ca.OP_SIN: lambda: circular(v, x, 0),
            ca.OP_COS: lambda: circular(v, x, 1),
            ca.OP_POW: lambda: v.exp(v.mul(y, v.log(x))),
            ca.OP_CONSTPOW: lambda: v.exp(v.mul(y, v.log(x))),
            ca.OP_SIGN: lambda: v.choose(
                v.less(x, v.constant(0.0)),
                v.constant(-1.0),
                v.choose(v.less(v.constant(0.0), x), v.constant(1.0), v.constant(0.0)),
            ),
        }
        if operation not in simple:
            raise NotImplementedError(f"CasADi operation {operation} has no vector form")
        return simple[operation]()


_LOADED: dict[str, Any] = {}


def compiled(source: str, name: str) -> int:
    """Address of function `name` of an IR module given as text; compiled once per machine, kept on disk."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = host()
    stamp = f"{llvmlite.__version__} {cpu} {features}\n{source}"
    key = hashlib.sha256(stamp.encode()).hexdigest()[:24]
    if key not in _LOADED:
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=cpu, features=features, opt=2, reloc="pic", codemodel="small"
        )
        path = cache_folder() / f"neuristor_device_{key}.o"
        if not path.exists():
            part = path.with_suffix(f".{os.getpid()}.part")
            part.write_bytes(machine.emit_object(llvm.parse_assembly(source)))
            os.replace(part, path)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        engine.add_object_file(llvm.ObjectFileRef.from_data(path.read_bytes()))
        engine.finalize_object()
        _LOADED[key] = engine
    address = _LOADED[key].get_function_address(name)
    assert address, f"{name} was not found in its compiled module"
    return int(address)


def with_width(source: str, width: int) -> str:
    """Tell the code generator that vectors of this width are meant (it would split 512 bits on some machines)."""
    bits = 64 * width
    mark = f' "min-legal-vector-width"="{bits}" "prefer-vector-width"="{bits}"'
    lines = source.splitlines()
    for k, line in enumerate(lines):
        if line.startswith("define "):
            lines[k] = line + mark
    return "\n".join(lines)
