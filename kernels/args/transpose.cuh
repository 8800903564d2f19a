// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `transpose_1`, `transpose_2` and `transpose_4`, for samples of 1, 2 and 4 bytes: `dst` has the columns of `src` as rows,
// and its channels (1, 3 or 4) and batch. Planar images come with one channel and the rows of all planes.
struct TransposeArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Bit 0 mirrors the source along x first, bit 1 along y.
    uint32_t flip;
    // Planes of the images: 1 for interleaved images.
    uint32_t planes;
};
static_assert(sizeof(TransposeArgs) == 88);
static_assert(OFFSET_OF(TransposeArgs, src) == 0);
static_assert(OFFSET_OF(TransposeArgs, dst) == 40);
static_assert(OFFSET_OF(TransposeArgs, flip) == 80);
static_assert(OFFSET_OF(TransposeArgs, planes) == 84);
