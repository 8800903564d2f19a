// What a lane of a stencil kernel holds: a few words of a row, its samples as pairs of 16 bits, and those of its neighbours.
//
// A row is a row of working samples (bytes): those of the source, or its gray. A lane owns WORDS words of four of them.
// Word w is kept as two registers, even[w] = (s[4w], s[4w+2]) and odd[w] = (s[4w+1], s[4w+3]), the first in the low half,
// so that one 32-bit addition or multiplication works on two samples. The pair (s[j], s[j+2]) is one of them, or one byte
// permutation of two, for every j.
#pragma once

#include "common.cuh"

constexpr uint32_t ALL_LANES = 0xffffffffu;

// The samples of a lane, with HALO words of its left and its right neighbour where HALO is not 0.
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

// The pairs with HALO words of the lanes to the left and to the right.
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

// Which sample of a lane stands for sample `i` of the lane outside the image beside it (reflect-101). The lane left of the
// image ends where the given one begins, the lane right of it begins where the given one ends. -1 where none does.
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
    // What no sample of the lane stands for is beyond the reach of the stencil: any value will do.
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

// In the lane just outside the image, which holds the samples of the lane just inside: their mirror image.
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
