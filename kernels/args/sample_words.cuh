// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of the kernels of `sample_words.cu`. Step k of the output, counted from 0, is source row
// `row + row_step * k`, or the nearest one from `low` to `high`.
struct SampleWordsArgs {
    // The images read: u8, interleaved, of 1, 3 or 4 channels.
    ImageParam src;
    // The images written: u8, interleaved.
    ImageParam dst;
    // Address of the tables, a multiple of 16: a `WordTile` for each block along a row, a `WordTap` for each word of an output
    // row, a `LineTap` for each row of the output.
    uint64_t tables;
    // Rows of the output that a block makes.
    uint32_t strip;
    // The source row of step 0; it may lie outside of the image.
    int32_t row;
    // 1, or -1 for an image that is upside down.
    int32_t row_step;
    // The first source row that is read.
    int32_t low;
    // The last source row that is read.
    int32_t high;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(SampleWordsArgs) == 112);
static_assert(OFFSET_OF(SampleWordsArgs, src) == 0);
static_assert(OFFSET_OF(SampleWordsArgs, dst) == 40);
static_assert(OFFSET_OF(SampleWordsArgs, tables) == 80);
static_assert(OFFSET_OF(SampleWordsArgs, strip) == 88);
static_assert(OFFSET_OF(SampleWordsArgs, row) == 92);
static_assert(OFFSET_OF(SampleWordsArgs, row_step) == 96);
static_assert(OFFSET_OF(SampleWordsArgs, low) == 100);
static_assert(OFFSET_OF(SampleWordsArgs, high) == 104);
static_assert(OFFSET_OF(SampleWordsArgs, reserved) == 108);

// The part of a source row that the threads of a block of `sample_words.cu` read, in chunks of 16 bytes.
struct WordTile {
    // The first byte, a multiple of 16.
    uint32_t first;
    // The number of chunks, at most that of the threads.
    uint32_t chunks;
    // 65536 divided by `chunks`, rounded up: the product with the number of a thread has its quotient by `chunks` in the upper half.
    uint32_t reciprocal;
    // Rows of which the threads load all chunks at a time.
    uint32_t rows;
};
static_assert(sizeof(WordTile) == 16);
static_assert(OFFSET_OF(WordTile, first) == 0);
static_assert(OFFSET_OF(WordTile, chunks) == 4);
static_assert(OFFSET_OF(WordTile, reciprocal) == 8);
static_assert(OFFSET_OF(WordTile, rows) == 12);

// The source of four consecutive samples of an output row. Behind the end of the output row the last sample is repeated.
struct WordTap {
    // The byte of the tile for each sample. The second byte of the sample lies one pixel further.
    uint32_t bytes[4];
    // For each sample the weights of its two bytes in 1/2048, that of the first in the low half.
    uint32_t weights[4];
};
static_assert(sizeof(WordTap) == 32);
static_assert(OFFSET_OF(WordTap, bytes) == 0);
static_assert(OFFSET_OF(WordTap, weights) == 16);

// The source of an output row: the rows of its step and of the step before it.
struct LineTap {
    // The step, at least 1; it grows from row to row.
    int32_t step;
    // Weight of the one of the two steps that is even: a multiple of 1/2048, times 2^-9.
    float even;
    // Weight of the one that is odd, in the same unit.
    float odd;
    // The number to which the kernel adds the two products: 1.5 * 2^23 + 2 less 2^27 times both weights.
    float start;
};
static_assert(sizeof(LineTap) == 16);
static_assert(OFFSET_OF(LineTap, step) == 0);
static_assert(OFFSET_OF(LineTap, even) == 4);
static_assert(OFFSET_OF(LineTap, odd) == 8);
static_assert(OFFSET_OF(LineTap, start) == 12);
