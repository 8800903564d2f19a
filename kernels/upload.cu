// Copies words of 16 bytes from page-locked memory of the host to device memory.
#include "args/upload.cuh"
#include "common.cuh"

// One thread copies one word, or several in large copies.
extern "C" __global__ void __launch_bounds__(256) upload(const __grid_constant__ UploadArgs args) {
    const uint4* from = reinterpret_cast<const uint4*>(args.src);
    uint4* to = reinterpret_cast<uint4*>(args.dst);
    for (uint32_t word = blockIdx.x * blockDim.x + threadIdx.x; word < args.words; word += gridDim.x * blockDim.x) {
        to[word] = from[word];
    }
}
