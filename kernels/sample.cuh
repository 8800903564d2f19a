// What the kernels of the `sample` family share: their argument block, packed pixels, colours, and outputs. The family
// computes chains of colour conversions, moves and one resize, a threshold and a normalisation in one pass; what each part
// computes is that of the single operators' kernels (color.cu, gather.cu, resize.cu, pointwise.cu), bit for bit.
//
// A pixel is one word, its first channel in the lowest byte; bytes above its channels may hold anything.
// Reads are of aligned words where all their bytes are the image's, else of bytes: what lies around rows is never looked at.
#pragma once

#include "common.cuh"
#include "half.cuh"

// A change of colours, put together by crates/ops/src/fusion/sample/colour.rs.
struct Colour {
    // Whether the weighted sum comes first: of the first two bytes, and of the next two.
    uint32_t luma;
    uint32_t weights_low;
    uint32_t weights_high;
    // For each byte of the result one nibble: 0 to 3 that byte of the pixel, 4 the number 255.
    uint32_t order;
};

// The same fields as `SampleArgs` in crates/ops/src/kernels/sample.rs.
struct SampleArgs {
    Image src;
    Image dst;
    // `dst.width` taps of the columns, then `dst.height` of the rows; none for rows.
    uint64_t tables;
    Colour before;
    Colour after;
    float a[4];
    float b[4];
    // One byte four times each.
    uint32_t limits;
    uint32_t maxima;
    uint32_t flags;
    // The pixel for taps outside the source, between the colours before and the taps.
    uint32_t outside;
};
static_assert(sizeof(SampleArgs) == 168, "SampleArgs differs from crates/ops/src/kernels/sample.rs");

// The bits of `flags`.
enum Flags : uint32_t {
    BEFORE = 1,
    AFTER = 2,
    THRESHOLD = 4,
    FLOATS = 8,
    HALVES = 16,
    PLANAR = 32,
    // The taps are those of a half-size resize.
    HALVED = 64,
};

// Changes the colours of `N` pixels.
template <int N>
__device__ __forceinline__ void recolour(const Colour& colour, uint32_t* pixels) {
    if (colour.luma) {
#pragma unroll
        for (int i = 0; i < N; ++i) {
            pixels[i] = dp2a_hi(colour.weights_high, pixels[i], dp2a_lo(colour.weights_low, pixels[i], 16384u)) >> 15;
        }
    }
#pragma unroll
    for (int i = 0; i < N; ++i) {
        pixels[i] = __byte_perm(pixels[i], 255u, colour.order);
    }
}

// What is left to do with pixels of 8-bit samples before they are written.
template <int N>
__device__ __forceinline__ void finish(const SampleArgs& args, uint32_t* pixels) {
    if (args.flags & AFTER) {
        recolour<N>(args.after, pixels);
    }
    if (args.flags & THRESHOLD) {
#pragma unroll
        for (int i = 0; i < N; ++i) {
            pixels[i] = __vcmpgtu4(pixels[i], args.limits) & args.maxima;
        }
    }
}

template <typename Sample>
__device__ __forceinline__ Sample to_sample(const SampleArgs& args, uint32_t pixel, int c) {
    const float value = __fmaf_rn(static_cast<float>((pixel >> (8 * c)) & 255u), args.a[c], args.b[c]);
    if constexpr (sizeof(Sample) == 2) {
        return to_half(value);
    } else {
        return value;
    }
}

// A store to device memory: a plain one would have to find out first what kind of memory an address is of.
template <typename Sample>
__device__ __forceinline__ void store(uint64_t address, Sample sample) {
    Sample* pointer = reinterpret_cast<Sample*>(address);
    __builtin_assume(__isGlobal(pointer));
    *pointer = sample;
}

// Writes finished pixels at one place of `FRAMES` frames, `gridDim.z` apart. At most 4 channels, and no memory with an index
// for their factors.
template <typename Sample, int FRAMES>
__device__ __forceinline__ void write_floats(const SampleArgs& args, uint32_t first, uint32_t x, uint32_t y, const uint32_t* pixels) {
    const bool planar = args.flags & PLANAR;
    const uint32_t channels = args.dst.channels;
    uint64_t dst = reinterpret_cast<uint64_t>(image_row<Sample>(args.dst, first, y) + (planar ? x : x * channels));
    const uint64_t channel = planar ? args.dst.height * args.dst.row_pitch : sizeof(Sample);
#pragma unroll
    for (int i = 0; i < FRAMES; ++i) {
#pragma unroll
        for (int c = 0; c < 4; ++c) {
            if (c < channels) {
                store(dst + c * channel, to_sample<Sample>(args, pixels[i], c));
            }
        }
        dst += gridDim.z * args.dst.batch_stride;
    }
}

template <int FRAMES>
__device__ __forceinline__ void write_pixels(const SampleArgs& args, uint32_t first, uint32_t x, uint32_t y, const uint32_t* pixels) {
    if (args.flags & HALVES) {
        write_floats<Half, FRAMES>(args, first, x, y, pixels);
    } else if (args.flags & FLOATS) {
        write_floats<float, FRAMES>(args, first, x, y, pixels);
    } else {
        const uint32_t channels = args.dst.channels;
        uint64_t address = reinterpret_cast<uint64_t>(image_row<uint8_t>(args.dst, first, y) + x * channels);
#pragma unroll
        for (int i = 0; i < FRAMES; ++i) {
            store(address, static_cast<uint8_t>(pixels[i]));
            if (channels > 1) {
                store(address + 1, static_cast<uint8_t>(pixels[i] >> 8));
                store(address + 2, static_cast<uint8_t>(pixels[i] >> 16));
            }
            if (channels > 3) {
                store(address + 3, static_cast<uint8_t>(pixels[i] >> 24));
            }
            address += gridDim.z * args.dst.batch_stride;
        }
    }
}
