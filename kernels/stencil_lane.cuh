// The registers of a lane of a stencil kernel: its samples of a row as pairs of 16-bit numbers, and the halo from its neighbors.
//
// A row is a row of working samples (bytes): those of the source, or its gray. A lane has WORDS words of four samples each.
// Word w is kept in two registers, even[w] = (s[4w], s[4w+2]) and odd[w] = (s[4w+1], s[4w+3]), the first in the low half,
// so that one 32-bit addition or multiplication works on two samples. For every j, the pair (s[j], s[j+2]) is one register, or a
// byte permutation of two.
#pragma once

#include "common.cuh"

constexpr uint32_t ALL_LANES = 0xffffffffu;

// The samples of a lane, with HALO words of the lanes to its left and right.
template <int WORDS, int HALO = 0>
struct Pairs {
    uint32_t even[WORDS + 2 * HALO];
    uint32_t odd[WORDS + 2 * HALO];

    // (s[J], s[J + 2]), J counted from the first sample of the lane.
    template <int J>
    __device__ __forceinline__ uint32_t at() const {
        constexpr int word = (J + 4 * HALO) / 4;
        static_assert(J + 4 * HALO >= 0 && word + (J & 2) / 2 < WORDS + 2 * HALO, "outside the halo");
        if constexpr ((J & 3) == 0) {
            return even[word];
        } else if constexpr ((J & 3) == 1) {
            return odd[word];
        } else if constexpr ((J & 3) == 2) {
            return __byte_perm(even[word], even[word + 1], 0x5432);
        } else {
            return __byte_perm(odd[word], odd[word + 1], 0x5432);
        }
    }

    // (s[J], s[J + STEP]).
    template <int J, int STEP>
    __device__ __forceinline__ uint32_t two() const {
        constexpr int a = J + 4 * HALO;
        constexpr int b = a + STEP;
        static_assert(a >= 0 && b < 4 * (WORDS + 2 * HALO), "outside the halo");
        constexpr uint32_t low = (a & 2) ? 0x32 : 0x10;
        constexpr uint32_t high = (b & 2) ? 0x7600 : 0x5400;
        return __byte_perm(a & 1 ? odd[a / 4] : even[a / 4], b & 1 ? odd[b / 4] : even[b / 4], low | high);
    }
};

// Halo exchange: the pairs of this lane with HALO words from the lanes to its left and right, by warp shuffles.
template <int HALO, int WORDS>
__device__ __forceinline__ Pairs<WORDS, HALO> with_halo(const Pairs<WORDS>& own) {
    Pairs<WORDS, HALO> all;
#pragma unroll
    for (int i = 0; i < HALO; ++i) {
        all.even[i] = __shfl_up_sync(ALL_LANES, own.even[WORDS - HALO + i], 1);
        all.odd[i] = __shfl_up_sync(ALL_LANES, own.odd[WORDS - HALO + i], 1);
        all.even[HALO + WORDS + i] = __shfl_down_sync(ALL_LANES, own.even[i], 1);
        all.odd[HALO + WORDS + i] = __shfl_down_sync(ALL_LANES, own.odd[i], 1);
    }
#pragma unroll
    for (int i = 0; i < WORDS; ++i) {
        all.even[HALO + i] = own.even[i];
        all.odd[HALO + i] = own.odd[i];
    }
    return all;
}

// For a lane just outside the image and its neighbor just inside: the index of the neighbor's sample that sample `i` of the lane
// is by reflect-101; -1 if it is not a sample of the neighbor. `left`: the lane is left of the image.
template <int WORDS, int CHANNELS>
__host__ __device__ constexpr int mirrored(int i, bool left) {
    const int samples = 4 * WORDS;
    int source = 0;
    if (left) {
        const int beyond = samples - i;  // 1 for the last sample
        const int pixel = (beyond + CHANNELS - 1) / CHANNELS;
        source = pixel * CHANNELS + (pixel * CHANNELS - beyond);
    } else {
        source = samples - (2 + i / CHANNELS) * CHANNELS + i % CHANNELS;
    }
    return source >= 0 && source < samples ? source : -1;
}

template <int WORDS, int CHANNELS, int FIRST, bool LEFT>
__device__ __forceinline__ uint32_t mirrored_pair(const Pairs<WORDS>& own, uint32_t otherwise) {
    constexpr int first = mirrored<WORDS, CHANNELS>(FIRST, LEFT);
    constexpr int second = mirrored<WORDS, CHANNELS>(FIRST + 2, LEFT);
    // Samples that the neighbor does not have are outside the stencil's radius: any value will do.
    if constexpr (first < 0 && second < 0) {
        return otherwise;
    } else {
        constexpr int a = first < 0 ? 0 : first;
        constexpr int b = second < 0 ? 0 : second;
        constexpr uint32_t low = (a & 2) ? 0x32 : 0x10;
        constexpr uint32_t high = (b & 2) ? 0x7600 : 0x5400;
        return __byte_perm(a & 1 ? own.odd[a / 4] : own.even[a / 4], b & 1 ? own.odd[b / 4] : own.even[b / 4], low | high);
    }
}

// In a lane just outside the image (`outside`), which loaded the samples of the lane just inside: replaces them by their mirror
// image.
template <int WORDS, int CHANNELS, bool LEFT, int WORD = 0>
__device__ __forceinline__ void mirror(const Pairs<WORDS>& own, Pairs<WORDS>& out, bool outside) {
    if constexpr (WORD < WORDS) {
        const uint32_t even = mirrored_pair<WORDS, CHANNELS, 4 * WORD, LEFT>(own, own.even[WORD]);
        const uint32_t odd = mirrored_pair<WORDS, CHANNELS, 4 * WORD + 1, LEFT>(own, own.odd[WORD]);
        out.even[WORD] = outside ? even : out.even[WORD];
        out.odd[WORD] = outside ? odd : out.odd[WORD];
        mirror<WORDS, CHANNELS, LEFT, WORD + 1>(own, out, outside);
    }
}
