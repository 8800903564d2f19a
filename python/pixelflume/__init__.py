"""Graphs of image operators over batches of images.

They run on NVIDIA GPUs and on CPUs, with the same pixels.
"""

from pixelflume._native import __version__ as __version__
from pixelflume._native import get_num_threads as get_num_threads
from pixelflume._native import set_num_threads as set_num_threads
from pixelflume._native import StreamBatch as StreamBatch
from pixelflume._stream import Stream as Stream
