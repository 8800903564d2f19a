// Sums of products of a block of resample_mixed.cu, and how it keeps weights, pixels and the results of the horizontal pass in shared
// memory for them.
#pragma once

#include "matrix.cuh"
#include "resample.cuh"
#include "resample_digits.cuh"

// Sums of fixed-point weights. The stage has a plane for each channel, with four samples in a word; the ring has the rounded samples of a
// pixel in a word. A column has its weights by words of the stage: for each word one word of each of `PLANES` digits, of which the highest is
// signed.
template <int CHANNELS, int PLANES>
struct FixedSums {
    using Number = double;
    using Weight = int32_t;
    using Word = uint32_t;
    static constexpr uint32_t WORDS = 1;
    // Whether the weights of a column begin with the first position of a word of the stage.
    static constexpr bool WHOLE_WORDS = true;

    // The sums of each digit.
    int32_t digits[PLANES * CHANNELS] = {};

    // Words of the weights of a column of at most `taps` positions, which begin anywhere in a word.
    __device__ static uint32_t column_words(uint32_t taps) { return (taps + 6) / 4 * PLANES; }

    // Words of a staged row of `pitch` pixels.
    __device__ static uint32_t row_words(uint32_t pitch) { return CHANNELS * (pitch / 4); }

    // Stores four pixels.
    __device__ __forceinline__ static void stage(uint32_t* row, uint32_t pitch, uint32_t quad, const uint32_t* pixels) {
        uint32_t words[CHANNELS];
        planar_quad<CHANNELS>(pixels, words);
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            row[c * (pitch / 4) + quad] = words[c];
        }
    }

    // Makes room for the weights of a column: all of its bytes are 0.
    __device__ __forceinline__ static void clear(int32_t* weights, uint32_t taps, uint32_t log2) {
        for (uint32_t i = threadIdx.x; i < column_words(taps) << log2; i += blockDim.x) {
            weights[i] = 0;
        }
    }

    // Stores the weight of a position of the column at `weights`, counted from the first word that has one of the column's.
    __device__ __forceinline__ static void set_column(int32_t* weights, uint32_t log2, uint32_t position, int32_t weight) {
        uint8_t* bytes = reinterpret_cast<uint8_t*>(weights + ((position / 4 * PLANES) << log2)) + position % 4;
#pragma unroll
        for (int plane = 0; plane < PLANES; ++plane) {
            bytes[4 * plane << log2] = static_cast<uint8_t>(weight >> (8 * plane));
        }
    }

    // Adds a column's products with pixels of `COUNT` staged rows, `distance` words apart.
    template <int COUNT>
    __device__ __forceinline__ static void add_columns(FixedSums* sums, const int32_t* weights, uint32_t log2, uint32_t first, uint32_t taps,
                                                       const uint32_t* row, uint32_t pitch, uint32_t distance) {
        const uint32_t words = (first % 4 + taps + 3) / 4;
        const uint32_t* at = row + first / 4;
        for (uint32_t word = 0; word < words; ++word) {
            uint32_t of_planes[PLANES];
#pragma unroll
            for (int plane = 0; plane < PLANES; ++plane) {
                of_planes[plane] = weights[(word * PLANES + plane) << log2];
            }
#pragma unroll
            for (int i = 0; i < COUNT; ++i) {
#pragma unroll
                for (int c = 0; c < CHANNELS; ++c) {
                    const uint32_t bytes = at[word + c * (pitch / 4) + i * distance];
#pragma unroll
                    for (int plane = 0; plane < PLANES; ++plane) {
                        int32_t& sum = sums[i].digits[plane * CHANNELS + c];
                        sum = plane == PLANES - 1 ? dot<true>(bytes, of_planes[plane], sum) : dot<false>(bytes, of_planes[plane], sum);
                    }
                }
            }
        }
    }

    __device__ __forceinline__ uint32_t pixel(uint32_t shift) const {
        uint32_t word = 0;
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            word |= fixed_to_byte(from_digits<PLANES>(digits + c, CHANNELS), shift) << (8 * c);
        }
        return word;
    }

    __device__ __forceinline__ void keep(uint32_t* ring, uint32_t, uint32_t shift) const { *ring = pixel(shift); }

    // Adds the products of one weight with the samples of a pixel of the ring: all to the sums of the lowest digit.
    __device__ __forceinline__ void add_kept(int32_t weight, const uint32_t* ring, uint32_t) {
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            digits[c] += weight * static_cast<int32_t>((*ring >> (8 * c)) & 255u);
        }
    }
};

// Sums in single precision, which are not rounded between the passes. The first product is added to 0, which changes none of its bits
// but the sign of 0. The stage has a pixel
// in a word, and the ring a row of numbers for each channel.
template <int CHANNELS>
struct SingleSums {
    using Number = float;
    using Weight = float;
    using Word = float;
    static constexpr uint32_t WORDS = CHANNELS;
    static constexpr bool WHOLE_WORDS = false;

    float of[CHANNELS] = {};

    __device__ static uint32_t column_words(uint32_t taps) { return taps; }

    __device__ static uint32_t row_words(uint32_t pitch) { return pitch; }

    __device__ __forceinline__ static void stage(uint32_t* row, uint32_t, uint32_t quad, const uint32_t* pixels) {
        reinterpret_cast<uint4*>(row)[quad] = make_uint4(pixels[0], pixels[1], pixels[2], pixels[3]);
    }

    __device__ __forceinline__ static void clear(float*, uint32_t, uint32_t) {}

    __device__ __forceinline__ static void set_column(float* weights, uint32_t log2, uint32_t position, float weight) {
        weights[position << log2] = weight;
    }

    template <int COUNT>
    __device__ __forceinline__ static void add_columns(SingleSums* sums, const float* weights, uint32_t log2, uint32_t first, uint32_t taps,
                                                       const uint32_t* row, uint32_t, uint32_t distance) {
        for (uint32_t tap = 0; tap < taps; ++tap) {
            const float weight = weights[tap << log2];
#pragma unroll
            for (int i = 0; i < COUNT; ++i) {
                const uint32_t pixel = row[first + tap + i * distance];
#pragma unroll
                for (int c = 0; c < CHANNELS; ++c) {
                    sums[i].of[c] = __fmaf_rn(weight, static_cast<float>((pixel >> (8 * c)) & 255u), sums[i].of[c]);
                }
            }
        }
    }

    __device__ __forceinline__ uint32_t pixel(uint32_t) const {
        uint32_t word = 0;
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            word |= static_cast<uint32_t>(__float2int_rn(fminf(fmaxf(of[c], 0.0f), 255.0f))) << (8 * c);
        }
        return word;
    }

    __device__ __forceinline__ void keep(float* ring, uint32_t columns, uint32_t) const {
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            ring[c * columns] = of[c];
        }
    }

    __device__ __forceinline__ void add_kept(float weight, const float* ring, uint32_t columns) {
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            of[c] = __fmaf_rn(weight, ring[c * columns], of[c]);
        }
    }
};
