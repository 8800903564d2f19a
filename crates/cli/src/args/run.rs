//! The arguments of `pixelflume run`.

use crate::limits::{self, Limits};
use bytesize::ByteSize;
use clap::builder::{OsStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, value_parser};
use clap_lex::OsStrExt;
use pixelflume::codec::{self, EncodeOptions, Format, MAX_PIXELS, Orientation, Subsampling};
use pixelflume::device::DeviceList;
use pixelflume::files::output::ResultFormat;
use pixelflume::files::video::{RawError, RawFormat, Stream};
use pixelflume::memory::AllocatorMode;
use pixelflume::ops::yuv::{YuvCoding, YuvMatrix, YuvRange};
use pixelflume::pipeline::Pipeline;
use pixelflume::scheduler::ExecutionMode;
use pixelflume::scheduler::settings::{self, A_NUMBER_OF_BYTES};
use std::ffi::OsString;
use std::path::PathBuf;

/// Arguments of `pixelflume run`.
#[derive(Args, Debug)]
pub(crate) struct RunArguments {
    /// Pipeline file (TOML)
    #[arg(value_name = "PIPELINE.toml")]
    pub(crate) pipeline: PathBuf,

    /// Images (PNG, JPEG, BMP, PNM, GIF, TIFF, WebP), folders that hold images, or a video: a Y4M file, a pipe, or - for stdin
    #[arg(value_name = "INPUT", required_unless_present = "named")]
    pub(crate) inputs: Vec<PathBuf>,

    /// A file, folder or video for one input of a pipeline with several inputs, by the name of the input; may be repeated
    #[arg(long = "input", id = "named", value_name = "NAME=PATH", value_parser = OsStringValueParser::new().try_map(parse_named), conflicts_with = "inputs")]
    pub(crate) named: Vec<NamedInput>,

    /// Folder for the results, created if it does not exist; for a video a file, a folder, or - for stdout
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,

    /// Where to compute: auto (a GPU where there is one), host, cuda, cuda:N, several of these with commas between, or cuda:all
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub(crate) device: DeviceList,

