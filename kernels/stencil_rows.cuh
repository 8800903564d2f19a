// Loads and stores of a lane's words of a row of any alignment, for the stencil kernels.
#pragma once

#include "stencil_lane.cuh"

// WORDS words as they were loaded. Of an unaligned row one more word is loaded, and the data begin at bit `shift`.
template <int WORDS>
struct Raw {
    uint32_t words[WORDS + 1];
    uint32_t shift;
};

// Words of the widest vector load that divides the words of a lane.
template <int WORDS>
constexpr int VECTOR = WORDS % 4 == 0 ? 4 : WORDS % 2 == 0 ? 2 : 1;

// Loads the bytes at `at`, which are inside the image. `vector`: `at` is a multiple of the widest vector load. `end` is one past
// the last byte of the batch.
template <int WORDS>
__device__ __forceinline__ Raw<WORDS> load_words(const uint8_t* at, bool vector, const uint8_t* end) {
    Raw<WORDS> raw;
    raw.shift = 0;
    raw.words[WORDS] = 0;
    if (vector) {
#pragma unroll
        for (int i = 0; i < WORDS; i += VECTOR<WORDS>) {
            if constexpr (VECTOR<WORDS> == 4) {
                const uint4 v = __ldg(reinterpret_cast<const uint4*>(at) + i / 4);
                raw.words[i] = v.x;
                raw.words[i + 1] = v.y;
                raw.words[i + 2] = v.z;
                raw.words[i + 3] = v.w;
            } else if constexpr (VECTOR<WORDS> == 2) {
                const uint2 v = __ldg(reinterpret_cast<const uint2*>(at) + i / 2);
                raw.words[i] = v.x;
                raw.words[i + 1] = v.y;
            } else {
                raw.words[i] = __ldg(reinterpret_cast<const uint32_t*>(at) + i);
            }
        }
        return raw;
    }
    const uint32_t bytes = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(at)) & 3u;
    const uint32_t* words = reinterpret_cast<const uint32_t*>(at - bytes);
    raw.shift = 8 * bytes;
#pragma unroll
    for (int i = 0; i < WORDS; ++i) {
        raw.words[i] = __ldg(words + i);
    }
    if (bytes != 0) {
        if (reinterpret_cast<const uint8_t*>(words + WORDS + 1) <= end) {
            raw.words[WORDS] = __ldg(words + WORDS);
        } else {
            // The last word of the batch: its bytes beyond the end are outside the image and must not be read.
#pragma unroll 1
            for (uint32_t i = 0; i < bytes; ++i) {
                raw.words[WORDS] |= static_cast<uint32_t>(__ldg(at + 4 * WORDS - bytes + i)) << (8 * i);
            }
        }
    }
    return raw;
}

// Loads the bytes of a lane one by one, with reflection; images may be narrower than a lane. `first` is the index of the lane's
// first byte in the row, and may be negative; `radius` is that of the stencil, in pixels.
template <int WORDS, int CHANNELS>
__device__ __forceinline__ Raw<WORDS> gather_words(const uint8_t* row, int first, int width, int radius) {
    Raw<WORDS> raw;
    raw.shift = 0;
    raw.words[WORDS] = 0;
#pragma unroll
    for (int w = 0; w < WORDS; ++w) {
        uint32_t word = 0;
        // Few lanes do this: not unrolled, for small code and few registers.
#pragma unroll 1
        for (int i = 0; i < 4; ++i) {
            // No lane begins more than 64 pixels left of the image.
            const uint32_t shifted = first + 4 * w + i + 64 * CHANNELS;
            const int x = static_cast<int>(shifted / CHANNELS) - 64;
            if (x >= -radius && x < width + radius) {
                const uint32_t byte = reflect_101(x, width) * CHANNELS + shifted % CHANNELS;
                word |= static_cast<uint32_t>(__ldg(row + byte)) << (8 * i);
            }
        }
        raw.words[w] = word;
    }
    return raw;
}

template <int WORDS>
__device__ __forceinline__ void align_words(Raw<WORDS>& raw) {
    // Uniform in a warp, except for lanes that load byte by byte: lanes are whole words apart.
    if (raw.shift != 0) {
#pragma unroll
        for (int i = 0; i < WORDS; ++i) {
            raw.words[i] = __funnelshift_r(raw.words[i], raw.words[i + 1], raw.shift);
        }
    }
}

// The samples of a lane in a row of the result: `first` to `first + 4 * WORDS`, of `samples`. Lanes that only provide the halo are
// not productive.
struct Lane {
    int first;
    int samples;
    bool productive;
};

// Stores the words of a warp's productive lanes, which are neighbors in the row; all lanes must call it. ALIGNED: all lanes are
// completely inside the row, at multiples of the widest vector store.
template <bool ALIGNED, int WORDS>
__device__ __forceinline__ void store_words(uint8_t* row, const Lane& lane, const uint32_t (&words)[WORDS], bool vector) {
    constexpr int BYTES = 4 * WORDS;
    const bool whole = ALIGNED || lane.first + BYTES <= lane.samples;
    uint8_t* at = row + lane.first;
    if (ALIGNED || vector) {
        if (lane.productive && whole) {
#pragma unroll
            for (int i = 0; i < WORDS; i += VECTOR<WORDS>) {
                if constexpr (VECTOR<WORDS> == 4) {
                    __stcs(reinterpret_cast<uint4*>(at) + i / 4,
                           make_uint4(words[i], words[i + 1], words[i + 2], words[i + 3]));
                } else if constexpr (VECTOR<WORDS> == 2) {
                    __stcs(reinterpret_cast<uint2*>(at) + i / 2, make_uint2(words[i], words[i + 1]));
                } else {
                    __stcs(reinterpret_cast<uint32_t*>(at) + i, words[i]);
                }
            }
        }
    } else {
        // Aligned words, the first of them with the last bytes of the lane before. The first bytes of the first lane and the last
        // bytes of the last one are stored one by one.
        const uint32_t skip = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(at)) & 3u;
        const uint32_t before = __shfl_up_sync(ALL_LANES, words[WORDS - 1], 1);
        if (lane.productive && whole) {
            uint32_t* aligned = reinterpret_cast<uint32_t*>(at - skip);
            const bool begins = threadIdx.x == 1 && skip != 0;
            const bool ends = (threadIdx.x == 30 || lane.first + 2 * BYTES > lane.samples) && skip != 0;
#pragma unroll
            for (int i = 0; i < WORDS; ++i) {
                if (i > 0 || !begins) {
                    aligned[i] = __funnelshift_l(i == 0 ? before : words[i - 1], words[i], 8 * skip);
                }
            }
#pragma unroll 1
            for (uint32_t i = 0; begins && i < 4 - skip; ++i) {
                at[i] = static_cast<uint8_t>(words[0] >> (8 * i));
            }
#pragma unroll 1
            for (uint32_t i = 4 - skip; ends && i < 4; ++i) {
                at[BYTES - 4 + i] = static_cast<uint8_t>(words[WORDS - 1] >> (8 * i));
            }
        }
    }
    if (lane.productive && !whole) {
#pragma unroll
        for (int w = 0; w < WORDS; ++w) {
#pragma unroll 1
            for (int i = 0; i < 4; ++i) {
                if (lane.first + 4 * w + i < lane.samples) {
                    at[4 * w + i] = static_cast<uint8_t>(words[w] >> (8 * i));
                }
            }
        }
    }
}
