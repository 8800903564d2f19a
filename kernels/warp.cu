// Warps: each pixel of the output is the source at a position that a matrix gives. The arithmetic is that of the reference
// (crates/ops/src/warp/reference.rs), and no operation is contracted but where a fused multiply-add is written.
#include "args/warp.cuh"
#include "border.cuh"
#include "common.cuh"

// A position of the source, integers at pixel centers.
struct Position {
    float x;
    float y;
};

__device__ __forceinline__ bool is_constant(const WarpArgs& args) {
    return args.outside == WarpOutside::CONSTANT;
}

// An integer number as an int; -2^31 where it does not fit, and for NaN, as the conversion of x86 has it.
__device__ __forceinline__ int to_int(float integer) {
    const bool fits = integer >= -2147483648.0f && integer < 2147483648.0f;
    return fits ? static_cast<int>(integer) : static_cast<int>(0x80000000u);
}

// A number rounded half to even and clamped to a byte; 0 where it does not fit an int, and for NaN.
__device__ __forceinline__ uint8_t to_byte(float number) {
    return static_cast<uint8_t>(min(max(to_int(rintf(number)), 0), 255));
}

// One tap: the pixel of the source at this column and row, as the border has it.
template <uint32_t CHANNELS>
__device__ __forceinline__ void read_tap(const WarpArgs& args, uint32_t frame, int column, int row, uint8_t* pixel) {
    const bool outside_columns = static_cast<uint32_t>(column) >= args.src.width;
    const bool outside_rows = static_cast<uint32_t>(row) >= args.src.height;
    if (is_constant(args) && (outside_columns || outside_rows)) {
#pragma unroll
        for (uint32_t c = 0; c < CHANNELS; ++c) {
            pixel[c] = args.value[c];
        }
        return;
    }
    if (outside_columns) {
        column = inside_of(column, static_cast<int>(args.src.width), args.outside);
    }
    if (outside_rows) {
        row = inside_of(row, static_cast<int>(args.src.height), args.outside);
    }
    const uint8_t* src = image_row<const uint8_t>(args.src, frame, static_cast<uint32_t>(row)) + static_cast<uint32_t>(column) * CHANNELS;
#pragma unroll
    for (uint32_t c = 0; c < CHANNELS; ++c) {
        pixel[c] = __ldg(src + c);
    }
}

// One row of the matrix at column `x` and row `y`: fma(x, a, y * b + c); in the last columns of a row (`rest`) the sum has another order,
// as in OpenCV.
__device__ __forceinline__ float fused_row(const float* row, float x, float y, bool rest) {
    const float yb = __fmul_rn(y, row[1]);
    return rest ? __fadd_rn(__fmaf_rn(x, row[0], yb), row[2]) : __fmaf_rn(x, row[0], __fadd_rn(yb, row[2]));
}

__device__ __forceinline__ Position fused_position(const WarpArgs& args, uint32_t column, uint32_t row) {
    const bool rest = column >= (args.dst.width & ~15u);
    const float x = static_cast<float>(column);
    const float y = static_cast<float>(row);
    Position at = {fused_row(args.map, x, y, rest), fused_row(args.map + 3, x, y, rest)};
    if (args.positions == WarpPositions::PERSPECTIVE) {
        const float divisor = fused_row(args.map + 6, x, y, rest);
        at = {__fdiv_rn(at.x, divisor), __fdiv_rn(at.y, divisor)};
    }
    return at;
}

// The positions of cubic warps: every operation rounds, and those of a perspective warp are f64.
__device__ __forceinline__ Position plain_position(const WarpArgs& args, uint32_t column, uint32_t row) {
    const float* map = args.map;
    const float y = static_cast<float>(row);
    const float first = __fadd_rn(__fmul_rn(y, map[1]), map[2]);
    const float second = __fadd_rn(__fmul_rn(y, map[4]), map[5]);
    if (args.positions != WarpPositions::PERSPECTIVE) {
        const float x = static_cast<float>(column);
        return {__fadd_rn(first, __fmul_rn(map[0], x)), __fadd_rn(second, __fmul_rn(map[3], x))};
    }
    const double x = static_cast<double>(column);
    const double third = static_cast<double>(__fadd_rn(__fmul_rn(y, map[7]), map[8]));
    const double factor = __ddiv_rn(1.0, __dadd_rn(third, __dmul_rn(static_cast<double>(map[6]), x)));
    const double u = __dadd_rn(static_cast<double>(first), __dmul_rn(static_cast<double>(map[0]), x));
    const double v = __dadd_rn(static_cast<double>(second), __dmul_rn(static_cast<double>(map[3]), x));
    return {__double2float_rn(__dmul_rn(u, factor)), __double2float_rn(__dmul_rn(v, factor))};
}

__device__ __forceinline__ bool is_grid_perspective(const WarpArgs& args) {
    return args.positions >= WarpPositions::GRID_PERSPECTIVE;
}

