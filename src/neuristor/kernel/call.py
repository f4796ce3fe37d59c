"""Calling a compiled kernel by its address, so that one compiled solver serves every model."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def call(typingctx, address, X):
    """`call(address, X)`: run the kernel at `address` on the flat float64 array X."""

    def codegen(context, builder, signature, args):
        array = context.make_array(signature.args[1])(context, builder, args[1])
        pointer = ir.PointerType(ir.DoubleType())
        kind = ir.FunctionType(ir.VoidType(), [pointer])
        function = builder.inttoptr(args[0], kind.as_pointer())
        builder.call(function, [builder.bitcast(array.data, pointer)])
        return context.get_dummy_value()

    return types.none(types.int64, types.Array(types.float64, 1, "C")), codegen
