// The fractional bits of the weights of torchvision's resample, for the images of a mixed chain: as many as the largest weight of all
// positions of an axis leaves in 16 bits.
#include "args/resample_mixed.cuh"
#include "descriptor.cuh"
#include "resample_windows.cuh"

constexpr uint32_t THREADS = 256;
// The largest number of bits.
constexpr uint32_t MOST_BITS = 22;

// The largest weight of a window, 0 at least.
__device__ __forceinline__ double largest_weight(const ResampleMixedAxis& axis, uint32_t filter, uint32_t at) {
    const Window<double> window = window_at<double>(axis, at);
    double sum = 0.0;
    double largest = 0.0;
    for (uint32_t tap = 0; tap < window.count; ++tap) {
        const double number = number_at(axis, filter, window, tap);
        sum += number;
        largest = fmax(largest, number);
    }
    // A division keeps the order of numbers.
    return fmax(share(largest, sum), 0.0);
}

// A block makes the number of one axis of one image.
extern "C" __global__ void __launch_bounds__(THREADS) resample_bits(const __grid_constant__ ResampleMixedArgs args) {
    __shared__ unsigned long long shared_largest;
    __shared__ ResampleMixedAxis shared_axis;
    const ImageParam& table = args.sample.src;
    for (uint32_t frame = blockIdx.z; frame < args.sample.dst.batch; frame += gridDim.z) {
        const ResampleMixedImage* image = descriptor_of<ResampleMixedImage>(table, frame);
        read_descriptor(shared_axis, blockIdx.x == 0 ? &image->columns : &image->lines, threadIdx.x);
        if (threadIdx.x == 0) {
            shared_largest = 0;
        }
        __syncthreads();
        const ResampleMixedAxis axis = shared_axis;
        double largest = 0.0;
        for (uint32_t at = threadIdx.x; at < axis.target; at += THREADS) {
            largest = fmax(largest, largest_weight(axis, args.filter, at));
        }
        // The bits of numbers that are not negative are ordered as the numbers.
        atomicMax(&shared_largest, static_cast<unsigned long long>(__double_as_longlong(largest)));
        __syncthreads();
        if (threadIdx.x == 0) {
            const double most = __longlong_as_double(static_cast<long long>(shared_largest));
            uint32_t bits = 0;
            while (bits < MOST_BITS && 0.5 + most * static_cast<double>(2u << bits) < 32768.0) {
                ++bits;
            }
            reinterpret_cast<uint32_t*>(args.bits)[2 * frame + blockIdx.x] = bits;
        }
        __syncthreads();
    }
}
