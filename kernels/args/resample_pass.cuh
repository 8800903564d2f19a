// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// The bits of `ResamplePassArgs::flags`.
enum ResampleFlags : uint32_t {
    // Colors of the source are multiplied with alpha.
    PREMULTIPLY = 1,
    // Colors of the result are divided by alpha.
    UNPREMULTIPLY = 2,
};

// Arguments of the kernels of `resample_passes.cu`: one pass along one axis.
struct ResamplePassArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Address of the entries `ResampleSpan`, one for each column or row of `dst`.
    uint64_t spans;
    // Address of the weights of all spans, i32 or f32.
    uint64_t weights;
    // Fractional bits of i32 weights.
    uint32_t shift;
    // Bits of `ResampleFlags`.
    uint32_t flags;
};
static_assert(sizeof(ResamplePassArgs) == 104);
static_assert(OFFSET_OF(ResamplePassArgs, src) == 0);
static_assert(OFFSET_OF(ResamplePassArgs, dst) == 40);
static_assert(OFFSET_OF(ResamplePassArgs, spans) == 80);
static_assert(OFFSET_OF(ResamplePassArgs, weights) == 88);
static_assert(OFFSET_OF(ResamplePassArgs, shift) == 96);
static_assert(OFFSET_OF(ResamplePassArgs, flags) == 100);

// The source positions of a column or row.
struct ResampleSpan {
    // The first position.
    uint32_t first;
    // The number of positions, and of weights.
    uint32_t count;
    // The index of the first weight.
    uint32_t weight;
};
static_assert(sizeof(ResampleSpan) == 12);
static_assert(OFFSET_OF(ResampleSpan, first) == 0);
static_assert(OFFSET_OF(ResampleSpan, count) == 4);
static_assert(OFFSET_OF(ResampleSpan, weight) == 8);
