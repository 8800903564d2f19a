// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// The bits of `SampleArgs::flags`.
enum SampleFlags : uint32_t {
    // Colors are converted before the taps.
    BEFORE = 1,
    // Colors are converted after the taps.
    AFTER = 2,
    // Samples are compared with a threshold.
    THRESHOLD = 4,
    // The output is f32.
    F32_SAMPLES = 8,
    // The output is f16.
    F16_SAMPLES = 16,
    // The output is planar.
    PLANAR = 32,
    // The taps are those of a resize to half the size.
    HALVED = 64,
    // The output is bf16.
    BF16_SAMPLES = 128,
};

// A color conversion of packed pixels: a weighted sum of the bytes, if any, and then a permutation of them.
struct ColorMapArgs {
    // 1: byte 0 becomes the weighted sum of the bytes, and the other bytes become 0.
    uint32_t has_luma;
    // Weights of bytes 0 (low half) and 1 in 1/65536.
    uint32_t weights_low;
    // Weights of bytes 2 (low half) and 3 in 1/65536.
    uint32_t weights_high;
    // For each byte of the result a nibble, the lowest for byte 0: 0 to 3 a byte of the pixel, 4 the number 255.
    uint32_t permutation;
};
static_assert(sizeof(ColorMapArgs) == 16);
static_assert(OFFSET_OF(ColorMapArgs, has_luma) == 0);
static_assert(OFFSET_OF(ColorMapArgs, weights_low) == 4);
static_assert(OFFSET_OF(ColorMapArgs, weights_high) == 8);
static_assert(OFFSET_OF(ColorMapArgs, permutation) == 12);

// The table of a normalization as f32 operations, which cost less than a look-up: the number of a sample `p` of channel `c` is
// `u * reciprocal[c]` with `u = t * multiplier[c] + summand[c]` and `t = p * factor`, where each of the three is rounded once.
// The products of `factor` and `reciprocal` are those of numbers of 48 bits, each in two parts: `fma(x, high, x * low)`.
struct NormalizeSteps {
    // The factor of all samples, rounded to f32.
    float factor;
    // The rest of that factor.
    float factor_low;
    // Multiplier of each channel.
    float multiplier[4];
    // Summand of each channel.
    float summand[4];
    // Last factor of each channel, rounded to f32.
    float reciprocal[4];
    // The rest of that factor.
    float reciprocal_low[4];
};
static_assert(sizeof(NormalizeSteps) == 72);
static_assert(OFFSET_OF(NormalizeSteps, factor) == 0);
static_assert(OFFSET_OF(NormalizeSteps, factor_low) == 4);
static_assert(OFFSET_OF(NormalizeSteps, multiplier) == 8);
static_assert(OFFSET_OF(NormalizeSteps, summand) == 24);
static_assert(OFFSET_OF(NormalizeSteps, reciprocal) == 40);
static_assert(OFFSET_OF(NormalizeSteps, reciprocal_low) == 56);

// Arguments of the kernels of `sample_mixed.cu`, `sample_rows.cu` and `sample_taps.cu`.
struct SampleArgs {
    // The images read: u8, interleaved, of 1, 3 or 4 channels; for `sample_rows.cu` the rectangle of them that is read, and for
    // `sample_mixed.cu` a table with a `MixedImage` in each frame.
    ImageParam src;
    // The images written. Planes are `height` rows apart.
    ImageParam dst;
    // Address of the tables, a multiple of 16; unused by `sample_rows.cu`, `sample_mixed.cu` and `resample_mixed.cu`.
    // For `sample_taps.cu` the entries `Tap`: `dst.width` for the columns, then `dst.height` for the rows. Weights of 0 stand for a
    // position outside the source: `index1` is then the finished pixel and `index0` a negative rank; where column and row are both
    // outside, the one of the lower rank gives the pixel.
    uint64_t tables;
    // The color conversion before the taps.
    ColorMapArgs before;
    // The color conversion after the taps.
    ColorMapArgs after;
    // The normalization, for floating-point output.
    NormalizeSteps normalize;
    // The threshold, the same in each byte.
    uint32_t thresholds;
    // What samples above the threshold become, the same in each byte.
    uint32_t maxima;
    // Which steps there are: the bits of `SampleFlags`.
    uint32_t flags;
    // The pixel that `sample_scattered` takes for a negative index, as it is after `before`.
    uint32_t outside;
};
static_assert(sizeof(SampleArgs) == 208);
static_assert(OFFSET_OF(SampleArgs, src) == 0);
static_assert(OFFSET_OF(SampleArgs, dst) == 40);
static_assert(OFFSET_OF(SampleArgs, tables) == 80);
static_assert(OFFSET_OF(SampleArgs, before) == 88);
static_assert(OFFSET_OF(SampleArgs, after) == 104);
static_assert(OFFSET_OF(SampleArgs, normalize) == 120);
static_assert(OFFSET_OF(SampleArgs, thresholds) == 192);
static_assert(OFFSET_OF(SampleArgs, maxima) == 196);
static_assert(OFFSET_OF(SampleArgs, flags) == 200);
static_assert(OFFSET_OF(SampleArgs, outside) == 204);
