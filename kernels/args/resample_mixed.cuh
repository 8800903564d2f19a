// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/sample.cuh"

// The filters of `ResampleMixedArgs::filter`.
enum ResampleMixedFilter : uint32_t {
    // The mean of the positions within half a position.
    BOX = 0,
    // A triangle, one position to each side.
    TRIANGLE = 1,
    // A cubic polynomial with the operations of Pillow, or in single precision those of torch.
    PILLOW_CUBIC = 2,
    // The same polynomial with the operations of torch.
    TORCH_CUBIC = 3,
};

// One axis of an image of a mixed chain with a resample, from which the kernels compute windows and weights, as the host does
// (`crates/ops/src/resample/tables`). Position `o` of the output shows position `d = after_first + after_step * o` of the resized
// axis. Numbers of windows in single precision are of that precision.
struct ResampleMixedAxis {
    // The position of the source at which the resized axis begins.
    double start;
    // Source positions for each position of the resized axis.
    double scale;
    // Half the length of a window in source positions.
    double support;
    // The distance in the filter for each source position.
    double inverse;
    // The length of the source.
    uint32_t length;
    // The length of the resized axis.
    uint32_t target;
    // 1: position `d` is position `start + d` of the source.
    uint32_t copies;
    // The first position of the output that shows the source. Those before it are outside.
    int32_t first;
    // The position of the output from which on it is outside the source again.
    int32_t end;
    // Position of the resized axis that position 0 of the output shows. It may lie outside.
    int32_t after_first;
    // 1, or -1 for a flip behind the resample.
    int32_t after_step;
    // Zero; fills the struct, which has no padding.
    int32_t reserved;
};
static_assert(sizeof(ResampleMixedAxis) == 64);
static_assert(OFFSET_OF(ResampleMixedAxis, start) == 0);
static_assert(OFFSET_OF(ResampleMixedAxis, scale) == 8);
static_assert(OFFSET_OF(ResampleMixedAxis, support) == 16);
static_assert(OFFSET_OF(ResampleMixedAxis, inverse) == 24);
static_assert(OFFSET_OF(ResampleMixedAxis, length) == 32);
static_assert(OFFSET_OF(ResampleMixedAxis, target) == 36);
static_assert(OFFSET_OF(ResampleMixedAxis, copies) == 40);
static_assert(OFFSET_OF(ResampleMixedAxis, first) == 44);
static_assert(OFFSET_OF(ResampleMixedAxis, end) == 48);
static_assert(OFFSET_OF(ResampleMixedAxis, after_first) == 52);
static_assert(OFFSET_OF(ResampleMixedAxis, after_step) == 56);
static_assert(OFFSET_OF(ResampleMixedAxis, reserved) == 60);

// One image of a mixed chain with a resample, an entry of the table of `resample_mixed.cu`.
struct ResampleMixedImage {
    // Address of the first sample of the rectangle that is resampled. Width and height of it are the lengths of the axes.
    uint64_t base;
    // Bytes from a row to the next.
    uint64_t row_pitch;
    // The columns.
    ResampleMixedAxis columns;
    // The rows.
    ResampleMixedAxis lines;
    // The pixel outside the source, as it is before the normalization.
    uint32_t outside;
    // 1: colors are multiplied with alpha before, and divided by it behind the two passes.
    uint32_t premultiplied;
    // The binary logarithm of the columns of a tile, 3 to 5.
    uint32_t tile;
    // Positions of the source that a column of the output is made from, at most.
    uint32_t column_taps;
    // The same for the rows.
    uint32_t line_taps;
    // Words of shared memory for a row of the source in a tile, a multiple of 4.
    uint32_t stage_pitch;
};
static_assert(sizeof(ResampleMixedImage) == 168);
static_assert(OFFSET_OF(ResampleMixedImage, base) == 0);
static_assert(OFFSET_OF(ResampleMixedImage, row_pitch) == 8);
static_assert(OFFSET_OF(ResampleMixedImage, columns) == 16);
static_assert(OFFSET_OF(ResampleMixedImage, lines) == 80);
static_assert(OFFSET_OF(ResampleMixedImage, outside) == 144);
static_assert(OFFSET_OF(ResampleMixedImage, premultiplied) == 148);
static_assert(OFFSET_OF(ResampleMixedImage, tile) == 152);
static_assert(OFFSET_OF(ResampleMixedImage, column_taps) == 156);
static_assert(OFFSET_OF(ResampleMixedImage, line_taps) == 160);
static_assert(OFFSET_OF(ResampleMixedImage, stage_pitch) == 164);

// Arguments of the kernels of `resample_mixed.cu` and `resample_bits.cu`.
struct ResampleMixedArgs {
    // The images, colors, threshold and normalization. The source is a table with a `ResampleMixedImage` in each frame.
    SampleArgs sample;
    // Address of the fractional bits of the weights, two u32 for each image: of the columns and of the rows. Null where all have
    // `shift`.
    uint64_t bits;
    // The filter, one of `ResampleMixedFilter`.
    uint32_t filter;
    // Fractional bits of all weights.
    uint32_t shift;
};
static_assert(sizeof(ResampleMixedArgs) == 224);
static_assert(OFFSET_OF(ResampleMixedArgs, sample) == 0);
static_assert(OFFSET_OF(ResampleMixedArgs, bits) == 208);
static_assert(OFFSET_OF(ResampleMixedArgs, filter) == 216);
static_assert(OFFSET_OF(ResampleMixedArgs, shift) == 220);
