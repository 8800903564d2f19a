// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `gather_1`, `gather_2` and `gather_4`, the kernels of crop, flip and pad for samples of 1, 2 and 4 bytes. `dst`
// has the channels (1, 3 or 4) and batch of `src`. Planar images come with one channel and the rows of all planes.
struct GatherArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Column of `dst` where the left column of `src` lies.
    int32_t left;
    // Row of `dst` where the top row of `src` lies.
    int32_t top;
    // Width of the source in `dst`: that of `src`, where `src` is read.
    uint32_t inner_width;
    // Height of the source in `dst`.
    uint32_t inner_height;
    // Bit 0 mirrors the source along x, bit 1 along y.
    uint32_t flip;
    // Pixels outside the source: 0 `value`, 1 the border pixel, 2 reflect-101, 3 `value`, with the inside not written.
    uint32_t outside;
    // Planes of `src` and of `dst`: 1 for interleaved images.
    uint32_t planes;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
    // The bits of one sample for each channel, in the low bytes.
    uint32_t value[4];
};
static_assert(sizeof(GatherArgs) == 128);
static_assert(OFFSET_OF(GatherArgs, src) == 0);
static_assert(OFFSET_OF(GatherArgs, dst) == 40);
static_assert(OFFSET_OF(GatherArgs, left) == 80);
static_assert(OFFSET_OF(GatherArgs, top) == 84);
static_assert(OFFSET_OF(GatherArgs, inner_width) == 88);
static_assert(OFFSET_OF(GatherArgs, inner_height) == 92);
static_assert(OFFSET_OF(GatherArgs, flip) == 96);
static_assert(OFFSET_OF(GatherArgs, outside) == 100);
static_assert(OFFSET_OF(GatherArgs, planes) == 104);
static_assert(OFFSET_OF(GatherArgs, reserved) == 108);
static_assert(OFFSET_OF(GatherArgs, value) == 112);
