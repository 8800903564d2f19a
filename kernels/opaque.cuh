// A number that the compiler knows nothing about.
#pragma once

#include "types.cuh"

// A sample as an int, for sums of products with constant factors some of which are negative. Where NVRTC 12.0 sees that the numbers are bytes, it
// makes dp4a instructions of such sums, and forgets the sign of terms that are left over. The emulated GPU of the tests shows it.
__device__ __forceinline__ int opaque(uint8_t sample) {
    int number = sample;
    asm("" : "+r"(number));
    return number;
}
