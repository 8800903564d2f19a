// The pixels of sample_mixed.cu that are made from source rows in shared memory.
#pragma once

#include "mixed_tile.cuh"
#include "sample.cuh"
#include "sample_pixels.cuh"

// The first 8 bytes at an offset in shared memory, of which 4 for gray.
template <int SRC>
__device__ __forceinline__ Pair staged_bytes(const uint8_t* bytes, uint32_t at) {
    const uint32_t* words = reinterpret_cast<const uint32_t*>(bytes + (at & ~3u));
    const uint32_t middle = words[1];
    // The funnel shift takes its amount modulo 32.
    return Pair{__funnelshift_r(words[0], middle, 8 * at), SRC == 1 ? 0 : __funnelshift_r(middle, words[2], 8 * at)};
}

// A number for each channel.
struct Numbers {
    float of[4];
};

// A weighted sum of two samples, whose bits stand behind those of 2^23, without its lowest 4 bits and plus 2^27.
__device__ __forceinline__ float without_rest(uint32_t bits) {
    return __fadd_rd(__uint_as_float(bits), 125829120.0f);
}

// The sums of the samples of the two pixels in these bytes.
template <int SRC>
__device__ __forceinline__ Numbers staged_row(Pair bytes, uint32_t weights) {
    // 2^23.
    constexpr uint32_t START = 0x4b000000u;
    Numbers sums{};
    if constexpr (SRC == 1) {
        sums.of[0] = without_rest(dp2a_lo(weights, bytes.first, START));
        return sums;
    }
    // Samples 0 and 1 of both pixels, then 2 and 3.
    const uint32_t low = __byte_perm(bytes.first, bytes.second, SRC == 3 ? 0x4130 : 0x5140);
    const uint32_t high = __byte_perm(bytes.first, bytes.second, SRC == 3 ? 0x5252 : 0x7362);
    sums.of[0] = without_rest(dp2a_lo(weights, low, START));
    sums.of[1] = without_rest(dp2a_hi(weights, low, START));
    sums.of[2] = without_rest(dp2a_lo(weights, high, START));
    if (SRC > 3) {
        sums.of[3] = without_rest(dp2a_hi(weights, high, START));
    }
    return sums;
}

// The sums of two rows, as `bilinear` has them before its last shift: `((w0 * (a >> 4)) >> 16) + ((w1 * (b >> 4)) >> 16) + 2`, a quarter
// of it, plus 3 * 2^20.
//
// Floating-point operations that round down do the shifts on the way, with fewer instructions. All numbers are exact but for what a
// shift drops: `without_rest` gives 2^27 + 16 * (a >> 4), since f32 has multiples of 16 alone there. The product with the weight times
// 2^-22 is a quarter of the product without the shift, plus 32 * w0, which `start` takes away again. f32 has multiples of 1/4 alone from
// 2^21 to 2^22, where all sums are.
template <int SRC>
__device__ __forceinline__ Numbers staged_sum(const uint8_t* bytes, uint32_t byte, uint32_t weights, const Line& line) {
    const Numbers above = staged_row<SRC>(staged_bytes<SRC>(bytes, byte + line.above), weights);
    const Numbers below = staged_row<SRC>(staged_bytes<SRC>(bytes, byte + line.below), weights);
    Numbers sums{};
#pragma unroll
    for (int c = 0; c < SRC; ++c) {
        sums.of[c] = __fmaf_rd(line.weight1, below.of[c], __fmaf_rd(line.weight0, above.of[c], line.start));
    }
    return sums;
}

// The sum that gives this sample.
__device__ __forceinline__ float sum_of_sample(uint32_t sample) {
    return 3145728.0f + static_cast<float>(sample);
}

// The sample of a sum, as f32: rounded down to a whole number by adding 2^23.
__device__ __forceinline__ float float_sample(float sum) {
    return __fadd_rn(__fadd_rd(sum, 8388608.0f), -11534336.0f);
}

// The sample of a sum, from the lowest 10 bits, of which 2 are behind the point.
__device__ __forceinline__ uint32_t byte_sample(float sum) {
    return (__float_as_uint(sum) >> 2) & 255u;
}

// Stores a number to global memory. No other access of the kernel is to the output, so that loads need not stay behind this.
__device__ __forceinline__ void store_number(uint64_t address, float number) {
    asm volatile("st.global.f32 [%0], %1;" ::"l"(address), "f"(number));
}

template <typename Half>
__device__ __forceinline__ void store_number(uint64_t address, Half number) {
    asm volatile("st.global.u16 [%0], %1;" ::"l"(address), "h"(number.bits));
}

