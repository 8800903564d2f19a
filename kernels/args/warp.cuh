// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// How positions of the source are computed; `WarpArgs::positions`.
enum WarpPositions : uint32_t {
    // By an affine matrix, as by OpenCV.
    AFFINE = 0,
    // By a matrix of three rows, as by OpenCV.
    PERSPECTIVE = 1,
    // By an affine matrix, as by torchvision, where every operation rounds.
    GRID_AFFINE = 2,
    // The same with fused multiply-adds.
    GRID_AFFINE_FUSED = 3,
    // By a matrix of three rows, as by torchvision, where every operation rounds.
    GRID_PERSPECTIVE = 4,
    // The same with fused multiply-adds.
    GRID_PERSPECTIVE_FUSED = 5,
};

// What the pixels outside the source are; `WarpArgs::outside`.
enum WarpOutside : uint32_t {
    // `value`.
    CONSTANT = 0,
    // The nearest pixel of the source.
    REPLICATE = 1,
    // The source mirrored, with its border pixels repeated.
    REFLECT = 2,
    // The source mirrored at its border pixels.
    REFLECT_101 = 3,
    // The source repeated.
    WRAP = 4,
    // 0, also where `value` is not, for `warp_grid` alone: `value` is not mixed into pixels at the border.
    NOTHING = 5,
};

// Arguments of the kernels of `warp.cu`: `dst` has the channels (1, 3 or 4) and batch of `src`.
struct WarpArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Positions of the output to positions of the source, three numbers for each row of the matrix. An affine one has two rows,
    // and zeros follow. Those of the `GRID` positions have the middle of an image as their origin (an affine one) and give
    // positions from -1 to 1 inside the source.
    float map[9];
    // One sample for each channel, for positions outside the source.
    uint8_t value[4];
    // How positions of the source are computed: a number of `WarpPositions`.
    uint32_t positions;
    // What is outside the source: a number of `WarpOutside`.
    uint32_t outside;
};
static_assert(sizeof(WarpArgs) == 128);
static_assert(OFFSET_OF(WarpArgs, src) == 0);
static_assert(OFFSET_OF(WarpArgs, dst) == 40);
static_assert(OFFSET_OF(WarpArgs, map) == 80);
static_assert(OFFSET_OF(WarpArgs, value) == 116);
static_assert(OFFSET_OF(WarpArgs, positions) == 120);
static_assert(OFFSET_OF(WarpArgs, outside) == 124);
