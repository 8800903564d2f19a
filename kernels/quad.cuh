// Loads of four neighboring pixels of a row, which sample_rows.cu, resample.cu and resample_mixed.cu share.
#pragma once

#include "common.cuh"

// Extracts four pixels from the first bytes of `words`.
template <int SRC>
__device__ __forceinline__ void unpack(const uint32_t* words, uint32_t* pixels) {
    if constexpr (SRC == 3) {
        pixels[0] = words[0];
        pixels[1] = __byte_perm(words[0], words[1], 0x6543);
        pixels[2] = __byte_perm(words[1], words[2], 0x5432);
        pixels[3] = words[2] >> 8;
    } else {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            pixels[i] = SRC == 1 ? words[0] >> (8 * i) : words[i * SRC / 4];
        }
    }
}

// Bytes of four neighboring pixels as they were loaded: the first one is `skip` bytes behind the beginning of the words.
template <int SRC>
struct LoadedQuad {
    uint32_t words[SRC + 1];
    uint32_t skip;
};

// Loads four pixels at `address`, which may have any alignment; only the first `count` of them exist. Loads aligned words, but at
// the edges of rows (`edge`) single bytes, since a word there may hold bytes outside the image.
template <int SRC>
__device__ __forceinline__ LoadedQuad<SRC> load_quad(uint64_t address, uint32_t count, bool edge) {
    LoadedQuad<SRC> loaded{};
    if (edge) {
#pragma unroll
        for (int i = 0; i < 4 * SRC; ++i) {
            if (i < count * SRC) {
                const uint32_t byte = __ldg(reinterpret_cast<const uint8_t*>(address) + i);
                loaded.words[i / 4] |= byte << (8 * (i % 4));
            }
        }
    } else {
        const uint64_t first = address & ~uint64_t(3);
        loaded.skip = static_cast<uint32_t>(address) & 3u;
        const uint32_t end = loaded.skip + count * SRC;
#pragma unroll
        for (int i = 0; i <= SRC; ++i) {
            loaded.words[i] = 4 * i < end ? __ldg(reinterpret_cast<const uint32_t*>(first) + i) : 0;
        }
    }
    return loaded;
}

// The four pixels of loaded bytes. It waits for the loads.
template <int SRC>
__device__ __forceinline__ void unpack(const LoadedQuad<SRC>& loaded, uint32_t* pixels) {
    uint32_t words[SRC];
#pragma unroll
    for (int i = 0; i < SRC; ++i) {
        words[i] = __funnelshift_r(loaded.words[i], loaded.words[i + 1], 8 * loaded.skip);
    }
    unpack<SRC>(words, pixels);
}

// Both at once.
template <int SRC>
__device__ __forceinline__ void read_quad(uint64_t address, uint32_t count, bool edge, uint32_t* pixels) {
    unpack(load_quad<SRC>(address, count, edge), pixels);
}

// Whether the aligned words of the `count` pixels at `x` may hold bytes outside their row.
template <int SRC>
__device__ __forceinline__ bool at_edge(const ImageParam& src, uint32_t width, uint32_t x, uint32_t count) {
    const bool aligned = rows_aligned(src, 4);
    const bool whole = aligned && (count * SRC) % 4 == 0;
    return !whole && (x == 0 || (width - x - count) * SRC < 3);
}
