//! What differs from image to image of a batch beside its pixels: given values, and the number of each image.

use crate::error::PipelineError;
use crate::pipeline::Pipeline;
use pixelflume_graph::text::{Listed, Shown};
use pixelflume_ops::ImageValues;
use pixelflume_ops::registry;

/// Values for parameters of nodes that differ from image to image of one batch (boxes, flips, factors), and the numbers of the
/// images, from which random operators draw.
///
/// Values are for nodes whose operator takes them ([`Operator::is_per_image`](pixelflume_ops::Operator::is_per_image)). They are borrowed,
/// and read in place. [`Runner::run_with`](crate::Runner::run_with) takes the parameters of one batch.
///
/// ```
/// use pixelflume_device::Device;
/// use pixelflume_pipeline::{
///     BatchOutputs, BatchParameters, ExecutionConfig, Image, Input, Pipeline, Runner,
/// };
///
/// let text = "[[node]]\nname = \"face\"\nop = \"resized_crop\"\nfrom = \"input\"\n\
///     box = \"input\"\nwidth = 4\nheight = 4\n";
/// let pipeline = Pipeline::from_toml(text, "faces.toml")?;
/// let mut runner = Runner::new(pipeline, &Device::host(), ExecutionConfig::default())?;
///
/// let [first, second] = [(9, 8), (12, 30)].map(|(width, height)| {
///     Image::from_fn(width, height, 3, |x, y, c| (x + 2 * y + 3 * c) as u8)
/// });
/// let (first, second) = (first?, second?);
/// // First column, first row, width and height of a box in each image.
/// let boxes = [1.0, 0.0, 8.0, 8.0, 2.0, 20.0, 5.0, 6.0];
/// let mut parameters = BatchParameters::new(runner.pipeline());
/// parameters.set("face", "box", 4, &boxes)?;
/// let mut outputs = BatchOutputs::default();
/// runner.run_with(&[Input::Images(&[&first, &second])], &parameters, &mut outputs)?;
/// assert_eq!(outputs.images("face")?[1].shape().width, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchParameters<'a> {
    pipeline: Pipeline,
    /// For each node of the pipeline, the values that were given for it.
    nodes: Vec<Vec<ImageValues<'a>>>,
    first: Option<u64>,
    indices: Option<&'a [u64]>,
    epoch: Option<u64>,
}

impl<'a> BatchParameters<'a> {
    /// Parameters without values, for batches of `pipeline`.
    pub fn new(pipeline: &Pipeline) -> Self {
        BatchParameters {
            pipeline: pipeline.clone(),
            nodes: vec![Vec::new(); pipeline.nodes().len()],
            first: None,
            indices: None,
            epoch: None,
        }
    }

    /// Gives a parameter of a node `count` values for each image: those of the first image, then those of the next one. Values that
    /// were given for the parameter before are replaced.
    ///
    /// # Errors
    /// There is no such node, its operator takes no values for each image, or it has no such parameter, or one value of it for all
    /// images. `count` is 0, or no
    /// divisor of the number of values.
    pub fn set(
        &mut self,
        node: &str,
        parameter: &str,
        count: usize,
        values: &'a [f64],
    ) -> Result<(), PipelineError> {
        let (index, parameter) = find_parameter(&self.pipeline, node, parameter)?;
        let wrong = |reason: String| Err(PipelineError::ImageValues { reason });
        if count == 0 || !values.len().is_multiple_of(count) {
            return wrong(format!(
                "node \"{}\": {} values are not {count} for each image",
                Shown(node),
                values.len()
            ));
        }
        let given = &mut self.nodes[index];
        given.retain(|other| other.parameter != parameter);
        given.push(ImageValues {
            parameter,
            count,
            values,
        });
        Ok(())
    }

    /// Numbers the images from `first` on: the first frame of the batch has this number in its data set. Without a number the
    /// runner counts on from the batch before.
    #[must_use]
    pub fn with_index(mut self, first: u64) -> Self {
        (self.first, self.indices) = (Some(first), None);
        self
    }

    /// Gives every image a number of its own: its place in the data set.
    #[must_use]
    pub fn with_indices(mut self, indices: &'a [u64]) -> Self {
        (self.first, self.indices) = (None, Some(indices));
        self
    }

    /// Sets the number of the pass over the data set. Without it the runner's own counts.
    #[must_use]
    pub fn with_epoch(mut self, epoch: u64) -> Self {
        self.epoch = Some(epoch);
        self
    }

    /// The values that were given for a node.
    pub(crate) fn of(&self, node: usize) -> &[ImageValues<'a>] {
        &self.nodes[node]
    }