    /// Largest number of images that are processed as one batch: of equal shape, or of any sizes where the pipeline takes these
    /// together (`inspect` tells); default: 8, or 32 for images on GPUs, or PIXELFLUME_MAX_BATCH
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::MAX_BATCH)))]
    pub(crate) batch: Option<u32>,

    /// Streams that independent branches of the pipeline are spread over; default: 4, or PIXELFLUME_STREAMS
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32))]
    pub(crate) streams: Option<u32>,

    /// Threads that read, decode and encode, and threads that compute on the host device (each); default: one per core, or PIXELFLUME_THREADS
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) threads: Option<u32>,

    /// How device memory is allocated: pooled, or stream-ordered (the driver's memory pools); default: pooled, or
    /// PIXELFLUME_ALLOCATOR
    #[arg(long, value_name = "MODE")]
    pub(crate) allocator: Option<AllocatorMode>,

    /// Limit on device memory, for example 512MiB or 2GiB; default: all memory of the device, or PIXELFLUME_MEMORY_LIMIT
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub(crate) memory_limit: Option<usize>,

    /// Limit on host memory for images, and for the device where it is the host; inputs that need more are refused. Default:
    /// 4GiB, or 128MiB for each thread where that is more, or half of the available memory where that is less
    #[arg(long, value_name = "BYTES", value_parser = parse_host_memory)]
    pub(crate) host_memory: Option<ByteSize>,

    /// Limit on the pixels of an image or frame; larger ones are refused before memory is allocated for them
    #[arg(long, value_name = "N", default_value_t = MAX_PIXELS, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_pixels: u64,

    /// Whether images are turned as their EXIF data says (apply), or taken as they are stored (ignore); default: apply, or what the
    /// table [decode] of the pipeline file says
    #[arg(long, value_name = "WHAT", value_enum)]
    pub(crate) exif: Option<Exif>,

    /// Take what is there of a JPEG file that is cut off or damaged, as OpenCV does; without this, or allow_truncated in the pipeline
    /// file, such a file fails
    #[arg(long)]
    pub(crate) allow_truncated: bool,

    /// Read the inputs as raw frames: rgb, bgr, gray, nv12 or i420, for example 1920x1080:nv12 or 640x480:rgb@30
    #[arg(long, value_name = "WxH:FORMAT[@RATE]", value_parser = RawInput::parse)]
    pub(crate) raw: Option<RawInput>,

    /// Write a video as raw frames of this format, not as Y4M
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) out_raw: Option<RawFrames>,

    /// Standard of the colors of YUV frames that are read and written. HD video usually is bt709; nothing is guessed from sizes or headers.
    /// Default: bt601
    #[arg(long, value_name = "STANDARD", value_parser = matrix_parser())]
    pub(crate) matrix: Option<YuvMatrix>,

    /// Range of the samples of YUV frames that are read and written: limited (Y of 16 to 235) or full (0 to 255); default: limited
    #[arg(long, value_name = "RANGE", value_parser = range_parser())]
    pub(crate) range: Option<YuvRange>,

    /// How batches are submitted: direct (launch by launch), or replay (as a captured graph, where the results are the same);
    /// default: replay, or PIXELFLUME_EXECUTION
    #[arg(long, value_name = "MODE")]
    pub(crate) execution: Option<ExecutionMode>,

    /// Launch each node separately, without fusing chains of nodes into one launch; the results are the same
    #[arg(long)]
    pub(crate) no_fusion: bool,

    /// File format of 8-bit results that are images
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ImageFormat::Png)]
    pub(crate) format: ImageFormat,

    /// Quality of JPEG results, 1 to 100 (default: 95)
    #[arg(long, value_name = "N", value_parser = value_parser!(u8).range(1..=100))]
    pub(crate) quality: Option<u8>,

    /// Resolution of the color of JPEG results, beside that of their luma (default: 4:2:0)
    #[arg(long, value_name = "J:A:B", value_parser = subsampling_parser())]
    pub(crate) subsampling: Option<Subsampling>,

    /// Number of the first image in its data set, for operators that draw random numbers: image n of the inputs has this number + n,
    /// whatever batch it is in
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) first_index: u64,

    /// Number of the pass over the data set, for operators that draw random numbers: each pass draws others
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) epoch: u64,

    /// Write a report of the run to this file (JSON), replacing an earlier one
    #[arg(long, value_name = "FILE.json")]
    pub(crate) report: Option<PathBuf>,

    /// Write a trace of the run to this file, for Perfetto or Chrome, replacing an earlier one
    #[arg(long, value_name = "FILE.json")]
    pub(crate) trace: Option<PathBuf>,

    /// Print errors only
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// What becomes of the orientation in EXIF data.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Exif {
    Apply,
    Ignore,
}

impl RunArguments {
    /// The pipeline with the settings for image files of the command line, which come before those of the pipeline file.
    pub(crate) fn with_decode_options(&self, pipeline: &Pipeline) -> Pipeline {
        let mut options = *pipeline.decode_options();
        options.orientation = match self.exif {
            None => options.orientation,
            Some(Exif::Apply) => Orientation::Exif,
            Some(Exif::Ignore) => Orientation::Ignore,
        };
        options.allow_truncated |= self.allow_truncated;
        options.limits = codec::Limits {
            max_pixels: self.max_pixels,
            // The job knows how much memory there is.
            max_bytes: u64::MAX,
            ..codec::Limits::default()
        };
        pipeline.with_decode_options(options)
    }

    /// The limits on memory and image size for a run with `threads` threads.
    pub(crate) fn limits(&self, threads: usize) -> Limits {
        match self.host_memory {
            Some(bytes) => Limits {
                max_pixels: self.max_pixels,
                host_memory: bytes.as_u64(),
            },
            None => Limits::of_threads(self.max_pixels, threads),
        }
    }

    /// The matrix and range of YUV frames.
    pub(crate) fn coding(&self) -> YuvCoding {
        YuvCoding {
            matrix: self.matrix.unwrap_or_default(),
            range: self.range.unwrap_or_default(),
        }
    }

