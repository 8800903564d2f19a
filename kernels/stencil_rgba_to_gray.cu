// Stencils on the gray of four channels: the Sobel magnitude.
#include "stencil_kernels.cuh"

STENCIL(sobel, GRAY_4, BLUR_NONE, true, 2, 4, 4, 16)
