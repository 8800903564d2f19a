// The Gaussian blur of the samples of a lane.
//
// A blur is exact and linear until it is rounded once at the end, so its two passes may come in either order. The column pass
// comes first: there two samples share a register. The row pass follows.
#pragma once

#include "args/stencil.cuh"
#include "stencil_lane.cuh"

// Taps on each axis; 0 for no blur. 3 and 5 are OpenCV's default taps, binomial coefficients, whose sums over both axes fit 16
// bits. 7 and 9 take any taps below 256; smaller blurs with other taps use them with zeros around their taps.
enum Blur : int { BLUR_NONE = 0, BLUR_3 = 3, BLUR_5 = 5, BLUR_7 = 7, BLUR_9 = 9 };

// The column pass of a lane that walks down the rows: `next` takes a row and gives the sums centered on the row RADIUS above it.
template <int BLUR, int WORDS>
struct Columns {
    static constexpr int RADIUS = BLUR / 2;
    static constexpr bool BINOMIAL = BLUR == BLUR_3 || BLUR == BLUR_5;
    // Binomial: a cascade of sums of two rows, for each step the previous row (or sum). Else the last BLUR - 1 rows.
    static constexpr int KEPT = BLUR == BLUR_NONE ? 1 : BLUR - 1;
    Pairs<WORDS> kept[KEPT];

    __device__ __forceinline__ uint32_t step(uint32_t (&before)[KEPT], uint32_t now, const StencilTaps& taps) {
        if constexpr (BLUR == BLUR_NONE) {
            return now;
        } else if constexpr (BINOMIAL) {
#pragma unroll
            for (int i = 0; i < KEPT; ++i) {
                // The 1 added in the first step becomes the rounding constant, a half of the result's unit: 1 * 8 * 16 of 256 for
                // five taps, 1 * 2 * 64 of 256 for three.
                const uint32_t sum = i == 0 ? now + before[i] + 0x00010001u : now + before[i];
                before[i] = now;
                now = sum;
            }
            return now;
        } else {
            uint32_t sum = before[RADIUS] * taps.to_center[RADIUS];
#pragma unroll
            for (int i = RADIUS - 1; i > 0; --i) {
                sum += (before[i] + before[KEPT - i]) * taps.to_center[i];
            }
            sum += (before[0] + now) * taps.to_center[0];
#pragma unroll
            for (int i = 0; i + 1 < KEPT; ++i) {
                before[i] = before[i + 1];
            }
            before[KEPT - 1] = now;
            return sum;
        }
    }

    __device__ __forceinline__ Pairs<WORDS> next(const Pairs<WORDS>& row, const StencilTaps& taps) {
        Pairs<WORDS> sums;
#pragma unroll
        for (int w = 0; w < WORDS; ++w) {
            uint32_t even[KEPT], odd[KEPT];
#pragma unroll
            for (int i = 0; i < KEPT; ++i) {
                even[i] = kept[i].even[w];
                odd[i] = kept[i].odd[w];
            }
            sums.even[w] = step(even, row.even[w], taps);
            sums.odd[w] = step(odd, row.odd[w], taps);
#pragma unroll
            for (int i = 0; i < KEPT; ++i) {
                kept[i].even[w] = even[i];
                kept[i].odd[w] = odd[i];
            }
        }
        return sums;
    }
};

// The row pass over the column sums, with rounding. A neighbor is CHANNELS samples away.
template <int BLUR, int CHANNELS, int WORDS>
struct Row {
    static constexpr int RADIUS = BLUR / 2;
    static constexpr bool BINOMIAL = BLUR == BLUR_3 || BLUR == BLUR_5;
    static constexpr int HALO = (RADIUS * CHANNELS + 3) / 4;

