//! What fusion gains on the host: the same pipelines with it and without, in turns, in one process.
//!
//!     cargo run --release -p pixelflume-pipeline --example fusion -- [ROUNDS [PART OF A NAME]]
//!
//! Inputs and outputs lie in device memory, so that only the operators are timed. Times are of the processor, of all
//! threads together where the system says it (Linux), so that what else runs on the machine counts little. Each line has
//! the medians of both, in microseconds per batch, and their ratio: above 1 the fused one does with less.

use pixelflume_device::{Device, HostConfig};
use pixelflume_memory::{DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume_ops::{
    CenterCrop, Color, ColorConversion, Flip, FlipAxis, GaussianBlur, ImageShape, Layout,
    Letterbox, MedianBlur, Normalize, Operator, Resize, SampleType, Sobel, Threshold,
};
use pixelflume_pipeline::{
    BatchLayout, CompiledPipeline, DeviceImages, DeviceImagesMut, ExecutionConfig, Input, Output,
    PipelineBuilder,
};
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

type Chain = (&'static str, ImageShape, Vec<Arc<dyn Operator>>);

fn chains() -> Result<Vec<Chain>, Box<dyn Error>> {
    let hd = ImageShape::u8(1920, 1080, 3);
    let gray = || Arc::new(Color::new(ColorConversion::RgbToGray)) as Arc<dyn Operator>;
    let blur = |size| -> Result<Arc<dyn Operator>, Box<dyn Error>> {
        Ok(Arc::new(GaussianBlur::new(size)?))
    };
    let sobel = || Arc::new(Sobel::magnitude()) as Arc<dyn Operator>;
    let imagenet = || -> Result<Arc<dyn Operator>, Box<dyn Error>> {
        let normalize = Normalize::new(&[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225])?;
        Ok(Arc::new(normalize.layout(Layout::Planar)))
    };
    let half = Normalize::new(&[0.0], &[1.0])?
        .sample(SampleType::F16)?
        .layout(Layout::Planar);
    Ok(vec![
        ("edge-full", hd, vec![gray(), blur(5)?, sobel()]),
        (
            "edge-small",
            hd,
            vec![Arc::new(Resize::new(320, 240)?), gray(), blur(5)?, sobel()],
        ),
        (
            "classify",
            hd,
            vec![
                Arc::new(Resize::new(256, 256)?),
                Arc::new(CenterCrop::new(224, 224)?),
                imagenet()?,
            ],
        ),
        (
            "letterbox",
            hd,
            vec![Arc::new(Letterbox::new(640, 640)?), Arc::new(half)],
        ),
        (
            "gray + threshold",
            hd,
            vec![gray(), Arc::new(Threshold::new(100))],
        ),
        ("gray + blur 31", hd, vec![gray(), blur(31)?]),
        ("blur 5 + blur 5, color", hd, vec![blur(5)?, blur(5)?]),
        ("blur 31 + blur 31, color", hd, vec![blur(31)?, blur(31)?]),
        (
            "blur 5 + median 3, color",
            hd,
            vec![blur(5)?, Arc::new(MedianBlur::new(3)?)],
        ),
        (
            "blur 5 + flip, color",
            hd,
            vec![blur(5)?, Arc::new(Flip::new(FlipAxis::Both))],
        ),
        (
            "blur 5 + resize 640x360, color",
            hd,
            vec![blur(5)?, Arc::new(Resize::new(640, 360)?)],
        ),
        (
            "gray + resize 224x224",
            hd,
            vec![gray(), Arc::new(Resize::new(224, 224)?)],
        ),
        (
            "edge-full, 4K",
            ImageShape::u8(3840, 2160, 3),
            vec![gray(), blur(5)?, sobel()],
        ),
        (
            "edge-full, 640x480",
            ImageShape::u8(640, 480, 3),
            vec![gray(), blur(5)?, sobel()],
        ),
    ])
}

struct Subject {
    plan: CompiledPipeline,
    source: DeviceBuffer,
    target: DeviceBuffer,
    layouts: (BatchLayout, BatchLayout),
}

impl Subject {
    fn new(
        device: &Device,
        (name, input, operators): &Chain,
        batch: u32,
        fused: bool,
    ) -> Result<Self, Box<dyn Error>> {
        let memory = MemoryManager::new(device, MemoryConfig::default());
        let mut builder = PipelineBuilder::new(*name);
        let mut port = builder.input("input")?;
        for (index, operator) in operators.iter().enumerate() {
            let node = builder.add_boxed(&format!("n{index}"), Arc::clone(operator))?;
            builder.connect(port, node)?;
            port = node;
        }
        builder.fusion(fused);
        let config = ExecutionConfig::default().with_max_batch(batch);
        let plan = builder.build()?.compile_with(&memory, &[*input], config)?;
        let output = *plan.shapes().nodes.last().ok_or("no nodes")?;
        let stream = device.stream()?;
        let mut source = memory.allocate(input.bytes() * batch as usize, &stream)?;
        let target = memory.allocate(output.bytes() * batch as usize, &stream)?;
        let mut staging = memory.pinned(source.len())?;
        for (index, byte) in staging.as_mut_slice()?.iter_mut().enumerate() {
            *byte = (index as u32).wrapping_mul(2_654_435_761).to_le_bytes()[3];
        }
        let bytes = source.len();
        source.upload(0, &mut staging, 0..bytes, &stream)?;
        stream.synchronize()?;
        let layouts = (
            BatchLayout::tight(*input, batch as usize),
            BatchLayout::tight(output, batch as usize),
        );
        Ok(Subject {
            plan,
            source,
            target,
            layouts,
        })
    }

    /// Microseconds of one batch.
    fn time(&mut self) -> Result<f64, Box<dyn Error>> {
        let input = Input::Device(DeviceImages::new(self.layouts.0, &self.source)?);
        let output = Output::Device(DeviceImagesMut::new(self.layouts.1, &mut self.target)?);
        let start = Instant::now();
        let before = processor_seconds(start);
        self.plan.execute(&[input], &mut [output])?.into_result()?;
        Ok((processor_seconds(start) - before) * 1e6)
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Seconds that the threads of this process have run; those since the start where the system does not say.
fn processor_seconds(start: Instant) -> f64 {
    let of_tasks = || -> Option<u64> {
        let tasks = std::fs::read_dir("/proc/self/task").ok()?;
        tasks
            .map(|task| {
                let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
                text.split_whitespace().next()?.parse::<u64>().ok()
            })
            .sum()
    };
    of_tasks().map_or_else(
        || start.elapsed().as_secs_f64(),
        |nanoseconds| nanoseconds as f64 / 1e9,
    )
}

fn main() -> Result<(), Box<dyn Error>> {
    let rounds: usize = std::env::args()
        .nth(1)
        .map_or(Ok(25), |text| text.parse())?;
    let wanted = std::env::args().nth(2).unwrap_or_default();
    println!("| chain | threads | batch | launches | single, us | fused, us | ratio |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for chain in chains()?
        .into_iter()
        .filter(|chain| chain.0.contains(&wanted))
    {
        for threads in [1, 2] {
            let device = Device::host_with(HostConfig::default().with_threads(threads));
            for batch in [1, 8] {
                let mut single = Subject::new(&device, &chain, batch, false)?;
                let mut fused = Subject::new(&device, &chain, batch, true)?;
                let (mut times, mut fused_times) = (Vec::new(), Vec::new());
                for round in 0..rounds + 2 {
                    let (a, b) = (single.time()?, fused.time()?);
                    if round >= 2 {
                        times.push(a);
                        fused_times.push(b);
                    }
                }
                let (a, b) = (median(&mut times), median(&mut fused_times));
                let launches = (
                    single.plan.launches_per_batch(),
                    fused.plan.launches_per_batch(),
                );
                println!(
                    "| {} | {threads} | {batch} | {} to {} | {a:.0} | {b:.0} | {:.2} |",
                    chain.0,
                    launches.0,
                    launches.1,
                    a / b
                );
            }
        }
    }
    Ok(())
}
