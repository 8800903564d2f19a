"""Graphs of image operators over batches of images.

They run on NVIDIA GPUs and on CPUs, with the same pixels.
"""

from pixelflume._native import __version__ as __version__
from pixelflume._native import get_num_threads as get_num_threads
from pixelflume._native import set_num_threads as set_num_threads
from pixelflume._native import Batch as Batch
from pixelflume._native import DecodeError as DecodeError
from pixelflume._native import DeviceError as DeviceError
from pixelflume._native import Error as Error
from pixelflume._native import InputError as InputError
from pixelflume._native import NodeFailure as NodeFailure
from pixelflume._native import PipelineError as PipelineError
from pixelflume._native import Tensor as Tensor
from pixelflume._native import devices as devices