    /// The values of all nodes, each with its node.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (usize, &ImageValues<'a>)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.flat_map(|(node, sets)| sets.iter().map(move |set| (node, set)))
    }

    /// Checks that the values are for this pipeline and this number of frames.
    pub(crate) fn check(&self, pipeline: &Pipeline, frames: usize) -> Result<(), PipelineError> {
        let wrong = |reason: String| Err(PipelineError::ImageValues { reason });
        if !self.pipeline.is_alike(pipeline) {
            return wrong(format!(
                "they are for another pipeline (\"{}\") than that of the runner (\"{}\"); make them with `Runner::pipeline`",
                Shown(self.pipeline.name()),
                Shown(pipeline.name())
            ));
        }
        if let Some(indices) = self.indices
            && indices.len() != frames
        {
            let got = indices.len();
            return wrong(format!(
                "{got} numbers of images were given for a batch of {frames} frame(s)"
            ));
        }
        for (node, given) in self.nodes.iter().enumerate() {
            for values in given {
                let images = values.values.len() / values.count;
                if images != frames {
                    let name = Shown(pipeline.nodes()[node].name());
                    return wrong(format!(
                        "node \"{name}\": values for {images} image(s) were given for a batch of {frames} frame(s)"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Values of one image that are kept for longer than the caller lends them.
#[derive(Clone, Debug)]
pub(crate) struct KeptValues {
    /// Node, parameter and values.
    sets: Vec<(usize, usize, Box<[f64]>)>,
}

impl KeptValues {
    /// A copy of the values that are given for one image.
    pub(crate) fn new(values: &BatchParameters<'_>) -> Self {
        let sets = values.sets();
        KeptValues {
            sets: sets
                .map(|(node, set)| (node, set.parameter, set.values.into()))
                .collect(),
        }
    }

    /// The values as parameters of a batch of one image, of the pipeline that they were given for.
    pub(crate) fn of_one_image(&self, pipeline: &Pipeline) -> BatchParameters<'_> {
        let mut one = BatchParameters::new(pipeline);
        for (node, parameter, values) in &self.sets {
            one.nodes[*node].push(ImageValues {
                parameter: *parameter,
                count: values.len(),
                values,
            });
        }
        one
    }
}

/// The node of this name, and the position of one of its parameters, for which images may have values of their own.
pub(crate) fn find_parameter(
    pipeline: &Pipeline,
    node: &str,
    parameter: &str,
) -> Result<(usize, usize), PipelineError> {
    let index = pipeline.find_node(node)?;
    let operator = pipeline.nodes()[index].operator();
    let wrong = |reason: String| Err(PipelineError::ImageValues { reason });
    let (name, kind) = (Shown(node), operator.kind());
    if !operator.is_per_image() {
        return wrong(format!(
            "node \"{name}\" ({kind}) does the same to every image, and takes no values for each"
        ));
    }
    let parameters = registry::find(kind).map_or(&[][..], |spec| spec.parameters);
    let Some(position) = parameters.iter().position(|spec| spec.name == parameter) else {
        let known = Listed::new(parameters.iter().map(|spec| spec.name));
        return wrong(format!(
            "node \"{name}\" ({kind}) has no parameter \"{}\"; there are: {known}",
            Shown(parameter)
        ));
    };
    // A custom operator that has the name of a built-in one says itself what it takes.
    if let Some(values) = registry::values_of(&**operator)
        && values
            .given_for_each_image()
            .all(|(index, _)| index != position)
    {
        return wrong(format!(
            "node \"{name}\" ({kind}) has one value of \"{parameter}\" for all images; values for each are for parameters that are \"input\""
        ));
    }
    Ok((index, position))
}

/// The numbers of the images of a batch, and the values given for them.
#[derive(Copy, Clone, Debug)]
pub(crate) struct BatchImages<'a> {
    first: u64,
    indices: Option<&'a [u64]>,
    pub(crate) epoch: u64,
    values: Option<&'a BatchParameters<'a>>,
}

impl<'a> BatchImages<'a> {
    /// The images of a batch with these parameters; `first` and `epoch` count where they say nothing else.
    pub(crate) fn new(values: Option<&'a BatchParameters<'a>>, first: u64, epoch: u64) -> Self {
        BatchImages {
            first: values.and_then(|values| values.first).unwrap_or(first),
            indices: values.and_then(|values| values.indices),
            epoch: values.and_then(|values| values.epoch).unwrap_or(epoch),
            values,
        }
    }

    /// The number of a frame's image in its data set.
    pub(crate) fn index(&self, frame: usize) -> u64 {
        match self.indices {
            Some(indices) => indices[frame],
            None => self.first.wrapping_add(frame as u64),
        }
    }

    /// The number of the image behind the last one of `frames`; `None` where each was given its own.
    pub(crate) fn next(&self, frames: usize) -> Option<u64> {
        let counted = self.indices.is_none();
        counted.then(|| self.first.wrapping_add(frames as u64))
    }

    /// The values that were given for a node.
    pub(crate) fn values_of(&self, node: usize) -> &'a [ImageValues<'a>] {
        self.values.map_or(&[], |values| values.of(node))
    }
}
