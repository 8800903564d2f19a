//! The check `timing`: timing events around launches in streams and in captured graphs.
#![expect(unsafe_code, reason = "runs launches")]

use crate::check::Context;
use crate::graphs::launch_of;
use crate::mismatch::equal;
use anyhow::{Context as _, ensure};
use pixelflume::device::{Event, Graph, Launch, Stream};
use pixelflume::memory::{DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume::ops::ImageBatch;
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;

/// A blur, then two Sobels of its result on two streams; each launch is between two events.
struct Timed<'a> {
    streams: &'a [Stream; 2],
    order: [Event; 2],
    times: Vec<Event>,
    launches: &'a [Launch; 3],
}

impl Timed<'_> {
    fn submit(&self) -> Result<(), DeviceError> {
        let [main, side] = self.streams;
        let task = |stream: &Stream, task: usize| {
            stream.record_time(&self.times[2 * task])?;
            // SAFETY: the memory is kept until both streams are at rest, and the events order them.
            unsafe { stream.enqueue(&self.launches[task], None) }?;
            stream.record_time(&self.times[2 * task + 1])
        };
        task(main, 0)?;
        main.record(&self.order[0])?;
        side.wait(&self.order[0])?;
        task(side, 1)?;
        side.record(&self.order[1])?;
        task(main, 2)?;
        main.wait(&self.order[1])
    }

    fn capture(&self) -> anyhow::Result<Graph> {
        // SAFETY: nothing but the launches below uses the stream until the capture ends.
        unsafe { self.streams[0].begin_capture() }?;
        let submitted = self.submit();
        let graph = self.streams[0].end_capture();
        submitted?;
        let graph = graph?;
        let count = graph.launch_count();
        ensure!(
            count == 3,
            "{count} launches captured, expected 3: records are no launches"
        );
        Ok(graph)
    }

    /// The event times of a complete run, in seconds after `reference`, checked against the order of the run. Their resolution
    /// is about half a microsecond.
    fn read(&self, what: &str, reference: &Event) -> anyhow::Result<Vec<f64>> {
        let time = |event: &Event| {
            let seconds = event.seconds_since(reference)?;
            seconds.with_context(|| format!("{what}: an event has no time after the run"))
        };
        let times: Vec<f64> = self.times.iter().map(time).collect::<Result<_, _>>()?;
        let slack = 1e-6;
        for (earlier, later) in [(0, 1), (2, 3), (4, 5), (1, 2), (1, 4)] {
            ensure!(
                times[earlier] <= times[later] + slack,
                "{what}: event {earlier} at {} s comes after event {later} at {} s",
                times[earlier],
                times[later]
            );
        }
        Ok(times)
    }
}

fn download(
    memory: &MemoryManager,
    buffers: &[DeviceBuffer],
    stream: &Stream,
) -> anyhow::Result<Vec<u8>> {
    let mut all = Vec::new();
    for buffer in buffers {
        let mut pinned = memory.pinned(buffer.len())?;
        buffer.download(0, &mut pinned, 0..buffer.len(), stream)?;
        all.extend_from_slice(pinned.as_slice()?);
    }
    Ok(all)
}

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let device = &context.cuda;
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let streams = [device.stream()?, device.stream()?];
    let main = &streams[0];
    refusals(device, main)?;

    let (width, height) = if context.quick {
        (256, 256)
    } else {
        (1920, 1080)
    };
    let shape = ImageShape::u8(width, height, 1);
    let allocate = |bytes| memory.allocate(bytes, main);
    let mut input = allocate(shape.bytes())?;
    let mut pinned = memory.pinned(shape.bytes())?;
    let bytes = Random::new(context.seed).bytes(shape.bytes());
    pinned.as_mut_slice()?.copy_from_slice(&bytes);
    input.upload(0, &mut pinned, 0..shape.bytes(), main)?;
    let blurred = allocate(shape.bytes())?;
    let outputs = [allocate(shape.bytes())?, allocate(shape.bytes() * 2)?];
    let batch = |buffer: &DeviceBuffer| ImageBatch::tight(shape, 1, buffer.address());
    let launches = [
        launch_of(&GaussianBlur::new(7)?, device, batch(&input), &blurred)?,
        launch_of(&Sobel::magnitude(), device, batch(&blurred), &outputs[0])?,
        launch_of(&Sobel::dx(), device, batch(&blurred), &outputs[1])?,
    ];
    let timed = || -> anyhow::Result<Timed<'_>> {
        Ok(Timed {
            streams: &streams,
            order: [device.event()?, device.event()?],
            times: (0..6)
                .map(|_| device.timing_event())
                .collect::<Result<_, _>>()?,
            launches: &launches,
        })
    };

    let reference = device.timing_event()?;
    main.record_time(&reference)?;
    let direct = timed()?;
    direct.submit()?;
    main.synchronize()?;
    let mut last = direct.read("direct", &reference)?[0];
    let expected = download(&memory, &outputs, main)?;

    let graph = timed()?;
    let mut exec = graph.capture()?.instantiate()?;
    let runs = if context.quick { 5 } else { 200 };
    let mut kernels = f64::INFINITY;
    for run in 0..runs {
        // A patch addresses a launch by its number; event records do not count.
        exec.set_launch(run % 3, &launches[run % 3], None)?;
        // SAFETY: as in `Timed::submit`.
        unsafe { exec.launch(main, None) }?;
        main.synchronize()?;
        let times = graph.read("replay", &reference)?;
        ensure!(times[0] > last, "run {run} has the times of an earlier one");
        last = times[0];
        kernels = kernels.min(times[1] - times[0]);
    }
    equal("replay", &expected, &download(&memory, &outputs, main)?)?;
    ensure!(kernels > 0.0, "the blur took no time");

    // The updated graph records other events.
    let other = timed()?;
    ensure!(exec.update(&other.capture()?)?, "the update was refused");
    let before = graph.read("before the update", &reference)?;
    // SAFETY: as in `Timed::submit`.
    unsafe { exec.launch(main, None) }?;
    main.synchronize()?;
    let after = other.read("update", &reference)?;
    ensure!(
        after[0] > before[0],
        "the update left the events as they were"
    );
    let kept = graph.read("after the update", &reference)?;
    ensure!(
        kept == before,
        "the update still records the events of before"
    );
    equal("update", &expected, &download(&memory, &outputs, main)?)?;
    drop(exec);

    let traced = traced(context)?;
    Ok(format!(
        "{runs} replays with 6 records each, in order and equal; blur of {width}x{height} in {:.1} us at best; {traced}",
        kernels * 1e6
    ))
}

