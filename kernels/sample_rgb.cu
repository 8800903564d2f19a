// Sampling through tables from images of three channels.
#include "sample_taps.cuh"

SAMPLE_KERNELS(3)
