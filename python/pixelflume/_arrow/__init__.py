"""Pipelines over columns of Apache Arrow, for `pixelflume.ray` and `pixelflume.daft`.

A `Job` runs a pipeline over an Arrow column of images and gives Arrow columns of
tensors. It reads encoded files, paths, and pixels in the layouts of Ray, Daft, Hugging
Face's `datasets` and Arrow's own tensor types. Pixels are read in place.
"""

from pixelflume._arrow.job import Job as Job
from pixelflume._arrow.job import OnError as OnError
from pixelflume._arrow.job import Result as Result
from pixelflume._arrow.job import run as run
