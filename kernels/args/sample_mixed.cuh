// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"

// One axis of an image of a mixed batch, from which `sample_mixed.cu` computes the taps: a gather, a bilinear resize, and another
// gather. Position `o` of the output shows position `d = after_first + after_step * o` of the resized axis, of which the taps
// have positions `i`; these are the positions `before_first + before_step * i` of the source.
struct MixedAxis {
    // The length of the axis in lengths of the resized axis; 1 without a resize.
    double scale;
    // The last position of the axis that is resized.
    int32_t last;
    // The first position of the output that shows the source. Those before it are outside.
    int32_t first;
    // The position of the output from which on it is outside the source again.
    int32_t end;
    // Position of the resized axis that position 0 of the output shows. It may lie outside.
    int32_t after_first;
    // 1, or -1 for a flip behind the resize.
    int32_t after_step;
    // Position of the source that position 0 of the axis shows.
    int32_t before_first;
    // 1, or -1 for a flip before the resize.
    int32_t before_step;
    // Zero; fills the struct, which has no padding.
    int32_t reserved;
};
static_assert(sizeof(MixedAxis) == 40);
static_assert(OFFSET_OF(MixedAxis, scale) == 0);
static_assert(OFFSET_OF(MixedAxis, last) == 8);
static_assert(OFFSET_OF(MixedAxis, first) == 12);
static_assert(OFFSET_OF(MixedAxis, end) == 16);
static_assert(OFFSET_OF(MixedAxis, after_first) == 20);
static_assert(OFFSET_OF(MixedAxis, after_step) == 24);
static_assert(OFFSET_OF(MixedAxis, before_first) == 28);
static_assert(OFFSET_OF(MixedAxis, before_step) == 32);
static_assert(OFFSET_OF(MixedAxis, reserved) == 36);

// One image of a mixed batch, an entry of the table of `sample_mixed.cu`. Its bytes lie in rows of `width` pixels; those of NV12
// frames are the rows of Y and those of U and V.
struct MixedImage {
    // Address of the first sample.
    uint64_t base;
    // Bytes from a row to the next.
    uint64_t row_pitch;
    // Pixels of a row.
    uint32_t width;
    // Rows in memory.
    uint32_t height;
    // The pixel outside the source, as it is before the normalization.
    uint32_t outside;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
    // The columns.
    MixedAxis columns;
    // The rows.
    MixedAxis lines;
};
static_assert(sizeof(MixedImage) == 112);
static_assert(OFFSET_OF(MixedImage, base) == 0);
static_assert(OFFSET_OF(MixedImage, row_pitch) == 8);
static_assert(OFFSET_OF(MixedImage, width) == 16);
static_assert(OFFSET_OF(MixedImage, height) == 20);
static_assert(OFFSET_OF(MixedImage, outside) == 24);
static_assert(OFFSET_OF(MixedImage, reserved) == 28);
static_assert(OFFSET_OF(MixedImage, columns) == 32);
static_assert(OFFSET_OF(MixedImage, lines) == 72);
