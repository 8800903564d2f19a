// Device functions that sample_taps.cu and sample_words.cu share: loads of a few bytes at any alignment.
#pragma once

#include "common.cuh"

// Two words: two neighboring pixels of a row, or up to eight bytes of it.
struct Pair {
    uint32_t first;
    uint32_t second;
};

__device__ __forceinline__ uint32_t load_word(uint64_t address) {
    return __ldg(reinterpret_cast<const uint32_t*>(address));
}

__device__ __forceinline__ int load_byte(uint64_t address) {
    return __ldg(reinterpret_cast<const uint8_t*>(address));
}

// Loads the first `count` bytes at `address`, at most `MOST`, into two words. Loads aligned words, but at the edges of rows (EDGE)
// single bytes, since a word there may hold bytes outside the image.
template <uint32_t MOST, bool EDGE>
__device__ __forceinline__ Pair load_bytes(uint64_t address, uint32_t count) {
    if constexpr (EDGE) {
        uint32_t words[2] = {0, 0};
#pragma unroll
        for (uint32_t i = 0; i < MOST; ++i) {
            if (i < count) {
                words[i / 4] |= static_cast<uint32_t>(load_byte(address + i)) << (8 * (i % 4));
            }
        }
        return Pair{words[0], words[1]};
    }
    const uint64_t words = address & ~uint64_t(3);
    const uint32_t low = static_cast<uint32_t>(address);
    const uint32_t end = (low & 3u) + count;
    const uint32_t a = load_word(words);
    uint32_t b = 0;
    uint32_t c = 0;
    if (MOST > 1 && end > 4) {
        b = load_word(words + 4);
    }
    if (MOST > 5 && end > 8) {
        c = load_word(words + 8);
    }
    // The funnel shift takes its amount modulo 32.
    return Pair{__funnelshift_r(a, b, 8 * low), MOST > 4 ? __funnelshift_r(b, c, 8 * low) : 0};
}
