// Sampling through tables from gray images.
#include "sample_taps.cuh"

SAMPLE_KERNELS(1)