fn refusals(device: &Device, stream: &Stream) -> anyhow::Result<()> {
    let (plain, timed) = (device.event()?, device.timing_event()?);
    let refused = [
        stream.record_time(&plain).err(),
        timed.seconds_since(&plain).err(),
        plain.seconds_since(&timed).err(),
    ];
    for error in refused {
        ensure!(
            matches!(error, Some(DeviceError::EventWithoutTimes { .. })),
            "an event without times gave {error:?}"
        );
    }
    let none = timed.seconds_since(&timed)?;
    ensure!(none.is_none(), "an event without a record has a time");
    Ok(())
}

/// Traces a pipeline: every task of every direct run, and of every sampled graph.
fn traced(context: &Context) -> anyhow::Result<String> {
    use pixelflume::device::DeviceKind;
    use pixelflume::scheduler::Trace;
    let (runs, every) = (20_u32, 3);
    let mut told = Vec::new();
    for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
        let mut builder = PipelineBuilder::new("traced");
        let input = builder.input("input")?;
        let gray = builder.then(input, "gray", Color::new(ColorConversion::RgbToGray))?;
        let smooth = builder.then(gray, "smooth", GaussianBlur::new(5)?)?;
        builder.then(smooth, "left", Sobel::dx())?;
        builder.then(smooth, "right", Sobel::magnitude())?;
        // A chain would be one task.
        let pipeline = builder.build()?.with_fusion(false);
        let config = ExecutionConfig::default().with_execution(mode);
        let mut runner = Runner::new(pipeline, &context.cuda, config)?;
        let trace = Trace::new().with_sampling(every);
        runner.set_trace(Some(trace.clone()));
        let bytes = Random::new(context.seed).bytes(320 * 240 * 3);
        let image = Image::new(ImageShape::u8(320, 240, 3), bytes)?;
        let mut first = None;
        for run in 0..runs {
            let outputs = runner.run(&[&image])?;
            let bytes: Vec<u8> = [outputs.images("left")?, outputs.images("right")?]
                .into_iter()
                .flat_map(|images| images[0].data().to_vec())
                .collect();
            let expected = first.get_or_insert_with(|| bytes.clone());
            equal(&format!("run {run} with a trace, {mode}"), expected, &bytes)?;
        }
        let mut text = Vec::new();
        trace.write_chrome(&mut text)?;
        let json: serde_json::Value = serde_json::from_slice(&text)?;
        let events = json["traceEvents"].as_array().context("no events")?;
        let times = |kind: &str, name: &str| -> Vec<(u64, f64, f64)> {
            let wanted = events
                .iter()
                .filter(|event| event["cat"] == kind && event["name"] == name);
            wanted
                .filter_map(|event| {
                    let start = event["ts"].as_f64()?;
                    let batch = event["args"]["batch"].as_u64()?;
                    Some((batch, start, start + event["dur"].as_f64()?))
                })
                .collect()
        };
        let graphs = times("step", "launch").len() as u64;
        let expected = match context.cuda.kind() {
            // The second graph, and every third one after it.
            DeviceKind::Cuda => u64::from(runs) - graphs + (graphs + 1) / u64::from(every),
            DeviceKind::Host => runs.into(),
        };
        let (starts, ends) = (times("step", "run"), times("step", "finish"));
        for node in ["gray", "smooth", "left", "right"] {
            let tasks = times("task", node);
            ensure!(
                tasks.len() as u64 == expected,
                "{mode}: {} times of {node}, expected {expected} for {graphs} graphs in {runs} runs",
                tasks.len()
            );
            for (batch, start, end) in tasks {
                let of = |spans: &[(u64, f64, f64)]| spans.iter().find(|s| s.0 == batch).copied();
                let (begin, done) = of(&starts).zip(of(&ends)).context("a run has no span")?;
                // The clocks of host and device agree to some microseconds.
                ensure!(
                    begin.1 - 50.0 <= start && start <= end && end <= done.2 + 50.0,
                    "{mode}: {node} of run {batch} ran from {start} to {end} us, outside its run from {} to {} us",
                    begin.1,
                    done.2
                );
            }
        }
        told.push(format!("{expected} of {runs} {mode} runs timed"));
    }
    Ok(told.join(", "))
}
