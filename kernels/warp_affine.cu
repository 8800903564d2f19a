// Affine warp, bilinear, with a constant border. The arithmetic is that of the operator's reference.
#include "args/warp_affine.cuh"
#include "common.cuh"

// One coordinate of the source for column `x`: x * a + (y * b + c); in the last columns of a row (`rest`) the sum has another
// order, as in OpenCV. See the reference.
__device__ __forceinline__ float coordinate(float x, float a, float yb, float c, bool rest) {
    return rest ? __fadd_rn(__fmaf_rn(x, a, yb), c) : __fmaf_rn(x, a, __fadd_rn(yb, c));
}

__device__ __forceinline__ float between(float a, float b, float fraction) {
    return __fmaf_rn(fraction, __fsub_rn(b, a), a);
}

// Computes one pixel of the output in all frames of its grid-stride loop.
template <uint32_t CHANNELS>
__device__ __forceinline__ void warp_pixel(const WarpAffineArgs& args, uint32_t x, uint32_t y) {
    const bool rest = x >= (args.dst.width & ~15u);
    const float fx = static_cast<float>(x);
    const float fy = static_cast<float>(y);
    float u = coordinate(fx, args.map[0], __fmul_rn(fy, args.map[1]), args.map[2], rest);
    float v = coordinate(fx, args.map[3], __fmul_rn(fy, args.map[4]), args.map[5], rest);
    // Clamped, so that the coordinates fit an int: positions far outside read the same as those just outside, as sides are at most
    // 65536.
    u = fminf(fmaxf(u, -2.0f), 131072.0f);
    v = fminf(fmaxf(v, -2.0f), 131072.0f);
    const float left = floorf(u);
    const float top = floorf(v);
    const float across = __fsub_rn(u, left);
    const float down = __fsub_rn(v, top);
    const int column = static_cast<int>(left);
    const int row = static_cast<int>(top);
    const int width = args.src.width;
    const int height = args.src.height;
    const bool columns[2] = {column >= 0 && column < width, column >= -1 && column < width - 1};
    const bool rows[2] = {row >= 0 && row < height, row >= -1 && row < height - 1};

    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        float corners[2][2][CHANNELS];
#pragma unroll
        for (int j = 0; j < 2; ++j) {
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                if (columns[i] && rows[j]) {
                    const uint8_t* src =
                        image_row<const uint8_t>(args.src, frame, row + j) + uint32_t(column + i) * CHANNELS;
#pragma unroll
                    for (uint32_t c = 0; c < CHANNELS; ++c) {
                        corners[j][i][c] = static_cast<float>(__ldg(src + c));
                    }
                } else {
#pragma unroll
                    for (uint32_t c = 0; c < CHANNELS; ++c) {
                        corners[j][i][c] = static_cast<float>(args.value[c]);
                    }
                }
            }
        }
        uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * CHANNELS;
#pragma unroll
        for (uint32_t c = 0; c < CHANNELS; ++c) {
            const float upper = between(corners[0][0][c], corners[0][1][c], across);
            const float lower = between(corners[1][0][c], corners[1][1][c], across);
            dst[c] = static_cast<uint8_t>(__float2int_rn(between(upper, lower, down)));
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) warp_affine(const __grid_constant__ WarpAffineArgs args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.dst.width) {
        return;
    }
    for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
        switch (args.dst.channels) {
            case 1: warp_pixel<1>(args, x, y); break;
            case 3: warp_pixel<3>(args, x, y); break;
            default: warp_pixel<4>(args, x, y);
        }
    }
}
