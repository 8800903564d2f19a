// Chains of color conversion, threshold and normalization on whole images or rectangles of them: the pixels keep their order, so
// no taps are needed. Each thread converts consecutive pixels of a row: 16 or 4 where the output is bytes, 4 where it is
// floating-point numbers.
#include "quad.cuh"
#include "sample.cuh"

// Packs the first `OUT` bytes of each of four pixels into consecutive bytes.
template <int OUT>
__device__ __forceinline__ void pack_quad(const uint32_t* p, uint32_t* words) {
    if constexpr (OUT == 1) {
        words[0] = __byte_perm(__byte_perm(p[0], p[1], 0x0040), __byte_perm(p[2], p[3], 0x0040), 0x5410);
    } else if constexpr (OUT == 3) {
        words[0] = __byte_perm(p[0], p[1], 0x4210);
        words[1] = __byte_perm(p[1], p[2], 0x5421);
        words[2] = __byte_perm(p[2], p[3], 0x6542);
    } else {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            words[i] = p[i];
        }
    }
}

// Writes the first `count` of four pixels, one after the other; BYTES: the type is u8.
template <bool BYTES>
__device__ __forceinline__ void write_singly(const SampleArgs& args, uint32_t frame, uint32_t x, uint32_t y, uint32_t count,
                                             const uint32_t* pixels) {
    uint32_t rest[4] = {pixels[0], pixels[1], pixels[2], pixels[3]};
#pragma unroll 1
    for (uint32_t i = 0; i < count; ++i) {
        if constexpr (BYTES) {
            write_bytes<1>(args, frame, x + i, y, rest);
        } else {
            write_pixels<1>(args, frame, x + i, y, rest);
        }
        // A shift of registers: a dynamic index would spill `rest` to local memory.
        rest[0] = rest[1];
        rest[1] = rest[2];
        rest[2] = rest[3];
    }
}

// Stores four consecutive samples of a row; `dst` is aligned to the size of four samples.
__device__ __forceinline__ void write_four(float* dst, const float* v) {
    *reinterpret_cast<float4*>(dst) = make_float4(v[0], v[1], v[2], v[3]);
}

template <typename Number>
__device__ __forceinline__ void write_four(Number* dst, const Number* v) {
    *reinterpret_cast<uint2*>(dst) = make_uint2(pair(v[0], v[1]), pair(v[2], v[3]));
}

template <typename Sample, int OUT>
__device__ __forceinline__ void write_float_quad(const SampleArgs& args, uint32_t frame, uint32_t x, uint32_t y, const uint32_t* pixels) {
    Sample samples[4 * OUT];
#pragma unroll
    for (int i = 0; i < 4 * OUT; ++i) {
        samples[i] = to_sample<Sample>(args.normalize, pixels[i / OUT], i % OUT);
    }
    if (args.flags & PLANAR) {
        uint64_t dst = reinterpret_cast<uint64_t>(image_row<Sample>(args.dst, frame, y) + x);
#pragma unroll
        for (int c = 0; c < OUT; ++c) {
            const Sample plane[4] = {samples[c], samples[OUT + c], samples[2 * OUT + c], samples[3 * OUT + c]};
            write_four(reinterpret_cast<Sample*>(dst), plane);
            dst += args.dst.height * args.dst.row_pitch;
        }
    } else {
        Sample* dst = image_row<Sample>(args.dst, frame, y) + x * OUT;
#pragma unroll
        for (int i = 0; i < OUT; ++i) {
            write_four(dst + 4 * i, samples + 4 * i);
        }
    }
}