// One row of the matrix at `x` and `y`, as a product of matrices computes it.
__device__ __forceinline__ float grid_row(const WarpArgs& args, const float* row, float x, float y) {
    const bool fused = args.positions == WarpPositions::GRID_AFFINE_FUSED || args.positions == WarpPositions::GRID_PERSPECTIVE_FUSED;
    const float xa = __fmul_rn(x, row[0]);
    return __fadd_rn(fused ? __fmaf_rn(y, row[1], xa) : __fadd_rn(xa, __fmul_rn(y, row[1])), row[2]);
}

// A position from -1 to 1 inside a side of the source as a position of pixels.
__device__ __forceinline__ float grid_pixel(float at, uint32_t side) {
    return __fmaf_rn(__fadd_rn(at, 1.0f), 0.5f * static_cast<float>(side), -0.5f);
}

// The positions of torchvision.
__device__ __forceinline__ Position grid_position(const WarpArgs& args, uint32_t column, uint32_t row) {
    Position at;
    if (is_grid_perspective(args)) {
        const float x = static_cast<float>(column) + 0.5f;
        const float y = static_cast<float>(row) + 0.5f;
        const float divisor = grid_row(args, args.map + 6, x, y);
        at.x = __fsub_rn(__fdiv_rn(grid_row(args, args.map, x, y), divisor), 1.0f);
        at.y = __fsub_rn(__fdiv_rn(grid_row(args, args.map + 3, x, y), divisor), 1.0f);
    } else {
        // Sides are at most 65536, so that halves are exact.
        const float x = static_cast<float>(column) - 0.5f * static_cast<float>(args.dst.width - 1);
        const float y = static_cast<float>(row) - 0.5f * static_cast<float>(args.dst.height - 1);
        at.x = grid_row(args, args.map, x, y);
        at.y = grid_row(args, args.map + 3, x, y);
    }
    return {grid_pixel(at.x, args.src.width), grid_pixel(at.y, args.src.height)};
}

struct Nearest {
    template <uint32_t CHANNELS>
    static __device__ __forceinline__ void pixel(const WarpArgs& args, uint32_t x, uint32_t y) {
        const bool is_grid = args.positions >= WarpPositions::GRID_AFFINE;
        const Position at = is_grid ? grid_position(args, x, y) : fused_position(args, x, y);
        const int column = to_int(rintf(at.x));
        const int row = to_int(rintf(at.y));
        for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
            uint8_t tap[CHANNELS];
            read_tap<CHANNELS>(args, frame, column, row, tap);
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * CHANNELS;
#pragma unroll
            for (uint32_t c = 0; c < CHANNELS; ++c) {
                dst[c] = tap[c];
            }
        }
    }
};

__device__ __forceinline__ float between(float a, float b, float fraction) {
    return __fmaf_rn(fraction, __fsub_rn(b, a), a);
}

struct Bilinear {
    template <uint32_t CHANNELS>
    static __device__ __forceinline__ void pixel(const WarpArgs& args, uint32_t x, uint32_t y) {
        Position at = fused_position(args, x, y);
        if (is_constant(args)) {
            // Positions far outside read what those just outside do, as sides are at most 65536; so does NaN.
            at = {fminf(fmaxf(at.x, -2.0f), 131072.0f), fminf(fmaxf(at.y, -2.0f), 131072.0f)};
        }
        const int column = to_int(floorf(at.x));
        const int row = to_int(floorf(at.y));
        const float across = __fsub_rn(at.x, static_cast<float>(column));
        const float down = __fsub_rn(at.y, static_cast<float>(row));
        for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
            uint8_t taps[2][2][CHANNELS];
#pragma unroll
            for (int j = 0; j < 2; ++j) {
#pragma unroll
                for (int i = 0; i < 2; ++i) {
                    read_tap<CHANNELS>(args, frame, column + i, row + j, taps[j][i]);
                }
            }
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * CHANNELS;
#pragma unroll
            for (uint32_t c = 0; c < CHANNELS; ++c) {
                const float upper = between(taps[0][0][c], taps[0][1][c], across);
                const float lower = between(taps[1][0][c], taps[1][1][c], across);
                dst[c] = to_byte(between(upper, lower, down));
            }
        }
    }
};

// The weights of four taps, of which the second is at a distance of `a` from the position.
__device__ __forceinline__ void cubic_weights(float a, float* weights) {
    const float b = __fsub_rn(1.0f, a);
    const float aa = __fmul_rn(a, a);
    weights[0] = __fmul_rn(-0.75f, __fmul_rn(a, __fmul_rn(b, b)));
    weights[3] = __fmul_rn(-0.75f, __fmul_rn(aa, b));
    weights[1] = __fmaf_rn(aa, __fmaf_rn(1.25f, a, -2.25f), 1.0f);
    weights[2] = __fsub_rn(__fsub_rn(__fsub_rn(1.0f, weights[0]), weights[1]), weights[3]);
}

