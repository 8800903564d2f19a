// The argument block of operators with one input and at most two numbers as parameters.
#pragma once

#include "common.cuh"

// The same fields as `UnaryArgs` in crates/ops/src/kernels/args.rs.
struct UnaryArgs {
    Image src;
    Image dst;
    uint32_t a;
    uint32_t b;
};
static_assert(sizeof(UnaryArgs) == 88, "UnaryArgs differs from crates/ops/src/kernels/args.rs");
