// Floating-point numbers from a table of each channel: `normalize`, `rescale` and `to_float`. Programs run it for the rare tables
// that `NormalizeSteps` cannot make; tests compare the kernels of chains, which compute those steps, with it.
#include "args/float_table.cuh"
#include "common.cuh"
#include "half.cuh"

// The number of each sample, as f32, f16 or bf16, interleaved or planar. One thread computes one pixel of some rows.
template <typename Sample>
__device__ __forceinline__ void look_up(const FloatTableArgs& args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.src.width) {
        return;
    }
    const uint32_t channels = args.src.channels;
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.src.height; y += gridDim.y * blockDim.y) {
            const uint8_t* src = image_row<const uint8_t>(args.src, frame, y) + size_t(x) * channels;
            const float* table = reinterpret_cast<const float*>(args.tables);
            for (uint32_t c = 0; c < channels; ++c, table += 256) {
                Sample* dst = args.planar ? image_row<Sample>(args.dst, frame, c * args.src.height + y) + x
                                          : image_row<Sample>(args.dst, frame, y) + size_t(x) * channels + c;
                convert(__ldg(table + __ldg(src + c)), *dst);
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) float_table(const __grid_constant__ FloatTableArgs args) {
    switch (args.sample) {
        case 1: look_up<F16>(args); break;
        case 2: look_up<Bf16>(args); break;
        default: look_up<float>(args);
    }
}
