// Stencils that read each row once: a chain of gray, Gaussian blur, Sobel magnitude and threshold, each of them optional, as one
// launch.
//
// A warp computes a strip of columns and walks down the rows. Its lanes hold neighboring words of a row, and exchange the halo by
// warp shuffles; lanes 0 and 31 only provide the halo, so that strips overlap by one lane on each side. The state of the rows
// above stays in registers. There is no barrier and no shared memory; rows are prefetched DEPTH rows ahead.
//
// Borders: reflect-101 extends an image symmetrically about its first and last row and column. A stencil with symmetric taps
// preserves this symmetry: its result on the extended image is the reflect-101 extension of its result on the image. So a chain
// reflects only what it loads, and needs no border between its steps.
#pragma once

#include "args/stencil.cuh"
#include "stencil_rows.cuh"
#include "stencil_sobel.cuh"
#include "stencil_sums.cuh"

// The samples that the stencil works on: those of 1, 3 or 4 channels, or the gray of 3 or 4 channels.
enum Source : int { PLAIN_1, PLAIN_3, PLAIN_4, GRAY_3, GRAY_4 };

template <int SOURCE>
struct SourceOf {
    // IN: channels in memory. CHANNELS: channels of the working samples. BYTES: bytes in memory for one working sample.
    static constexpr int IN = SOURCE == PLAIN_1 ? 1 : SOURCE == PLAIN_3 || SOURCE == GRAY_3 ? 3 : 4;
    static constexpr bool GRAY = SOURCE == GRAY_3 || SOURCE == GRAY_4;
    static constexpr int CHANNELS = GRAY ? 1 : IN;
    static constexpr int BYTES = GRAY ? IN : 1;
};

// Gray is (w0 R + w1 G + w2 B + 16384) >> 15. With doubled weights and rounding the shift is 16: gray is byte 2 of the sum, and
// byte 3 is 0.
template <int SOURCE, int WORDS>
__device__ __forceinline__ Pairs<WORDS> working_samples(const uint32_t* in, const uint32_t (&gray)[4]) {
    constexpr uint32_t half = 32768;
    Pairs<WORDS> out;
#pragma unroll
    for (int w = 0; w < WORDS; ++w) {
        if constexpr (SOURCE == GRAY_3) {
            const uint32_t a = in[3 * w], b = in[3 * w + 1], c = in[3 * w + 2];
            const uint32_t s0 = dp2a_hi(gray[1], a, dp2a_lo(gray[0], a, half));
            const uint32_t s1 = dp2a_lo(gray[3], b, dp2a_hi(gray[2], a, half));
            const uint32_t s2 = dp2a_lo(gray[1], c, dp2a_hi(gray[0], b, half));
            const uint32_t s3 = dp2a_hi(gray[3], c, dp2a_lo(gray[2], c, half));
            out.even[w] = __byte_perm(s0, s2, 0x7632);
            out.odd[w] = __byte_perm(s1, s3, 0x7632);
        } else if constexpr (SOURCE == GRAY_4) {
            uint32_t s[4];
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                s[i] = dp2a_hi(gray[1], in[4 * w + i], dp2a_lo(gray[0], in[4 * w + i], half));
            }
            out.even[w] = __byte_perm(s[0], s[2], 0x7632);
            out.odd[w] = __byte_perm(s[1], s[3], 0x7632);
        } else {
            out.even[w] = in[w] & 0x00ff00ffu;
            out.odd[w] = __byte_perm(in[w], 0, 0x4341);
        }
    }
    return out;
}

// Each byte above `threshold` becomes `maximum`, each other 0.
template <int WORDS>
__device__ __forceinline__ void select(uint32_t (&words)[WORDS], uint32_t threshold, uint32_t maximum) {
#pragma unroll
    for (int w = 0; w < WORDS; ++w) {
        words[w] = __vcmpgtu4(words[w], threshold * 0x01010101u) & (maximum * 0x01010101u);
    }
}

// The byte offset of row `y`, reflected. ALIGNED: one reflection is enough, and the pitch fits 32 bits.
template <bool ALIGNED>
__device__ __forceinline__ uint64_t row_offset(const ImageParam& image, int y) {
    const int last = static_cast<int>(image.height) - 1;
    if constexpr (ALIGNED) {
        y = abs(y);
        return static_cast<uint64_t>(static_cast<uint32_t>(min(y, 2 * last - y))) * static_cast<uint32_t>(image.row_pitch);
    } else {
        return reflect_101(y, image.height) * image.row_pitch;
    }
}