// Writes the rows of a thread as planes of numbers, for chains that end with a normalization and change no color. PLAIN: for plain tiles.
template <int SRC, typename Sample, bool PLAIN>
__device__ __forceinline__ void write_planes(const SampleArgs& args, const uint8_t* bytes, const Tile& tile, uint32_t x, uint32_t row,
                                             const Column& column) {
    const uint64_t plane = args.dst.height * args.dst.row_pitch;
    uint64_t to = reinterpret_cast<uint64_t>(image_row<Sample>(args.dst, tile.frame, tile.top + row) + x);
    const uint32_t byte = column.left * SRC;
#pragma unroll
    for (uint32_t i = 0; i < ROWS; ++i) {
        if (!PLAIN && tile.top + row + i >= args.dst.height) {
            return;
        }
        const Line line = tile.lines[row + i];
        const bool outside = !PLAIN && (column.outside || line.outside);
        Numbers sums{};
        if (outside) {
#pragma unroll
            for (int c = 0; c < SRC; ++c) {
                sums.of[c] = sum_of_sample((tile.image.outside >> (8 * c)) & 255u);
            }
        } else {
            sums = staged_sum<SRC>(bytes, byte, column.weights, line);
        }
        uint64_t address = to;
#pragma unroll
        for (int c = 0; c < SRC; ++c) {
            store_number(address, number_of<Sample>(args.normalize, float_sample(sums.of[c]), c));
            address += plane;
        }
        to += args.dst.row_pitch;
    }
}

// Writes the rows of a thread in any form.
template <int SRC>
__device__ __forceinline__ void write_any(const SampleArgs& args, const uint8_t* bytes, const Tile& tile, uint32_t x, uint32_t row,
                                          const Column& column) {
    const uint32_t byte = column.left * SRC;
#pragma unroll 1
    for (uint32_t i = row; i < row + ROWS && tile.top + i < args.dst.height; ++i) {
        const Line line = tile.lines[i];
        uint32_t pixel = tile.image.outside;
        if (!column.outside && !line.outside) {
            if (args.flags & BEFORE) {
                // Only the conversion to gray comes before the taps.
                const Pair above = staged_bytes<SRC>(bytes, byte + line.above);
                const Pair below = staged_bytes<SRC>(bytes, byte + line.below);
                uint32_t gray[4] = {above.first, SRC == 3 ? __byte_perm(above.first, above.second, 0x6543) : above.second,
                                    below.first, SRC == 3 ? __byte_perm(below.first, below.second, 0x6543) : below.second};
                convert_color<4>(args.before, gray);
                pixel = bilinear<1>(Pair{gray[0], gray[1]}, Pair{gray[2], gray[3]}, column.weights, tile.taps[i]);
            } else {
                const Numbers sums = staged_sum<SRC>(bytes, byte, column.weights, line);
                pixel = pack(byte_sample(sums.of[0]), byte_sample(sums.of[1]), byte_sample(sums.of[2]), byte_sample(sums.of[3]));
            }
            finish<1>(args, &pixel);
        }
        write_pixels<1>(args, tile.frame, x, tile.top + i, &pixel);
    }
}

template <int SRC, typename Sample>
__device__ __forceinline__ void write_planes(const SampleArgs& args, const uint8_t* bytes, const Tile& tile, uint32_t x, uint32_t row,
                                             const Column& column) {
    if (tile.plain) {
        write_planes<SRC, Sample, true>(args, bytes, tile, x, row, column);
    } else {
        write_planes<SRC, Sample, false>(args, bytes, tile, x, row, column);
    }
}

// Computes the rows of a thread from those in shared memory.
template <int SRC>
__device__ __forceinline__ void sample_stage(const SampleArgs& args, const uint8_t* bytes, const Tile& tile, uint32_t x, uint32_t row,
                                             const Column& column) {
    const bool planes = (args.flags & (BEFORE | AFTER | THRESHOLD)) == 0 && (args.flags & PLANAR) && args.dst.channels == SRC;
    if (planes && (args.flags & F32_SAMPLES)) {
        write_planes<SRC, float>(args, bytes, tile, x, row, column);
    } else if (planes && (args.flags & F16_SAMPLES)) {
        write_planes<SRC, F16>(args, bytes, tile, x, row, column);
    } else if (planes && (args.flags & BF16_SAMPLES)) {
        write_planes<SRC, Bf16>(args, bytes, tile, x, row, column);
    } else {
        write_any<SRC>(args, bytes, tile, x, row, column);
    }
}
