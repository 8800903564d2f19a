// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"

// The two source samples of an output sample on one axis, an entry of the tables of `resize` and of the fused kernels.
struct Tap {
    // Index of the first sample.
    int32_t index0;
    // Index of the second sample.
    int32_t index1;
    // Weight of the first sample in 1/2048.
    int32_t weight0;
    // Weight of the second sample in 1/2048.
    int32_t weight1;
};
static_assert(sizeof(Tap) == 16);
static_assert(OFFSET_OF(Tap, index0) == 0);
static_assert(OFFSET_OF(Tap, index1) == 4);
static_assert(OFFSET_OF(Tap, weight0) == 8);
static_assert(OFFSET_OF(Tap, weight1) == 12);
