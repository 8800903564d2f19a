// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of the kernels of `canny.cu`: `src` has 1, 3 or 4 channels, `dst` one.
struct CannyArgs {
    // The images read.
    ImageParam src;
    // The images written; they must not overlap those read.
    ImageParam dst;
    // Address of the labels: u32 numbers, one for each pixel of each image.
    uint64_t labels;
    // The magnitude above which a pixel continues an edge.
    int32_t low;
    // The magnitude above which a pixel begins an edge.
    int32_t high;
    // Taps of the Sobel kernels: 3, 5 or 7.
    uint32_t aperture;
    // 1 where a magnitude is the sum of the squares of the derivatives; 0: of their absolute values.
    uint32_t l2_gradient;
};
static_assert(sizeof(CannyArgs) == 104);
static_assert(OFFSET_OF(CannyArgs, src) == 0);
static_assert(OFFSET_OF(CannyArgs, dst) == 40);
static_assert(OFFSET_OF(CannyArgs, labels) == 80);
static_assert(OFFSET_OF(CannyArgs, low) == 88);
static_assert(OFFSET_OF(CannyArgs, high) == 92);
static_assert(OFFSET_OF(CannyArgs, aperture) == 96);
static_assert(OFFSET_OF(CannyArgs, l2_gradient) == 100);
