// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `concat_1`, `concat_2` and `concat_4`, for samples of 1, 2 and 4 bytes. All images come as rows of samples, planar ones with
// the rows of all planes.
struct ConcatArgs {
    // The first images read.
    ImageParam a;
    // The second images read, which have the rows of the first ones, or where one is below the other rows as long.
    ImageParam b;
    // The images written.
    ImageParam dst;
    // 0 where the second image is to the right of the first, 1 where it is below.
    uint32_t vertical;
    // Planes of the images: 1 for interleaved images.
    uint32_t planes;
};
static_assert(sizeof(ConcatArgs) == 128);
static_assert(OFFSET_OF(ConcatArgs, a) == 0);
static_assert(OFFSET_OF(ConcatArgs, b) == 40);
static_assert(OFFSET_OF(ConcatArgs, dst) == 80);
static_assert(OFFSET_OF(ConcatArgs, vertical) == 120);
static_assert(OFFSET_OF(ConcatArgs, planes) == 124);

// Arguments of `tile_1`, `tile_2` and `tile_4`, for samples of 1, 2 and 4 bytes. The images come as rows of samples, planar ones with the
// rows of all planes.
struct TileArgs {
    // The images read.
    ImageParam src;
    // The images written: rows and their number are multiples of those of `src`.
    ImageParam dst;
    // Planes of the images: 1 for interleaved images.
    uint32_t planes;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(TileArgs) == 88);
static_assert(OFFSET_OF(TileArgs, src) == 0);
static_assert(OFFSET_OF(TileArgs, dst) == 40);
static_assert(OFFSET_OF(TileArgs, planes) == 80);
static_assert(OFFSET_OF(TileArgs, reserved) == 84);
