//! A worker of `../resample_peers.py`: one image resized by fast_image_resize, or by pixelflume on the host device with one thread.
//!
//! Arguments: LIBRARY FILTER WIDTH HEIGHT TARGET_WIDTH TARGET_HEIGHT INPUT OUTPUT. INPUT holds the samples of an interleaved
//! 8-bit RGB image, OUTPUT takes those of the result. Then it prints `ready VERSION`, and for each line `N` that it reads it
//! resizes N times and prints the nanoseconds of all of them. Copies of the input are used in turn, as by the other workers.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use pixelflume::device::{Device, HostConfig};
use pixelflume::memory::{DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{
    BatchLayout, CompiledPipeline, DeviceImages, DeviceImagesMut, ExecutionConfig, Input, Output,
    Pipeline,
};
use std::error::Error;
use std::io::{BufRead, Write};
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Copies of the input: more bytes than the caches of most CPUs hold.
const COPIES: usize = 8;
const FAST_IMAGE_RESIZE: &str = "6.1.0";

/// The resize of an image that the arguments describe.
struct Task {
    filter: String,
    from: (u32, u32),
    to: (u32, u32),
    input: Vec<u8>,
}

/// What resizes copies of one image.
trait Contestant {
    fn version(&self) -> String;
    /// Resizes the copy of this number.
    fn resize(&mut self, copy: usize) -> Result<()>;
    /// The samples of the last result.
    fn result(&mut self) -> Result<Vec<u8>>;
}

struct FastImageResize {
    inputs: Vec<Vec<u8>>,
    from: (u32, u32),
    output: Image<'static>,
    resizer: Resizer,
    options: ResizeOptions,
}

impl FastImageResize {
    fn new(task: Task) -> Result<Self> {
        let filter = match task.filter.as_str() {
            "bilinear" => FilterType::Bilinear,
            "bicubic" => FilterType::CatmullRom,
            "lanczos" => FilterType::Lanczos3,
            other => return Err(format!("fast_image_resize has no filter {other}").into()),
        };
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
        Ok(FastImageResize {
            inputs: vec![task.input; COPIES],
            from: task.from,
            output: Image::new(task.to.0, task.to.1, PixelType::U8x3),
            resizer: Resizer::new(),
            options,
        })
    }
}

impl Contestant for FastImageResize {
    fn version(&self) -> String {
        let extensions = self.resizer.cpu_extensions();
        format!("fast_image_resize {FAST_IMAGE_RESIZE} ({extensions:?})")
    }

    fn resize(&mut self, copy: usize) -> Result<()> {
        let (width, height) = self.from;
        let input = ImageRef::new(width, height, &self.inputs[copy], PixelType::U8x3)?;
        self.resizer
            .resize(&input, &mut self.output, &self.options)?;
        Ok(())
    }

    fn result(&mut self) -> Result<Vec<u8>> {
        Ok(self.output.buffer().to_vec())
    }
}

/// A compiled pipeline of one `resample`, with its images in the memory of the host device: nothing is copied for it.
struct Pixelflume {
    plan: CompiledPipeline,
    inputs: Vec<DeviceBuffer>,
    output: DeviceBuffer,
    layouts: [BatchLayout; 2],
    stream: pixelflume::device::Stream,
    memory: MemoryManager,
}

impl Pixelflume {
    fn new(task: Task, like: &str) -> Result<Self> {
        let text = format!(
            r#"node = [{{ name = "small", op = "resample", from = "input", filter = "{}", like = "{like}", width = {}, height = {} }}]"#,
            task.filter, task.to.0, task.to.1
        );
        let device = Device::host_with(HostConfig::default().with_threads(1));
        let memory = MemoryManager::new(&device, MemoryConfig::default());
        let stream = device.stream()?;
        let shapes = [task.from, task.to].map(|(width, height)| ImageShape::u8(width, height, 3));
        let pipeline = Pipeline::from_toml(&text, "resample")?;
        let plan = pipeline.compile_with(
            &memory,
            &shapes[..1],
            ExecutionConfig::default().with_max_batch(1),
        )?;
        let mut pinned = memory.pinned(shapes[0].bytes())?;
        pinned.as_mut_slice()?.copy_from_slice(&task.input);
        let mut inputs = Vec::new();
        for _ in 0..COPIES {
            let mut input = memory.allocate(shapes[0].bytes(), &stream)?;
            input.upload(0, &mut pinned, 0..shapes[0].bytes(), &stream)?;
            inputs.push(input);
        }
        stream.synchronize()?;
        Ok(Pixelflume {
            plan,
            inputs,
            output: memory.allocate(shapes[1].bytes(), &stream)?,
            layouts: shapes.map(|shape| BatchLayout::tight(shape, 1)),
            stream,
            memory,
        })
    }
}

impl Contestant for Pixelflume {
    fn version(&self) -> String {
        format!("pixelflume {}", env!("CARGO_PKG_VERSION"))
    }

    fn resize(&mut self, copy: usize) -> Result<()> {
        let input = DeviceImages::new(
            self.layouts[0],
            self.inputs[copy].slice(0..self.layouts[0].end()?)?,
        )?;
        let output = DeviceImagesMut::new(
            self.layouts[1],
            self.output.slice_mut(0..self.layouts[1].end()?)?,
        )?;
        let execution = self
            .plan
            .execute(&[Input::Device(input)], &mut [Output::Device(output)])?;
        execution.into_result()?;
        Ok(())
    }

    fn result(&mut self) -> Result<Vec<u8>> {
        let bytes = self.layouts[1].end()?;
        let mut pinned = self.memory.pinned(bytes)?;
        self.output
            .download(0, &mut pinned, 0..bytes, &self.stream)?;
        self.stream.synchronize()?;
        Ok(pinned.as_slice()?.to_vec())
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, filter, numbers @ .., input, output] = &arguments[..] else {
        return Err(
            "arguments: LIBRARY FILTER WIDTH HEIGHT TARGET_WIDTH TARGET_HEIGHT INPUT OUTPUT".into(),
        );
    };
    let numbers: Vec<u32> = numbers
        .iter()
        .map(|text| text.parse())
        .collect::<std::result::Result<_, _>>()?;
    let [width, height, target_width, target_height] = numbers[..] else {
        return Err("four numbers: WIDTH HEIGHT TARGET_WIDTH TARGET_HEIGHT".into());
    };
    let task = Task {
        filter: filter.clone(),
        from: (width, height),
        to: (target_width, target_height),
        input: std::fs::read(input)?,
    };
    let mut contestant: Box<dyn Contestant> = match library.split_once(':') {
        Some(("pixelflume", like)) => Box::new(Pixelflume::new(task, like)?),
        None if library == "fast_image_resize" => Box::new(FastImageResize::new(task)?),
        _ => return Err(format!("unknown library {library}").into()),
    };
    contestant.resize(0)?;
    std::fs::write(output, contestant.result()?)?;
    println!("ready {}", contestant.version());
    std::io::stdout().flush()?;
    for line in std::io::stdin().lock().lines() {
        let count: usize = line?.trim().parse()?;
        let start = Instant::now();
        for index in 0..count {
            contestant.resize(index % COPIES)?;
        }
        println!("{}", start.elapsed().as_nanos());
        std::io::stdout().flush()?;
    }
    Ok(())
}