template <int SRC, int OUT>
__device__ __forceinline__ void rows_to_floats(const SampleArgs& args) {
    const uint32_t x = (blockIdx.x * blockDim.x + threadIdx.x) * 4;
    if (x >= args.dst.width) {
        return;
    }
    const uint32_t count = min(args.dst.width - x, 4u);
    const bool whole = count == 4 && rows_aligned(args.dst, args.flags & F32_SAMPLES ? 16 : 8);
    const bool edge = at_edge<SRC>(args.src, args.dst.width, x, count);
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const uint8_t* src = image_row<const uint8_t>(args.src, frame, y) + x * SRC;
            uint32_t pixels[4];
            read_quad<SRC>(reinterpret_cast<uint64_t>(src), count, edge, pixels);
            finish<4>(args, pixels);
            if (!whole) {
                write_singly<false>(args, frame, x, y, count, pixels);
            } else if (args.flags & F16_SAMPLES) {
                write_float_quad<F16, OUT>(args, frame, x, y, pixels);
            } else if (args.flags & F32_SAMPLES) {
                write_float_quad<float, OUT>(args, frame, x, y, pixels);
            } else {
                write_float_quad<Bf16, OUT>(args, frame, x, y, pixels);
            }
        }
    }
}

// 16 pixels for each thread where the output has one byte per pixel, else 4: the stores of a warp then coalesce best.
template <int SRC, int OUT, uint32_t PIXELS>
__device__ __forceinline__ void rows_to_bytes(const SampleArgs& args) {
    const uint32_t x = (blockIdx.x * blockDim.x + threadIdx.x) * PIXELS;
    if (x >= args.dst.width) {
        return;
    }
    const uint32_t count = min(args.dst.width - x, PIXELS);
    const bool wide = PIXELS == 16 && count == PIXELS && rows_aligned(args.src, 16) && rows_aligned(args.dst, 16);
    const bool words = rows_aligned(args.dst, 4);
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const uint8_t* src = image_row<const uint8_t>(args.src, frame, y) + x * SRC;
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + x * OUT;
            if (wide) {
                uint4 in[SRC];
                uint4 out[OUT];
#pragma unroll
                for (int i = 0; i < SRC; ++i) {
                    in[i] = __ldg(reinterpret_cast<const uint4*>(src) + i);
                }
                uint32_t pixels[16];
#pragma unroll
                for (int i = 0; i < 4; ++i) {
                    unpack<SRC>(reinterpret_cast<const uint32_t*>(in) + i * SRC, pixels + 4 * i);
                }
                finish<16>(args, pixels);
#pragma unroll
                for (int i = 0; i < 4; ++i) {
                    pack_quad<OUT>(pixels + 4 * i, reinterpret_cast<uint32_t*>(out) + i * OUT);
                }
#pragma unroll
                for (int i = 0; i < OUT; ++i) {
                    reinterpret_cast<uint4*>(dst)[i] = out[i];
                }
                continue;
            }
#pragma unroll 1
            for (uint32_t i = 0; i < count; i += 4) {
                const uint32_t left = min(count - i, 4u);
                uint32_t pixels[4];
                const bool edge = at_edge<SRC>(args.src, args.dst.width, x + i, left);
                read_quad<SRC>(reinterpret_cast<uint64_t>(src) + i * SRC, left, edge, pixels);
                finish<4>(args, pixels);
                if (words && left == 4) {
                    uint32_t out[OUT];
                    pack_quad<OUT>(pixels, out);
#pragma unroll
                    for (int j = 0; j < OUT; ++j) {
                        reinterpret_cast<uint32_t*>(dst + i * OUT)[j] = out[j];
                    }
                } else {
                    write_singly<true>(args, frame, x + i, y, left, pixels);
                }
            }
        }
    }
}

#define ROWS(SRC, OUT)                                                                                                       \
    extern "C" __global__ void __launch_bounds__(256) rows_to_bytes_##SRC##_##OUT(const __grid_constant__ SampleArgs args) {  \
        rows_to_bytes<SRC, OUT, OUT == 1 ? 16 : 4>(args);                                                                    \
    }                                                                                                                        \
    extern "C" __global__ void __launch_bounds__(256) rows_to_floats_##SRC##_##OUT(const __grid_constant__ SampleArgs args) { \
        rows_to_floats<SRC, OUT>(args);                                                                                      \
    }

ROWS(1, 1)
ROWS(1, 3)
ROWS(1, 4)
ROWS(3, 1)
ROWS(3, 3)
ROWS(3, 4)
ROWS(4, 1)
ROWS(4, 3)
ROWS(4, 4)
