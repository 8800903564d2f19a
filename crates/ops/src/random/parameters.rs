//! The parameters that all random operators share: `seed` and `stream`.

use crate::spec::{ParameterDefault, ParameterSpec, ParameterType, Value, Values};

/// The seed and the stream of a random operator. Two operators of one kind draw the same numbers where both are equal, and
/// independent ones where they are not.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub(crate) struct Stream {
    pub(crate) seed: u32,
    pub(crate) stream: u32,
}

impl Stream {
    /// Reads the parameters from the values of an operator.
    pub(crate) fn of(values: &Values) -> Self {
        let [seed, stream] = ["seed", "stream"].map(|name| values.integer(name));
        Stream { seed, stream }
    }

    /// The values of [`SEED`] and [`STREAM`].
    pub(crate) fn values(self) -> [Value; 2] {
        [self.seed.into(), self.stream.into()]
    }
}

const fn number(name: &'static str, doc: &'static str, example: &'static str) -> ParameterSpec {
    ParameterSpec {
        name,
        value_type: ParameterType::Integer {
            least: 0,
            most: u32::MAX,
            odd: false,
        },
        default: ParameterDefault::Value(Value::Integer(0)),
        unit: "",
        doc,
        example,
    }
}

/// The entry of `seed` in the specs.
pub(crate) const SEED: ParameterSpec = number(
    "seed",
    "The seed of the random numbers, usually one for a whole pipeline.",
    "seed = 1",
);

/// The entry of `stream` in the specs.
pub(crate) const STREAM: ParameterSpec = number(
    "stream",
    "Distinguishes nodes of one kind with one seed: with equal streams they draw the same.",
    "stream = 1",
);

/// Adds the setters and getters of its [`Stream`] to an operator.
macro_rules! stream_parameters {
    ($operator:ident) => {
        impl $operator {
            /// Sets the seed of the random numbers; 0 by default.
            #[must_use]
            pub const fn seed(mut self, seed: u32) -> Self {
                self.stream.seed = seed;
                self
            }

            /// Sets the stream, which distinguishes nodes of one kind with one seed; 0 by default. With equal seeds and streams they
            /// draw the same for an image, for example for a photograph and its mask.
            #[must_use]
            pub const fn stream(mut self, stream: u32) -> Self {
                self.stream.stream = stream;
                self
            }

            /// The seed and the stream of the random numbers.
            pub const fn seed_and_stream(&self) -> (u32, u32) {
                (self.stream.seed, self.stream.stream)
            }
        }
    };
}

pub(crate) use stream_parameters;
