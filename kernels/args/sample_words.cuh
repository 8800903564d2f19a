// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"

// The source of four consecutive samples of an output row, an entry of the tables of `sample_words.cu`. Their bytes lie in a
// window of a source row. Behind the end of the output row the last sample is repeated.
struct WordTap {
    // The byte of a source row at which the window begins.
    uint32_t first;
    // Bytes of the window, 1 to 8.
    uint32_t bytes;
    // For each sample two bytes of the window as nibbles, the first in the lower one; samples 0 and 1, then 2 and 3.
    uint32_t selectors[2];
    // For each sample the weights of its two bytes in 1/2048, that of the first in the low half.
    uint32_t weights[4];
};
static_assert(sizeof(WordTap) == 32);
static_assert(OFFSET_OF(WordTap, first) == 0);
static_assert(OFFSET_OF(WordTap, bytes) == 4);
static_assert(OFFSET_OF(WordTap, selectors) == 8);
static_assert(OFFSET_OF(WordTap, weights) == 16);

// The source of an output row, an entry of the tables of `sample_words.cu`. The kernel keeps two rows, one for each
// index, and replaces those that differ from the entry before it.
struct LineTap {
    // Row of the source that is kept first.
    int32_t index0;
    // Row of the source that is kept second.
    int32_t index1;
    // Weight of the first row, a multiple of 1/2048, times 2^-9.
    float weight0;
    // Weight of the second row, in the same unit.
    float weight1;
};
static_assert(sizeof(LineTap) == 16);
static_assert(OFFSET_OF(LineTap, index0) == 0);
static_assert(OFFSET_OF(LineTap, index1) == 4);
static_assert(OFFSET_OF(LineTap, weight0) == 8);
static_assert(OFFSET_OF(LineTap, weight1) == 12);
