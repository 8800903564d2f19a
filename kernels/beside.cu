// Images beside each other: two of them (`concat`), or one several times (`tile`). Samples of any type are copied, as rows of samples; planar
// images come with the rows of all planes, one plane after the other.
#include "args/beside.cuh"
#include "common.cuh"

// Calls `copy(frame, plane, x, y)` for the samples of this thread: sample `x` of row `y` of a plane.
template <typename Copy>
__device__ __forceinline__ void for_each_of_planes(const ImageParam& dst, uint32_t planes, Copy copy) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= dst.width) {
        return;
    }
    const uint32_t rows = dst.height / planes;
    for (uint32_t frame = blockIdx.z; frame < dst.batch; frame += gridDim.z) {
        for (uint32_t row = blockIdx.y * blockDim.y + threadIdx.y; row < dst.height; row += gridDim.y * blockDim.y) {
            const uint32_t plane = row / rows;
            copy(frame, plane, x, row - plane * rows);
        }
    }
}

// A sample of a row of a plane of an image.
template <typename Bits>
__device__ __forceinline__ Bits sample_of(
    const ImageParam& image, uint32_t planes, uint32_t frame, uint32_t plane, uint32_t x, uint32_t y) {
    return __ldg(image_row<const Bits>(image, frame, plane * (image.height / planes) + y) + x);
}

template <typename Bits>
__device__ __forceinline__ void concat(const ConcatArgs& args) {
    const uint32_t rows = args.dst.height / args.planes;
    const uint32_t rows_of_a = args.a.height / args.planes;
    for_each_of_planes(args.dst, args.planes, [&](uint32_t frame, uint32_t plane, uint32_t x, uint32_t y) {
        Bits sample;
        if (x < args.a.width && y < rows_of_a) {
            sample = sample_of<Bits>(args.a, args.planes, frame, plane, x, y);
        } else if (args.vertical != 0) {
            sample = sample_of<Bits>(args.b, args.planes, frame, plane, x, y - rows_of_a);
        } else {
            sample = sample_of<Bits>(args.b, args.planes, frame, plane, x - args.a.width, y);
        }
        image_row<Bits>(args.dst, frame, plane * rows + y)[x] = sample;
    });
}

template <typename Bits>
__device__ __forceinline__ void tile(const TileArgs& args) {
    const uint32_t rows = args.dst.height / args.planes;
    const uint32_t rows_of_src = args.src.height / args.planes;
    for_each_of_planes(args.dst, args.planes, [&](uint32_t frame, uint32_t plane, uint32_t x, uint32_t y) {
        image_row<Bits>(args.dst, frame, plane * rows + y)[x] =
            sample_of<Bits>(args.src, args.planes, frame, plane, x % args.src.width, y % rows_of_src);
    });
}

extern "C" __global__ void __launch_bounds__(256) concat_1(const __grid_constant__ ConcatArgs args) {
    concat<uint8_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) concat_2(const __grid_constant__ ConcatArgs args) {
    concat<uint16_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) concat_4(const __grid_constant__ ConcatArgs args) {
    concat<uint32_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) tile_1(const __grid_constant__ TileArgs args) {
    tile<uint8_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) tile_2(const __grid_constant__ TileArgs args) {
    tile<uint16_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) tile_4(const __grid_constant__ TileArgs args) {
    tile<uint32_t>(args);
}
