// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `normalize`: `src` has 1, 3 or 4 channels.
struct NormalizeArgs {
    // The images read.
    ImageParam src;
    // The images written, as rows of samples: the rows of `src`, or `channels` times as many where `planar` is 1.
    ImageParam dst;
    // Factor of each channel.
    float scale[4];
    // Summand of each channel.
    float offset[4];
    // 0 interleaved, 1 one plane after the other.
    uint32_t planar;
    // The type of the output: 0 for f32, 1 for f16, 2 for bf16.
    uint32_t sample;
};
static_assert(sizeof(NormalizeArgs) == 120);
static_assert(OFFSET_OF(NormalizeArgs, src) == 0);
static_assert(OFFSET_OF(NormalizeArgs, dst) == 40);
static_assert(OFFSET_OF(NormalizeArgs, scale) == 80);
static_assert(OFFSET_OF(NormalizeArgs, offset) == 96);
static_assert(OFFSET_OF(NormalizeArgs, planar) == 112);
static_assert(OFFSET_OF(NormalizeArgs, sample) == 116);
