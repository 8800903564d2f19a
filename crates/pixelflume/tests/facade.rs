//! The facade by itself: everything that its users need is reachable through it.

use pixelflume::graph::TaskGraph;
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::ops::reference;
use pixelflume::pipeline::file::Problem;
use pixelflume::prelude::*;
use pixelflume::scheduler::Schedule;

const EDGES: &str = include_str!("../../../examples/pipelines/edges.toml");

#[test]
fn a_pipeline_file_runs_through_the_facade() -> Result<(), Box<dyn std::error::Error>> {
    let pipeline = Pipeline::from_toml(EDGES, "edges.toml")?;
    let device = Device::open(&"host".parse::<DeviceRequest>()?)?;
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let mut runner = Runner::with_memory(pipeline, &memory, ExecutionConfig::default())?;

    let photo = Image::from_fn(400, 300, 3, |x, y, c| (x * 3 + y * 5 + c * 70) as u8)?;
    let mut outputs = runner.run(&[&photo, &photo])?;
    assert_eq!(outputs.images("edges")?.len(), 2);
    let error = outputs.images("edge").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no output \"edge\"; there are: edges"
    );
    let edges = outputs.take("edges").ok_or("no output")??;

    let plain = reference::Image::new(400, 300, 3, photo.into_data());
    let gray = reference::rgb_to_gray(&reference::resize_bilinear(&plain, 320, 240));
    let expected = reference::sobel_magnitude(&reference::gaussian_blur(&gray, 5, None));
    assert_eq!(edges.len(), 2);
    for image in edges {
        assert_eq!(image.shape(), ImageShape::u8(320, 240, 1));
        assert_eq!(image.into_data(), expected.data);
    }
    Ok(())
}

#[test]
fn lower_layers_are_reachable() -> Result<(), Box<dyn std::error::Error>> {
    let mut graph = TaskGraph::new();
    graph.add_node("task")?;
    assert_eq!(Schedule::new(&graph, 4)?.streams_used(), 1);
    let error: PipelineFileError = Pipeline::from_toml("node = 1", "x.toml").unwrap_err();
    let lines: Vec<_> = error.problems().iter().map(Problem::line).collect();
    assert_eq!(lines, [Some(1)]);
    Ok(())
}
