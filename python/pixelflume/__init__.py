"""Graphs of image operators over batches of images.

They run on NVIDIA GPUs and on CPUs, with the same pixels.
"""

from pixelflume._native import __version__ as __version__
