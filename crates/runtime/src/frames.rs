//! Videos as a source: their frames are its items.

use crate::error::BoxError;
use crate::item::{Content, Item, ItemInfo};
use crate::made::{Attached, Made};
use crate::source::Source;
use pixelflume_files::video::{FrameReader, FrameTag, PixelFormat, StreamError, frame_image};
use std::io::BufRead;
use thiserror::Error;

/// The frames of a video, Y4M or raw, or of one video for each input of the pipeline. Threads of the job convert them to RGB; frames of RGB and
/// gray are images as they are read.
///
/// An item has the name of the first video with the number of the frame, counted from 0 (`in.y4m#12`), and the tag of the frame ([`frame_tag`]). Where a
/// video breaks off, the last item fails with the reason: an [`ItemError::Source`] of a [`FramesError`].
///
/// ```
/// use pixelflume_device::Device;
/// use pixelflume_files::video::{Container, FrameReader, FrameWriter, Timing};
/// use pixelflume_ops::{Image, Sobel};
/// use pixelflume_pipeline::PipelineBuilder;
/// use pixelflume_runtime::{Frames, Job};
///
/// let frame = Image::from_fn(8, 6, 1, |x, y, _| (x * 20 + y) as u8)?;
/// let mut video = FrameWriter::new(Vec::new(), Container::Y4m, frame.shape(), &Timing::default())?;
/// (0..20).try_for_each(|_| video.write(frame.data(), None))?;
/// let video = video.finish()?;
///
/// let mut builder = PipelineBuilder::new("edges");
/// let input = builder.input("input")?;
/// builder.then(input, "edges", Sobel::magnitude())?;
/// let reader = FrameReader::y4m(std::io::Cursor::new(video), "in.y4m".to_owned(), 1 << 28)?;
/// let job = Job::builder(&builder.build()?, &Device::host()).start_stream(Frames::new(reader))?;
/// let mut frames = 0;
/// for batch in &job {
///     frames += batch?.len();
/// }
/// assert_eq!(frames, 20);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`ItemError::Source`]: crate::ItemError::Source
#[derive(Debug)]
pub struct Frames<R> {
    readers: Vec<FrameReader<R>>,
    has_ended: bool,
}

/// The reason why the frames of a video end early.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FramesError {
    /// A video breaks off, is damaged, or cannot be read.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// Of several videos one has fewer frames than another.
    #[error(
        "{short} ends after {frames} frames, {longer} goes on: the inputs of a pipeline need equal numbers of frames"
    )]
    Uneven {
        /// The name of the shorter video.
        short: String,
        /// Its frames.
        frames: u64,
        /// The name of a longer one.
        longer: String,
    },
}

impl<R: BufRead + Send> Frames<R> {
    /// The frames of one video, for a pipeline of one input.
    pub fn new(reader: FrameReader<R>) -> Self {
        Frames::of_sets([reader])
    }

    /// The frames of a video for each input of the pipeline, in their order: frames of one number are an item. The videos have equal numbers of
    /// frames.
    pub fn of_sets(readers: impl IntoIterator<Item = FrameReader<R>>) -> Self {
        Frames {
            readers: readers.into_iter().collect(),
            has_ended: false,
        }
    }

    /// Reads a frame of each video; `None` when all have ended.
    fn read(&mut self) -> Result<Option<Item>, FramesError> {
        let (mut tag, mut ended): (FrameTag, _) = (None, None);
        // Of frames that are to be converted.
        let mut waiting = 0;
        let mut inputs = Vec::with_capacity(self.readers.len());
        for (number, reader) in self.readers.iter_mut().enumerate() {
            match reader.next_owned()? {
                None => ended = ended.or(Some(number)),
                Some((bytes, of_frame)) => {
                    if number == 0 {
                        tag = of_frame;
                    }
                    let stream = *reader.stream();
                    inputs.push(match stream.format {
                        PixelFormat::Gray | PixelFormat::Rgb => {
                            let image = frame_image(&stream, bytes);
                            Content::Image(image.map_err(|error| reader.pixels_error(error))?)
                        }
                        _ => {
                            waiting += bytes.len() as u64;
                            let image = move || Ok(frame_image(&stream, bytes)?);
                            Content::Made(Made::new(stream.shape(), image))
                        }
                    });
                }
            }
        }
        let Some(ended) = ended else {
            return Ok(self.readers.first().map(|first| Item {
                name: format!("{}#{}", first.name(), first.frames() - 1).into(),
                inputs,
                attached: Some(Attached::new(tag, waiting)),
            }));
        };
        if inputs.is_empty() {
            return Ok(None);
        }
        let (short, frames) = (self.readers[ended].name(), self.readers[ended].frames());
        let longer = self.readers.iter().find(|reader| reader.frames() > frames);
        Err(FramesError::Uneven {
            short: short.to_owned(),
            frames,
            longer: longer.map_or("another", FrameReader::name).to_owned(),
        })
    }
}

/// The tag of the frame of a video that an item of [`Frames`] is, as [`FrameWriter::write`] takes it; `None` where the frame has none.
///
/// [`FrameWriter::write`]: pixelflume_files::video::FrameWriter::write
pub fn frame_tag(item: &ItemInfo) -> FrameTag {
    item.attached::<FrameTag>().copied().flatten()
}

impl<R: BufRead + Send> Source for Frames<R> {
    fn next_item(&mut self) -> Option<Result<Item, BoxError>> {
        if self.has_ended {
            return None;
        }
        let read = self.read().transpose();
        self.has_ended = !matches!(read, Some(Ok(_)));
        read.map(|read| read.map_err(BoxError::from))
    }
}
