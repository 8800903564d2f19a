// Stencils on the gray of three channels: the Sobel magnitude.
#include "stencil_kernels.cuh"

STENCIL(sobel, GRAY_3, BLUR_NONE, true, 2, 4, 4, 20)
