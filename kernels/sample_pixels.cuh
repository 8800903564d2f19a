// Device functions that sample_taps.cu and sample_mixed.cu share: loads of pixels of each kind of source, and bilinear sums.
#pragma once

#include "args/tap.cuh"
#include "nv12.cuh"
#include "sample_load.cuh"

// The byte offset of a pixel in a frame; for NV12 frames the offset of Y, and the offset of its pair of U and V.
struct Offset {
    uint64_t pixel;
    uint64_t chroma;
    // 1 in odd columns of NV12 frames.
    uint32_t odd;
};

template <int SRC>
__device__ __forceinline__ Offset offset_of(const ImageParam& src, int x, int y) {
    if constexpr (SRC == NV12) {
        const uint32_t height = src.height / 3 * 2;
        return Offset{y * src.row_pitch + x, (height + y / 2) * src.row_pitch + (x & ~1), uint32_t(x) & 1u};
    } else {
        return Offset{y * src.row_pitch + uint32_t(x) * SRC, 0, 0};
    }
}

// Loads a pixel of an NV12 frame as RGB.
__device__ __forceinline__ uint32_t nv12_pixel(uint64_t pixel, uint64_t chroma) {
    return nv12_color(load_byte(pixel), load_byte(chroma), load_byte(chroma + 1));
}

// Loads the pixel at offset `at` of the frame that begins at `frame`.
template <int SRC, bool EDGE>
__device__ __forceinline__ uint32_t one_pixel(uint64_t frame, const Offset& at) {
    if constexpr (SRC == NV12) {
        return nv12_pixel(frame + at.pixel, frame + at.chroma);
    } else if constexpr (SRC == 1) {
        return load_byte(frame + at.pixel);
    } else {
        return load_bytes<SRC, EDGE>(frame + at.pixel, SRC).first;
    }
}

// Loads the pixel at offset `at` and, if `both`, its right neighbor; without a weight that one is not read.
template <int SRC, bool EDGE>
__device__ __forceinline__ Pair two_pixels(uint64_t frame, const Offset& at, bool both) {
    if constexpr (SRC == NV12) {
        const uint32_t step = both ? 1 : 0;
        // The right neighbor of an odd column has the next pair of U and V.
        const uint64_t chroma = frame + at.chroma + 2 * (step & at.odd);
        return Pair{one_pixel<SRC, EDGE>(frame, at), nv12_pixel(frame + at.pixel + step, chroma)};
    } else {
        const Pair bytes = load_bytes<2 * SRC, EDGE>(frame + at.pixel, both ? 2 * SRC : SRC);
        if constexpr (SRC == 1) {
            return Pair{bytes.first, bytes.first >> 8};
        } else if constexpr (SRC == 3) {
            return Pair{bytes.first, __byte_perm(bytes.first, bytes.second, 0x6543)};
        } else {
            return bytes;
        }
    }
}

// The weighted sums of `CHANNELS` bytes of two pixels.
struct Sums {
    uint32_t of[4];
};

template <int CHANNELS>
__device__ __forceinline__ Sums weighted(Pair pair, uint32_t weights, uint32_t start) {
    Sums sums{};
    const uint32_t low = __byte_perm(pair.first, pair.second, 0x5140);
    sums.of[0] = dp2a_lo(weights, low, start);
    if (CHANNELS > 1) {
        const uint32_t high = __byte_perm(pair.first, pair.second, 0x7362);
        sums.of[1] = dp2a_hi(weights, low, start);
        sums.of[2] = dp2a_lo(weights, high, start);
        if (CHANNELS > 3) {
            sums.of[3] = dp2a_hi(weights, high, start);
        }
    }
    return sums;
}

// Bilinear interpolation as in OpenCV. No result exceeds 255: the weights of an axis sum to at most 2049, and
// (255 * 2049 >> 4) * 2049 is less than 1021 << 16.
template <int CHANNELS>
__device__ __forceinline__ uint32_t bilinear(Pair above, Pair below, uint32_t weights, const Tap& line) {
    const Sums top = weighted<CHANNELS>(above, weights, 0);
    const Sums bottom = weighted<CHANNELS>(below, weights, 0);
    uint32_t out[4] = {};
#pragma unroll
    for (int c = 0; c < CHANNELS; ++c) {
        const uint32_t sum = ((line.weight0 * (top.of[c] >> 4)) >> 16) + ((line.weight1 * (bottom.of[c] >> 4)) >> 16);
        out[c] = (sum + 2) >> 2;
    }
    return pack(out[0], out[1], out[2], out[3]);
}
