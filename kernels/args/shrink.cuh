// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/sample.cuh"

// The columns of the output that a block of `shrink.cu` makes.
struct ShrinkTile {
    // The first column of the source that the block reads, a multiple of 16.
    uint32_t pixel;
    // The number of columns that it reads.
    uint32_t pixels;
    // The index of its first `ShrinkPart`.
    uint32_t part;
    // The number of its parts, at most one for each warp.
    uint32_t parts;
    // The index of its first `ShrinkColumn`.
    uint32_t column;
    // The number of its columns.
    uint32_t columns;
    // 2^32 divided by that number, rounded up: a factor in place of a division. 0 for a single column.
    uint32_t inverse;
    // 1 where its columns are all made from the source and lie side by side in the output, from left to right.
    uint32_t adjacent;
};
static_assert(sizeof(ShrinkTile) == 32);
static_assert(OFFSET_OF(ShrinkTile, pixel) == 0);
static_assert(OFFSET_OF(ShrinkTile, pixels) == 4);
static_assert(OFFSET_OF(ShrinkTile, part) == 8);
static_assert(OFFSET_OF(ShrinkTile, parts) == 12);
static_assert(OFFSET_OF(ShrinkTile, column) == 16);
static_assert(OFFSET_OF(ShrinkTile, columns) == 20);
static_assert(OFFSET_OF(ShrinkTile, inverse) == 24);
static_assert(OFFSET_OF(ShrinkTile, adjacent) == 28);

// The part of a warp in the horizontal pass: a group of up to 16 samples of a row of the output, which are the channels of some
// columns, or a share of the work for them. The first warp of a group adds the sums of its helpers to its own.
struct ShrinkPart {
    // The first byte in a row of the source that it reads, a multiple of 16, where pixels have the channels that are resampled.
    uint32_t byte;
    // The number of steps of 64 bytes from there on, at most 4; 0: none of the columns is made from the source.
    uint32_t steps;
    // The index of its weights, in units of 16 bytes. For each step, of gray: for each digit: for each of two instructions
    // `mma.m16n8k32`: four words for each lane of a warp. Of more channels: for each digit: four words for each lane, for
    // `mma.sp.m16n8k64`; then a word of metadata for each lane.
    uint32_t weights;
    // The number of samples; 0 for a helper.
    uint32_t samples;
    // The first sample in a row of the tile.
    uint32_t place;
    // The place of the group in the ring; for a helper its place among the helpers of the tile.
    uint32_t slot;
    // The number of helpers of the group; 0 for a helper.
    uint32_t helpers;
    // The place of the first of them.
    uint32_t first_helper;
};
static_assert(sizeof(ShrinkPart) == 32);
static_assert(OFFSET_OF(ShrinkPart, byte) == 0);
static_assert(OFFSET_OF(ShrinkPart, steps) == 4);
static_assert(OFFSET_OF(ShrinkPart, weights) == 8);
static_assert(OFFSET_OF(ShrinkPart, samples) == 12);
static_assert(OFFSET_OF(ShrinkPart, place) == 16);
static_assert(OFFSET_OF(ShrinkPart, slot) == 20);
static_assert(OFFSET_OF(ShrinkPart, helpers) == 24);
static_assert(OFFSET_OF(ShrinkPart, first_helper) == 28);

// A column of the output.
struct ShrinkColumn {
    // Its position.
    uint32_t x;
    // 0 for a column that is made from the source. Otherwise it is constant, and where column and row are constant, the one
    // of the lower rank gives the pixel.
    int32_t rank;
    // The finished pixel of a constant column.
    uint32_t pixel;
    // Zero; fills 16 bytes.
    uint32_t reserved;
};
static_assert(sizeof(ShrinkColumn) == 16);
static_assert(OFFSET_OF(ShrinkColumn, x) == 0);
static_assert(OFFSET_OF(ShrinkColumn, rank) == 4);
static_assert(OFFSET_OF(ShrinkColumn, pixel) == 8);
static_assert(OFFSET_OF(ShrinkColumn, reserved) == 12);

// Up to eight rows of the output that are made from the source, and are finished together.
struct ShrinkLines {
    // The round of 16 rows of the source that has the first row that they are made from.
    uint32_t first;
    // The round behind the last one.
    uint32_t end;
    // The index of their first word of weights. For each round: for each lane of a warp: a word for each digit, and zeros up to
    // a power of two.
    uint32_t weights;
    // The place of the first round in the ring.
    uint32_t slot;
    // The index of the first `ShrinkLine`.
    uint32_t line;
    // The number of rows.
    uint32_t lines;
    // Zeros; they fill 32 bytes.
    uint32_t reserved[2];
};
static_assert(sizeof(ShrinkLines) == 32);
static_assert(OFFSET_OF(ShrinkLines, first) == 0);
static_assert(OFFSET_OF(ShrinkLines, end) == 4);
static_assert(OFFSET_OF(ShrinkLines, weights) == 8);
static_assert(OFFSET_OF(ShrinkLines, slot) == 12);
static_assert(OFFSET_OF(ShrinkLines, line) == 16);
static_assert(OFFSET_OF(ShrinkLines, lines) == 20);
static_assert(OFFSET_OF(ShrinkLines, reserved) == 24);

