"""Graphs of image operators over batches of images.

They run on NVIDIA GPUs and on CPUs, with the same pixels.
"""

import atexit as _atexit
import os as _os

from pixelflume import _native
from pixelflume._custom import CustomOperator as CustomOperator
from pixelflume._custom import custom as custom
from pixelflume._native import Batch as Batch
from pixelflume._native import DecodeError as DecodeError
from pixelflume._native import DeviceError as DeviceError
from pixelflume._native import Error as Error
from pixelflume._native import InputError as InputError
from pixelflume._native import NodeFailure as NodeFailure
from pixelflume._native import PipelineError as PipelineError
from pixelflume._native import StreamBatch as StreamBatch
from pixelflume._native import Tensor as Tensor
from pixelflume._native import __version__ as __version__
from pixelflume._native import decode as decode
from pixelflume._native import devices as devices
from pixelflume._native import encode as encode
from pixelflume._native import get_num_threads as get_num_threads
from pixelflume._native import imread as imread
from pixelflume._native import imwrite as imwrite
from pixelflume._native import set_num_threads as set_num_threads
from pixelflume._node import PER_IMAGE as PER_IMAGE
from pixelflume._node import Node as Node
from pixelflume._node import input as input
from pixelflume._operators import Operators as Operators
from pixelflume._pipeline import Pipeline as Pipeline
from pixelflume._processor import Processor as Processor
from pixelflume._processor import processor as processor
from pixelflume._processor import processor_names as processor_names
from pixelflume._shapes import ImageShape as ImageShape
from pixelflume._stream import Shards as Shards
from pixelflume._stream import Stream as Stream

# Before Python 3.14 an exiting interpreter ends the threads that are in Python, which
# aborts the process where native code called Python. A forked child has none of them.
_atexit.register(_native.before_exit)
_os.register_at_fork(after_in_child=_native.forget_threads)