    /// How JPEG results are encoded.
    pub(crate) fn jpeg(&self) -> EncodeOptions {
        EncodeOptions {
            quality: self.quality,
            subsampling: self.subsampling,
            ..EncodeOptions::default()
        }
    }
}

/// A value of `--raw`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RawInput {
    /// The text that the user wrote.
    pub(crate) text: String,
    pub(crate) stream: Stream,
}

impl RawInput {
    /// Parses `WxH:FORMAT` or `WxH:FORMAT@RATE`.
    fn parse(text: &str) -> Result<Self, RawError> {
        Ok(RawInput {
            text: text.to_owned(),
            stream: text.parse()?,
        })
    }
}

/// A value of `--out-raw`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct RawFrames(pub(crate) RawFormat);

impl ValueEnum for RawFrames {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [RawFrames; RawFormat::ALL.len()] = {
            let [a, b, c, d, e] = RawFormat::ALL;
            [
                RawFrames(a),
                RawFrames(b),
                RawFrames(c),
                RawFrames(d),
                RawFrames(e),
            ]
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.0 {
            RawFormat::Rgb => "Red, green, blue, 3 bytes a pixel (rgb24 of ffmpeg)",
            RawFormat::Bgr => "Blue, green, red, 3 bytes a pixel (bgr24 of ffmpeg)",
            RawFormat::Gray => "One byte a pixel",
            RawFormat::Nv12 => {
                "A Y plane, and a plane of interleaved U and V, a pair for 2x2 pixels"
            }
            RawFormat::I420 => {
                "Planes Y, U and V, one chroma sample for 2x2 pixels (yuv420p of ffmpeg)"
            }
            _ => "",
        };
        Some(PossibleValue::new(self.0.name()).help(help))
    }
}

/// A value of `--input`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NamedInput {
    /// The name of an input of the pipeline.
    pub(crate) name: String,
    /// A file, a folder, or `-`.
    pub(crate) path: PathBuf,
}

/// The file format of results with 8-bit samples.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ImageFormat {
    /// PNG: lossless
    Png,
    /// JPEG: smaller, lossy, without transparency
    Jpg,
}

impl ImageFormat {
    /// The format of the results.
    pub(crate) fn result(self) -> ResultFormat {
        ResultFormat::Image(match self {
            ImageFormat::Png => Format::Png,
            ImageFormat::Jpg => Format::Jpeg,
        })
    }

    /// The extension of the format's files, without the dot.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            ImageFormat::Png => "png",
            ImageFormat::Jpg => "jpg",
        }
    }
}

/// Parses the name of a subsampling, for example `4:2:0`.
fn subsampling_parser() -> impl TypedValueParser<Value = Subsampling> {
    PossibleValuesParser::new(Subsampling::ALL.map(Subsampling::name)).map(|name| {
        let mut all = Subsampling::ALL.into_iter();
        all.find(|subsampling| subsampling.name() == name)
            .expect("the parser takes the names of all subsamplings")
    })
}

/// Parses the name of a matrix, for example `bt709`.
fn matrix_parser() -> impl TypedValueParser<Value = YuvMatrix> {
    PossibleValuesParser::new(YuvMatrix::ALL.map(YuvMatrix::name)).map(|name| {
        name.parse()
            .expect("the parser takes the names of all matrices")
    })
}

/// Parses the name of a range, `limited` or `full`.
fn range_parser() -> impl TypedValueParser<Value = YuvRange> {
    PossibleValuesParser::new(YuvRange::ALL.map(YuvRange::name)).map(|name| {
        name.parse()
            .expect("the parser takes the names of both ranges")
    })
}

/// Parses a number of bytes, for example `512MiB`, `2GiB`, `1.5GB` or `1048576`.
fn parse_bytes(text: &str) -> Result<usize, String> {
    let bytes =
        settings::parse_bytes(text).ok_or_else(|| format!("expected {A_NUMBER_OF_BYTES}"))?;
    match usize::try_from(bytes) {
        Ok(0) => Err("a limit is at least 1 byte".to_owned()),
        Ok(bytes) => Ok(bytes),
        Err(_) => Err("more bytes than this machine can address".to_owned()),
    }
}

