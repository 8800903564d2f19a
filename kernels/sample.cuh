// What the kernels of the `sample` family share: their argument block, packed pixels, colours, and outputs. The family
// computes chains of colour conversions, moves and one resize, a threshold and a normalisation in one pass; what each part
// computes is that of the single operators' kernels (color.cu, gather.cu, resize.cu, pointwise.cu), bit for bit.
//
// A pixel is one word, its first channel in the lowest byte; bytes above its channels may hold anything.
// Reads are of aligned words where all their bytes are the image's, else of bytes: what lies around rows is never looked at.
#pragma once

#include "args/sample.cuh"
#include "common.cuh"
#include "half.cuh"

// Changes the colours of `N` pixels.
template <int N>
__device__ __forceinline__ void convert_color(const ColorMapArgs& map, uint32_t* pixels) {
    if (map.has_luma) {
#pragma unroll
        for (int i = 0; i < N; ++i) {
            pixels[i] = dp2a_hi(map.weights_high, pixels[i], dp2a_lo(map.weights_low, pixels[i], 16384u)) >> 15;
        }
    }
#pragma unroll
    for (int i = 0; i < N; ++i) {
        pixels[i] = __byte_perm(pixels[i], 255u, map.permutation);
    }
}

// What is left to do with pixels of 8-bit samples before they are written.
template <int N>
__device__ __forceinline__ void finish(const SampleArgs& args, uint32_t* pixels) {
    if (args.flags & AFTER) {
        convert_color<N>(args.after, pixels);
    }
    if (args.flags & THRESHOLD) {
#pragma unroll
        for (int i = 0; i < N; ++i) {
            pixels[i] = __vcmpgtu4(pixels[i], args.thresholds) & args.maxima;
        }
    }
}

template <typename Sample>
__device__ __forceinline__ Sample to_sample(const SampleArgs& args, uint32_t pixel, int c) {
    const float value = __fmaf_rn(static_cast<float>((pixel >> (8 * c)) & 255u), args.scale[c], args.offset[c]);
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
