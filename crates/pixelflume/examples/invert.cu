// The CUDA executor of the operator in custom_operator.rs: 255 - p for each sample of a batch of 8-bit images.
//
//     nvcc -ptx -arch=compute_75 -std=c++17 -O3 -o invert.ptx invert.cu
//
// by CUDA 12.0's compiler: a driver reads the PTX of its own version and older ones.
#include <cstdint>

// `pixelflume::ops::ImageParam`.
struct Image {
    uint64_t base, row_pitch, batch_stride;
    uint32_t width, height, channels, batch;
};

struct Args {
    Image src, dst;
};

// One sample of some rows and frames for each thread: x walks along rows, y down, z over the batch. CUDA takes at most
// 65535 blocks along y and z, so both walk on by the size of the grid.
extern "C" __global__ void invert(const __grid_constant__ Args args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.src.width * args.src.channels) {
        return;
    }
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y; y < args.src.height; y += gridDim.y) {
            const uint64_t src = args.src.base + frame * args.src.batch_stride + y * args.src.row_pitch + x;
            const uint64_t dst = args.dst.base + frame * args.dst.batch_stride + y * args.dst.row_pitch + x;
            *reinterpret_cast<uint8_t*>(dst) = 255 - *reinterpret_cast<const uint8_t*>(src);
        }
    }
}
