//! Jobs: images go in as files, bytes, decoded images or tensors, and batches of results of a pipeline come out: in order, with bounded
//! memory, on one or several devices.
//!
//! A folder of JPEG files of any sizes, as tensors of a model, in the order of their names:
//!
//! ```
//! use pixelflume_device::Device;
//! use pixelflume_ops::{Normalize, Resize};
//! use pixelflume_pipeline::PipelineBuilder;
//! use pixelflume_runtime::{Batching, Files, Job};
//!
//! # fn photos() -> Result<tempfile::TempDir, Box<dyn std::error::Error>> {
//! #     use pixelflume_codec::{EncodeOptions, Format, encode};
//! #     use pixelflume_ops::{Image, ImageView};
//! #     let folder = tempfile::tempdir()?;
//! #     for (name, width, height) in [("a", 64, 48), ("b", 40, 56), ("d", 33, 31)] {
//! #         let image = Image::from_fn(width, height, 3, |x, y, c| (x * 3 + y * 5 + c * 70) as u8)?;
//! #         let file = encode(ImageView::from(&image), Format::Jpeg, &EncodeOptions::default())?;
//! #         std::fs::write(folder.path().join(format!("{name}.jpg")), file)?;
//! #     }
//! #     std::fs::write(folder.path().join("c.jpg"), "no image")?;
//! #     Ok(folder)
//! # }
//! # let folder = photos()?;
//! # let folder = folder.path();
//! let mut builder = PipelineBuilder::new("classify");
//! let input = builder.input("input")?;
//! let small = builder.then(input, "small", Resize::new(32, 32)?)?;
//! builder.then(small, "tensor", Normalize::new(&[123.7, 116.3, 103.5], &[58.4, 57.1, 57.4])?)?;
//! let pipeline = builder.build()?;
//!
//! let job = Job::builder(&pipeline, &Device::best())
//!     .batching(Batching::count(64))
//!     .host_memory(256 << 20)
//!     .start(Files::of_folder(folder)?)?;
//! let mut classified = Vec::new();
//! for batch in &job {
//!     let batch = batch?;
//!     for failure in batch.failures() {
//!         println!("{failure}"); // c.jpg is no image: it fails alone
//!     }
//!     if let Some(tensor) = batch.get("tensor") {
//!         for (item, image) in batch.items().zip(tensor.bytes().chunks_exact(tensor.shape().bytes())) {
//!             classified.push(item.name.to_string()); // and the image goes to the model
//!             assert_eq!(image.len(), 32 * 32 * 3 * 4);
//!         }
//!     }
//! }
//! assert_eq!(classified.len(), 3);
//! assert!(classified.is_sorted());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - A [`Dataset`] is a list that can be [shuffled](Shuffle), read for several epochs, and [resumed](Position) in the middle; a [`Source`] is a stream.
//! - [`Batching`] says when a batch is complete, [`Order`] in which order batches come.
//! - [`Job::for_each`] gives results to a [`Sink`], on the threads of the job.
//! - An item that fails ([`ItemError`]) fails alone. Random operators draw by the number of an item in its source and by the epoch, so that
//!   results depend neither on batches nor on threads.
//!
//! `docs/runtime.md` has the way of one batch, and who waits for whom.
#![forbid(unsafe_code)]

mod admit;
mod ahead;
mod board;
mod builder;
mod copies;
mod credits;
mod device;
mod error;
mod feed;
mod files;
#[cfg(feature = "files")]
mod frames;
mod groups;
mod guard;
mod hooks;
mod host;
mod item;
mod item_tasks;
mod job;
mod made;
mod policy;
mod position;
mod results;
mod run;
mod runs;
mod settings;
#[cfg(feature = "files")]
mod shards;
mod shared;
mod shuffle;
mod sink;
mod source;
mod sums;
mod task;
#[cfg(feature = "files")]
mod to_files;
#[cfg(feature = "files")]
mod to_shards;
mod trace;
mod worker;

pub use builder::JobBuilder;
pub use error::{BoxError, Failure, ItemError, JobError, StartError};
#[cfg(feature = "files")]
pub use frames::{Frames, FramesError, frame_tag};
pub use hooks::EngineObserver;
pub use item::{Bytes, Content, Item, ItemInfo};
pub use job::{Batches, Job};
pub use made::{Attached, Made};
pub use policy::{Batching, Order};
pub use position::Position;
pub use results::{Batch, Output};
pub use settings::{BatchAge, EffectiveJob};
#[cfg(feature = "files")]
pub use shards::{Part, Parts, Shards, ShardsError};
pub use shuffle::Shuffle;
pub use sink::{Report, Sink};
pub use source::{Dataset, Encoded, Files, Images, Source};
pub use sums::{EngineCounters, EngineSums, Spread};
#[cfg(feature = "files")]
pub use to_files::{FileKind, ToFiles};
#[cfg(feature = "files")]
pub use to_shards::{ToShards, ToShardsError};
