// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/sample.cuh"

// The columns of the output that a block of `resample.cu` makes.
struct ResampleTile {
    // The first word of the source that the block reads of each row and channel, a multiple of 4: a word is four pixels.
    uint32_t word;
    // The number of words that it reads.
    uint32_t words;
    // The index of its first `ResampleGroup`.
    uint32_t group;
    // The number of its groups.
    uint32_t groups;
};
static_assert(sizeof(ResampleTile) == 16);
static_assert(OFFSET_OF(ResampleTile, word) == 0);
static_assert(OFFSET_OF(ResampleTile, words) == 4);
static_assert(OFFSET_OF(ResampleTile, group) == 8);
static_assert(OFFSET_OF(ResampleTile, groups) == 12);

// Eight columns of the output.
struct ResampleGroup {
    // The first word of the source that they are made from, a multiple of 4.
    uint32_t word;
    // The number of steps of 64 pixels from there on; 0: none of the columns is made from the source.
    uint32_t steps;
    // The index of their first word of weights, a multiple of 4. For each step: for each plane of digits: four words for each
    // lane of a warp, for two matrix instructions.
    uint32_t weights;
    // Zero; fills 16 bytes.
    uint32_t reserved;
};
static_assert(sizeof(ResampleGroup) == 16);
static_assert(OFFSET_OF(ResampleGroup, word) == 0);
static_assert(OFFSET_OF(ResampleGroup, steps) == 4);
static_assert(OFFSET_OF(ResampleGroup, weights) == 8);
static_assert(OFFSET_OF(ResampleGroup, reserved) == 12);

// A column of the output.
struct ResampleColumn {
    // Its position, or -1 for a column that only fills a group.
    int32_t x;
    // 0 for a column that is made from the source. Otherwise it is constant, and where column and row are constant, the one
    // of the lower rank gives the pixel.
    int32_t rank;
    // The finished pixel of a constant column.
    uint32_t pixel;
    // Zero; fills 16 bytes.
    uint32_t reserved;
};
static_assert(sizeof(ResampleColumn) == 16);
static_assert(OFFSET_OF(ResampleColumn, x) == 0);
static_assert(OFFSET_OF(ResampleColumn, rank) == 4);
static_assert(OFFSET_OF(ResampleColumn, pixel) == 8);
static_assert(OFFSET_OF(ResampleColumn, reserved) == 12);

// A row of the output.
struct ResampleLine {
    // Its position.
    uint32_t y;
    // 0 for a row that is made from the source; see `ResampleColumn`.
    int32_t rank;
    // The finished pixel of a constant row.
    uint32_t pixel;
    // The first four rows of the source that it is made from, in units of four rows.
    uint32_t first;
    // The row of the source behind the last one that it is made from.
    uint32_t end;
    // The number of words of weights of each plane, each for four rows of the source.
    uint32_t words;
    // The index of its first word of weights: for each four rows one of each plane.
    uint32_t weights;
    // The row of the ring that has its first four rows of the source.
    uint32_t slot;
};
static_assert(sizeof(ResampleLine) == 32);
static_assert(OFFSET_OF(ResampleLine, y) == 0);
static_assert(OFFSET_OF(ResampleLine, rank) == 4);
static_assert(OFFSET_OF(ResampleLine, pixel) == 8);
static_assert(OFFSET_OF(ResampleLine, first) == 12);
static_assert(OFFSET_OF(ResampleLine, end) == 16);
static_assert(OFFSET_OF(ResampleLine, words) == 20);
static_assert(OFFSET_OF(ResampleLine, weights) == 24);
static_assert(OFFSET_OF(ResampleLine, slot) == 28);

// Arguments of the kernels of `resample.cu`. Weights are numbers of two or three digits of base 256, of which the highest is
// signed: a plane is one digit of all weights.
struct ResampleArgs {
    // The images, colors, threshold and normalization. The source is the rectangle of the images that is read; `tables` is
    // the address of all tables, a multiple of 16.
    SampleArgs sample;
    // The entries `ResampleTile`, in bytes from `tables`, a multiple of 16 like the next ones.
    uint32_t tiles;
    // The entries `ResampleGroup`.
    uint32_t groups;
    // The entries `ResampleColumn`: eight for each group.
    uint32_t columns;
    // The entries `ResampleLine`, ascending by what they read; the constant ones come last.
    uint32_t lines;
    // The weights of the columns.
    uint32_t column_weights;
    // The weights of the rows.
    uint32_t line_weights;
    // Fractional bits of the weights of the columns.
    uint32_t column_shift;
    // Fractional bits of the weights of the rows.
    uint32_t line_shift;
    // Words of shared memory for a row of one channel, a multiple of 4.
    uint32_t row_words;
    // Words of shared memory from a row of all channels to the next: 16 more than a multiple of 32, so that two rows lie in different
    // banks.
    uint32_t row_pitch;
    // Units of four rows that the ring of horizontal results holds.
    uint32_t ring_rows;
    // Columns of the ring.
    uint32_t ring_columns;
    // Rows of the output that a block makes.
    uint32_t strip;
    // The number of entries `ResampleLine`.
    uint32_t line_count;
    // The number of those that are not constant.
    uint32_t sampled_lines;
    // 1: colors are multiplied with alpha before, and divided by it behind the two passes.
    uint32_t premultiplied;
};
static_assert(sizeof(ResampleArgs) == 272);
static_assert(OFFSET_OF(ResampleArgs, sample) == 0);
static_assert(OFFSET_OF(ResampleArgs, tiles) == 208);
static_assert(OFFSET_OF(ResampleArgs, groups) == 212);
static_assert(OFFSET_OF(ResampleArgs, columns) == 216);
static_assert(OFFSET_OF(ResampleArgs, lines) == 220);
static_assert(OFFSET_OF(ResampleArgs, column_weights) == 224);
static_assert(OFFSET_OF(ResampleArgs, line_weights) == 228);
static_assert(OFFSET_OF(ResampleArgs, column_shift) == 232);
static_assert(OFFSET_OF(ResampleArgs, line_shift) == 236);
static_assert(OFFSET_OF(ResampleArgs, row_words) == 240);
static_assert(OFFSET_OF(ResampleArgs, row_pitch) == 244);
static_assert(OFFSET_OF(ResampleArgs, ring_rows) == 248);
static_assert(OFFSET_OF(ResampleArgs, ring_columns) == 252);
static_assert(OFFSET_OF(ResampleArgs, strip) == 256);
static_assert(OFFSET_OF(ResampleArgs, line_count) == 260);
static_assert(OFFSET_OF(ResampleArgs, sampled_lines) == 264);
static_assert(OFFSET_OF(ResampleArgs, premultiplied) == 268);
