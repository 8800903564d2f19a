// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"

// A batch of images in device memory: row `y` of frame `n` begins at `base + n * batch_stride + y * row_pitch`.
struct ImageParam {
    // Address of the first sample.
    uint64_t base;
    // Bytes from a row to the next.
    uint64_t row_pitch;
    // Bytes from an image to the next.
    uint64_t batch_stride;
    // Pixels of a row.
    uint32_t width;
    // Rows of an image.
    uint32_t height;
    // Samples of a pixel; 1 for kernels that take images as rows of samples.
    uint32_t channels;
    // Images of the batch.
    uint32_t batch;
};
static_assert(sizeof(ImageParam) == 40);
static_assert(OFFSET_OF(ImageParam, base) == 0);
static_assert(OFFSET_OF(ImageParam, row_pitch) == 8);
static_assert(OFFSET_OF(ImageParam, batch_stride) == 16);
static_assert(OFFSET_OF(ImageParam, width) == 24);
static_assert(OFFSET_OF(ImageParam, height) == 28);
static_assert(OFFSET_OF(ImageParam, channels) == 32);
static_assert(OFFSET_OF(ImageParam, batch) == 36);
