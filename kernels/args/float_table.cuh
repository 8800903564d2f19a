// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `float_table`: `src` has 1, 3 or 4 channels.
struct FloatTableArgs {
    // The images read.
    ImageParam src;
    // The images written, as rows of samples: the rows of `src`, or `channels` times as many where `planar` is 1.
    ImageParam dst;
    // Address of the numbers, 256 f32 for each of 4 channels, a multiple of 16.
    uint64_t tables;
    // 0 interleaved, 1 one plane after the other.
    uint32_t planar;
    // The type of the output: 0 for f32, 1 for f16, 2 for bf16.
    uint32_t sample;
};
static_assert(sizeof(FloatTableArgs) == 96);
static_assert(OFFSET_OF(FloatTableArgs, src) == 0);
static_assert(OFFSET_OF(FloatTableArgs, dst) == 40);
static_assert(OFFSET_OF(FloatTableArgs, tables) == 80);
static_assert(OFFSET_OF(FloatTableArgs, planar) == 88);
static_assert(OFFSET_OF(FloatTableArgs, sample) == 92);