    // Binomial: two results, in bytes 1 and 3.
    template <int J>
    static __device__ __forceinline__ uint32_t binomial(const Pairs<WORDS, HALO>& s) {
        if constexpr (BLUR == BLUR_3) {
            const uint32_t outer = s.template at<J - CHANNELS>() + s.template at<J + CHANNELS>();
            return 32 * s.template at<J>() + 16 * outer;
        } else {
            const uint32_t outer = s.template at<J - 2 * CHANNELS>() + s.template at<J + 2 * CHANNELS>();
            const uint32_t inner = s.template at<J - CHANNELS>() + s.template at<J + CHANNELS>();
            return 6 * s.template at<J>() + (4 * inner + outer);
        }
    }

    // Any taps: one result, in byte 2. One dp2a multiplies two taps by a pair (s[a], s[a + CHANNELS]). Results at even pixels use
    // pairs that begin at their first tap; results at odd pixels reuse the pairs of the pixel before, with the taps shifted by one.
    template <int J, int I = 0>
    static __device__ __forceinline__ uint32_t general(const Pairs<WORDS, HALO>& s, const StencilTaps& taps, uint32_t sum) {
        if constexpr (I > RADIUS) {
            return sum;
        } else {
            constexpr bool later = (J / CHANNELS) % 2 == 1;
            constexpr int begin = J - RADIUS * CHANNELS - (later ? CHANNELS : 0) + 2 * I * CHANNELS;
            constexpr bool first_in = begin >= -4 * HALO && begin < 4 * (WORDS + HALO);
            constexpr bool second_in = begin + CHANNELS >= -4 * HALO && begin + CHANNELS < 4 * (WORDS + HALO);
            // A neighbor outside the halo has the tap 0.
            constexpr int a = first_in ? begin : begin + CHANNELS;
            constexpr int step = first_in && second_in ? CHANNELS : 0;
            const uint32_t both = s.template two<a, step>();
            const uint32_t weights = later ? taps.packed_later[I / 2] : taps.packed[I / 2];
            sum = I % 2 == 0 ? dp2a_lo(both, weights, sum) : dp2a_hi(both, weights, sum);
            return general<J, I + 1>(s, taps, sum);
        }
    }

    template <int WORD = 0>
    static __device__ __forceinline__ void words(const Pairs<WORDS, HALO>& s, const StencilTaps& taps, uint32_t (&out)[WORDS]) {
        if constexpr (WORD < WORDS) {
            constexpr int j = 4 * WORD;
            if constexpr (BLUR == BLUR_NONE) {
                out[WORD] = __byte_perm(s.even[WORD], s.odd[WORD], 0x6240);
            } else if constexpr (BINOMIAL) {
                out[WORD] = __byte_perm(binomial<j>(s), binomial<j + 1>(s), 0x7351);
            } else {
                const uint32_t half = 32768;
                const uint32_t low = __byte_perm(general<j>(s, taps, half), general<j + 1>(s, taps, half), 0x7362);
                const uint32_t high = __byte_perm(general<j + 2>(s, taps, half), general<j + 3>(s, taps, half), 0x7362);
                out[WORD] = __byte_perm(low, high, 0x5410);
            }
            words<WORD + 1>(s, taps, out);
        }
    }

    template <int WORD = 0>
    static __device__ __forceinline__ void pairs(const Pairs<WORDS, HALO>& s, const StencilTaps& taps, Pairs<WORDS>& out) {
        if constexpr (WORD < WORDS) {
            constexpr int j = 4 * WORD;
            if constexpr (BLUR == BLUR_NONE) {
                out.even[WORD] = s.even[WORD];
                out.odd[WORD] = s.odd[WORD];
            } else if constexpr (BINOMIAL) {
                out.even[WORD] = __byte_perm(binomial<j>(s), 0, 0x4341);
                out.odd[WORD] = __byte_perm(binomial<j + 1>(s), 0, 0x4341);
            } else {
                const uint32_t half = 32768;
                out.even[WORD] = __byte_perm(general<j>(s, taps, half), general<j + 2>(s, taps, half), 0x7632);
                out.odd[WORD] = __byte_perm(general<j + 1>(s, taps, half), general<j + 3>(s, taps, half), 0x7632);
            }
            pairs<WORD + 1>(s, taps, out);
        }
    }
};
