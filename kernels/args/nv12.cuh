// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `nv12_to_rgb`.
struct Nv12Args {
    // The frames read, as gray images with half as many rows again as `dst`: Y, then pairs of U and V.
    ImageParam src;
    // The RGB images written.
    ImageParam dst;
};
static_assert(sizeof(Nv12Args) == 80);
static_assert(OFFSET_OF(Nv12Args, src) == 0);
static_assert(OFFSET_OF(Nv12Args, dst) == 40);