struct Cubic {
    template <uint32_t CHANNELS>
    static __device__ __forceinline__ void pixel(const WarpArgs& args, uint32_t x, uint32_t y) {
        Position at = plain_position(args, x, y);
        const float width = static_cast<float>(max(args.src.width, 16u));
        const float height = static_cast<float>(max(args.src.height, 16u));
        at = {fminf(fmaxf(at.x, -width), 2.0f * width), fminf(fmaxf(at.y, -height), 2.0f * height)};
        const float left = floorf(at.x);
        const float top = floorf(at.y);
        float across[4];
        float down[4];
        cubic_weights(__fsub_rn(at.x, left), across);
        cubic_weights(__fsub_rn(at.y, top), down);
        const int column = static_cast<int>(left) - 1;
        const int row = static_cast<int>(top) - 1;
        for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
            float sums[CHANNELS] = {};
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                uint8_t taps[4][CHANNELS];
#pragma unroll
                for (int i = 0; i < 4; ++i) {
                    read_tap<CHANNELS>(args, frame, column + i, row + j, taps[i]);
                }
#pragma unroll
                for (uint32_t c = 0; c < CHANNELS; ++c) {
                    float line = __fmul_rn(taps[0][c], across[0]);
#pragma unroll
                    for (int i = 1; i < 4; ++i) {
                        line = __fmaf_rn(taps[i][c], across[i], line);
                    }
                    sums[c] = __fmaf_rn(line, down[j], sums[c]);
                }
            }
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * CHANNELS;
#pragma unroll
            for (uint32_t c = 0; c < CHANNELS; ++c) {
                dst[c] = to_byte(sums[c]);
            }
        }
    }
};

// The bilinear interpolation of torchvision: pixels outside the source are 0. `value` is mixed in by the part that is inside.
struct Grid {
    template <uint32_t CHANNELS>
    static __device__ __forceinline__ void pixel(const WarpArgs& args, uint32_t x, uint32_t y) {
        const Position at = grid_position(args, x, y);
        const float left = floorf(at.x);
        const float top = floorf(at.y);
        const float across = __fsub_rn(at.x, left);
        const float down = __fsub_rn(at.y, top);
        const float rest_across = __fsub_rn(1.0f, across);
        const float rest_down = __fsub_rn(1.0f, down);
        const float weights[4] = {
            __fmul_rn(rest_across, rest_down), __fmul_rn(across, rest_down), __fmul_rn(rest_across, down), __fmul_rn(across, down)};
        const int column = to_int(left);
        const int row = to_int(top);
        bool inside[4];
        float part = 0.0f;
#pragma unroll
        for (int tap = 0; tap < 4; ++tap) {
            inside[tap] = static_cast<uint32_t>(column + (tap & 1)) < args.src.width && static_cast<uint32_t>(row + (tap >> 1)) < args.src.height;
            // A weight that is no number makes the sum none, also where it is that of a pixel outside.
            part = tap == 0 ? __fmul_rn(inside[0] ? 1.0f : 0.0f, weights[0]) : __fmaf_rn(inside[tap] ? 1.0f : 0.0f, weights[tap], part);
        }
        for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
            float sums[CHANNELS];
#pragma unroll
            for (int tap = 0; tap < 4; ++tap) {
                const uint8_t* src = nullptr;
                if (inside[tap]) {
                    const uint32_t line = static_cast<uint32_t>(row + (tap >> 1));
                    src = image_row<const uint8_t>(args.src, frame, line) + static_cast<uint32_t>(column + (tap & 1)) * CHANNELS;
                }
#pragma unroll
                for (uint32_t c = 0; c < CHANNELS; ++c) {
                    const float sample = inside[tap] ? static_cast<float>(__ldg(src + c)) : 0.0f;
                    sums[c] = tap == 0 ? __fmul_rn(sample, weights[0]) : __fmaf_rn(sample, weights[tap], sums[c]);
                }
            }
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * CHANNELS;
#pragma unroll
            for (uint32_t c = 0; c < CHANNELS; ++c) {
                const float value = static_cast<float>(args.value[c]);
                const bool mixed = args.outside != WarpOutside::NOTHING;
                dst[c] = to_byte(mixed ? __fadd_rn(__fmul_rn(__fsub_rn(sums[c], value), part), value) : sums[c]);
            }
        }
    }
};

// The pixels of this thread, one of each row of its grid-stride loop, in all frames.
template <typename Interpolation>
__device__ __forceinline__ void warp(const WarpArgs& args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.dst.width) {
        return;
    }
    for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
        switch (args.dst.channels) {
            case 1: Interpolation::template pixel<1>(args, x, y); break;
            case 3: Interpolation::template pixel<3>(args, x, y); break;
            default: Interpolation::template pixel<4>(args, x, y);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) warp_nearest(const __grid_constant__ WarpArgs args) {
    warp<Nearest>(args);
}

extern "C" __global__ void __launch_bounds__(256) warp_bilinear(const __grid_constant__ WarpArgs args) {
    warp<Bilinear>(args);
}

extern "C" __global__ void __launch_bounds__(256) warp_cubic(const __grid_constant__ WarpArgs args) {
    warp<Cubic>(args);
}

extern "C" __global__ void __launch_bounds__(256) warp_grid(const __grid_constant__ WarpArgs args) {
    warp<Grid>(args);
}