// A row of the output.
struct ShrinkLine {
    // Its position.
    uint32_t y;
    // 0 for a row that is made from the source; see `ShrinkColumn`.
    int32_t rank;
    // The finished pixel of a constant row.
    uint32_t pixel;
    // Zero; fills 16 bytes.
    uint32_t reserved;
};
static_assert(sizeof(ShrinkLine) == 16);
static_assert(OFFSET_OF(ShrinkLine, y) == 0);
static_assert(OFFSET_OF(ShrinkLine, rank) == 4);
static_assert(OFFSET_OF(ShrinkLine, pixel) == 8);
static_assert(OFFSET_OF(ShrinkLine, reserved) == 12);

// Arguments of the kernels of `shrink.cu`. Weights are numbers of two or three digits of base 256, of which the highest is
// signed.
struct ShrinkArgs {
    // The images, colors, threshold and normalization. The source is the rectangle of the images that is read; `tables` is
    // the address of all tables, a multiple of 16.
    SampleArgs sample;
    // The entries `ShrinkTile`, in bytes from `tables`, a multiple of 16 like the next ones.
    uint32_t tiles;
    // The entries `ShrinkPart`.
    uint32_t parts;
    // The entries `ShrinkColumn`.
    uint32_t columns;
    // The entries `ShrinkLines`, ascending by what they read.
    uint32_t line_groups;
    // The entries `ShrinkLine`, those of each `ShrinkLines` one after the other; the constant ones come last.
    uint32_t lines;
    // The weights of the columns.
    uint32_t column_weights;
    // The weights of the rows.
    uint32_t line_weights;
    // Fractional bits of the weights of the columns.
    uint32_t column_shift;
    // Fractional bits of the weights of the rows.
    uint32_t line_shift;
    // Rows of the source.
    uint32_t rows;
    // Bytes of shared memory from a row of the source to the next: 64 more than a multiple of 128, so that two rows lie in
    // different banks.
    uint32_t row_pitch;
    // Rounds that the ring of horizontal results holds.
    uint32_t ring_rounds;
    // Groups that it holds.
    uint32_t ring_groups;
    // The most helpers of a tile.
    uint32_t helpers;
    // Bytes of shared memory for a row of the output.
    uint32_t out_pitch;
    // Entries `ShrinkLines` that a block makes, of one frame and the next ones.
    uint32_t strip;
    // The number of entries `ShrinkLines`.
    uint32_t line_group_count;
    // The number of entries `ShrinkLine`.
    uint32_t line_count;
    // The number of those that are not constant.
    uint32_t sampled_lines;
    // Zero; fills a multiple of 8 bytes.
    uint32_t reserved;
};
static_assert(sizeof(ShrinkArgs) == 288);
static_assert(OFFSET_OF(ShrinkArgs, sample) == 0);
static_assert(OFFSET_OF(ShrinkArgs, tiles) == 208);
static_assert(OFFSET_OF(ShrinkArgs, parts) == 212);
static_assert(OFFSET_OF(ShrinkArgs, columns) == 216);
static_assert(OFFSET_OF(ShrinkArgs, line_groups) == 220);
static_assert(OFFSET_OF(ShrinkArgs, lines) == 224);
static_assert(OFFSET_OF(ShrinkArgs, column_weights) == 228);
static_assert(OFFSET_OF(ShrinkArgs, line_weights) == 232);
static_assert(OFFSET_OF(ShrinkArgs, column_shift) == 236);
static_assert(OFFSET_OF(ShrinkArgs, line_shift) == 240);
static_assert(OFFSET_OF(ShrinkArgs, rows) == 244);
static_assert(OFFSET_OF(ShrinkArgs, row_pitch) == 248);
static_assert(OFFSET_OF(ShrinkArgs, ring_rounds) == 252);
static_assert(OFFSET_OF(ShrinkArgs, ring_groups) == 256);
static_assert(OFFSET_OF(ShrinkArgs, helpers) == 260);
static_assert(OFFSET_OF(ShrinkArgs, out_pitch) == 264);
static_assert(OFFSET_OF(ShrinkArgs, strip) == 268);
static_assert(OFFSET_OF(ShrinkArgs, line_group_count) == 272);
static_assert(OFFSET_OF(ShrinkArgs, line_count) == 276);
static_assert(OFFSET_OF(ShrinkArgs, sampled_lines) == 280);
static_assert(OFFSET_OF(ShrinkArgs, reserved) == 284);