/// Parses the value of `--host-memory`: bytes, at least [`LEAST_HOST_MEMORY`].
fn parse_host_memory(text: &str) -> Result<ByteSize, String> {
    match parse_bytes(text)? {
        bytes @ LEAST_HOST_MEMORY.. => Ok(ByteSize(bytes as u64)),
        _ => Err("a run needs at least 1MiB".to_owned()),
    }
}

/// The least value of `--host-memory`, in bytes.
const LEAST_HOST_MEMORY: usize = 1 << 20;

/// Parses `NAME=PATH`. The name is Unicode text; the path may be any path of the system.
fn parse_named(argument: OsString) -> Result<NamedInput, String> {
    let halves = argument.split_once("=");
    match halves.and_then(|(name, path)| Some((name.to_str()?, path))) {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok(NamedInput {
            name: name.to_owned(),
            path: path.into(),
        }),
        _ => Err(
            "expected the name of an input of the pipeline and a path, for example left=a.png"
                .to_owned(),
        ),
    }
}

pub(super) const RUN_HELP: &str = "\
Inputs are decoded to 8 bits and keep their channels: gray 1, RGB 3, RGBA 4. Gray with alpha becomes RGBA, 16-bit
samples v become round(v / 257) (of PNM files, parts of their maximum), and photographs are turned as their EXIF orientation
says (--exif). A folder stands for
the images directly in it (by extension, hidden files left out), in the order of their names.

The result of a/b.jpg is DIR/b.png, or DIR/OUTPUT/b.png where the pipeline has several outputs. Results, report and
trace replace files of earlier runs, and nothing that this run reads: that is refused before anything is run. 8-bit
results of 1, 3 or 4 channels are images, everything else is written as .npy (NumPy) of shape (height, width) or
(height, width, channels), planar ones (channels, height, width). NumPy has no bf16 and reads such samples as type V2;
array.view(ml_dtypes.bfloat16) makes numbers of them, as does torch.from_numpy(array.view('i2')).view(torch.bfloat16).
A result appears whole or not at all. A run that is ended by SIGINT, SIGTERM or SIGHUP keeps
the results that are finished and removes the rest; a second signal ends it at once. Signals that were ignored when it
started stay ignored (nohup; known on Linux alone). SIGKILL, and that second signal, may
leave hidden files named .pixelflume-*.tmp, which can be removed.

Videos are Y4M streams of 8 bits (C420*, C422, C444, Cmono), or with --raw bare frames. Frames become RGB, or one
channel where they are gray, as OpenCV converts them (BT.601, limited range); --matrix and --range say what else YUV samples
are, in results as well. A result of one channel is written as
Cmono, RGB as C444, with the frame rate, interlacing and aspect of the input; with several outputs as
DIR/OUTPUT.y4m. --batch frames go through the pipeline together; give --batch 1 where each frame is waited for. A
stream that breaks off ends the run with exit status 1 after all whole frames are written. Where the pipeline fails
over a batch, its frames are missing from the output, which is shorter then: the frames after them follow directly. The
run tells their numbers, goes on, and ends with exit status 1.

With several devices each batch goes to the one with the least to do; results and their order are the same. --memory-limit is for each
device. A device that is lost fails the batches that it has, and the others go on.

For a pipeline with several inputs, image (or video) n of each input belongs to set n; all inputs have the same number.

Examples:
  pixelflume run edges.toml photos/ --out edges/
  pixelflume run edges.toml in.y4m --out out.y4m
  ffmpeg -i in.mp4 -f yuv4mpegpipe - | pixelflume run edges.toml - --out - | ffmpeg -i - out.mp4
  pixelflume run edges.toml frames.nv12 --raw 1920x1080:nv12 --out edges.gray --out-raw gray
  pixelflume run compare.toml --input left=a/ --input right=b/ --out differences
  pixelflume run edges.toml a.png b.jpg --out out --device host --report report.json
  pixelflume run thumbnails.toml photos/ --out small --format jpg --quiet";