// The kernel body. ALIGNED: each row of both images begins at a multiple of the widest vector load and has a whole number of
// lanes; images are higher than the radius; pitches fit 32 bits. `stencil_takes` in crates/ops/src/kernels/stencil.rs checks the
// same conditions.
template <bool ALIGNED, int SOURCE, int BLUR, bool SOBEL, int WORDS, int DEPTH, int UNROLL>
__device__ __forceinline__ void stencil(const StencilArgs& args) {
    using From = SourceOf<SOURCE>;
    using Along = Row<BLUR, From::CHANNELS, WORDS>;
    constexpr int CHANNELS = From::CHANNELS;
    static_assert(!SOBEL || CHANNELS == 1, "the magnitude is of gray");
    constexpr int LANE = 4 * WORDS;
    constexpr int STRIP = 30 * LANE;
    constexpr int RAW = WORDS * From::BYTES;
    constexpr int RADIUS = BLUR / 2 + (SOBEL ? 1 : 0);
    static_assert(STRIP % CHANNELS == 0 && (RADIUS + 1) * CHANNELS <= LANE, "a lane holds what lies beyond a border");

    const int lane = threadIdx.x;
    const int height = args.src.height;
    const int samples = static_cast<int>(args.src.width) * CHANNELS;
    // The last strip begins further left where the strips are not a divisor of the row.
    const int strip = static_cast<int>(blockIdx.x) * STRIP;
    const int first = (ALIGNED || samples < STRIP ? strip : min(strip, samples - STRIP)) + (lane - 1) * LANE;
    // A lane just outside the image loads the words of the lane just inside, and mirrors them.
    const bool left = first == -LANE;
    const bool right = first == samples;
    const bool border = blockIdx.x == 0 || blockIdx.x + 1 == gridDim.x;
    const int at = left ? 0 : right ? first - LANE : ALIGNED || first + LANE <= samples ? min(first, samples - LANE) : 0;
    const Lane out = {first, samples, lane != 0 && lane != 31 && first < samples};
    // Byte by byte: a lane that is partly outside and the one after it, and all lanes of an image narrower than a lane.
    const bool beyond = first + LANE > samples && !right && first < samples + RADIUS * CHANNELS;
    const bool by_bytes = !ALIGNED && (samples < LANE || beyond || (first < 0 && !left));
    const bool src_vector = ALIGNED || (rows_aligned(args.src, 4 * VECTOR<RAW>) && first * From::BYTES % (4 * VECTOR<RAW>) == 0);
    const bool dst_vector = ALIGNED || (rows_aligned(args.dst, 4 * VECTOR<WORDS>) && first % (4 * VECTOR<WORDS>) == 0);
    const uint8_t* end = image_row<const uint8_t>(args.src, args.src.batch - 1, height - 1) + args.src.width * From::IN;

    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (uint32_t block = blockIdx.y; block * args.rows < args.src.height; block += gridDim.y) {
            const int top = block * args.rows;
            const int bottom = min(top + static_cast<int>(args.rows), height);
            const int last = bottom - 1 + RADIUS;
            const uint8_t* src = image_row<const uint8_t>(args.src, frame, 0);
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, 0);

            const auto load = [&](int y) -> Raw<RAW> {
                const uint8_t* row = src + row_offset<ALIGNED>(args.src, min(y, last));
                if (by_bytes) {
                    return gather_words<RAW, From::IN>(row, first * From::BYTES, args.src.width, RADIUS);
                }
                return load_words<RAW>(row + at * From::BYTES, src_vector, end);
            };
            Raw<RAW> ahead[DEPTH];
#pragma unroll
            for (int i = 0; i < DEPTH; ++i) {
                ahead[i] = load(top - RADIUS + i);
            }
            // Consumes row `y` and gives the column sums that it completes.
            Columns<BLUR, WORDS> columns = {};
            const auto next = [&](int y) -> Pairs<WORDS> {
                Raw<RAW> raw = ahead[0];
#pragma unroll
                for (int k = 0; k + 1 < DEPTH; ++k) {
                    ahead[k] = ahead[k + 1];
                }
                ahead[DEPTH - 1] = load(y + DEPTH);
                if constexpr (!ALIGNED) {
                    align_words<RAW>(raw);
                }
                Pairs<WORDS> row = working_samples<SOURCE, WORDS>(raw.words, args.gray);
                if (border) {
                    const Pairs<WORDS> inside = row;
                    mirror<WORDS, CHANNELS, true>(inside, row, left && !by_bytes);
                    mirror<WORDS, CHANNELS, false>(inside, row, right && !by_bytes);
                }
                return columns.next(row, args.taps);
            };
            Sobel<WORDS> sobel = {};
            const auto magnitude = [&](const Pairs<WORDS>& sums, uint32_t(&words)[WORDS]) {
                Pairs<WORDS> blurred;
                Along::pairs(with_halo<Along::HALO>(sums), args.taps, blurred);
                sobel.next(blurred, words);
            };

            // The rows before the first complete result; NAME_any processes them in the main loop, for shorter code.
            if constexpr (ALIGNED) {
#pragma unroll
                for (int i = 0; i < 2 * RADIUS; ++i) {
                    const Pairs<WORDS> sums = next(top - RADIUS + i);
                    if (SOBEL && i >= 2 * (BLUR / 2)) {
                        uint32_t none[WORDS];
                        magnitude(sums, none);
                    }
                }
            }
#pragma unroll 1
            for (int begin = ALIGNED ? top : top - 2 * RADIUS; begin < bottom; begin += UNROLL) {
#pragma unroll
                for (int i = 0; i < UNROLL; ++i) {
                    const int y = begin + i;
                    const Pairs<WORDS> sums = next(y + RADIUS);
                    uint32_t words[WORDS];
                    if constexpr (SOBEL) {
                        magnitude(sums, words);
                    } else {
                        Along::words(with_halo<Along::HALO>(sums), args.taps, words);
                    }
                    if (args.select) {
                        select(words, args.threshold, args.maximum);
                    }
                    // The last unrolled round may go beyond the last row.
                    if (y < bottom && (ALIGNED || y >= top)) {
                        uint8_t* to = dst + y * (ALIGNED ? static_cast<uint32_t>(args.dst.row_pitch) : args.dst.row_pitch);
                        store_words<ALIGNED>(to, out, words, dst_vector);
                    }
                }
            }
        }
    }
}
