//! The values of `size`, `crop_size` and `pad_size`: a number, two numbers, or a dictionary of edges.

use crate::processor::error::ProcessorError;
use crate::processor::json::{Keys, integer};
use crate::processor::steps::Size;
use serde_json::{Map, Value};

/// The largest side of an image.
pub(super) const MAX_SIDE: u32 = 1 << 16;

/// The edges of a dictionary, in pixels.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Edges {
    /// `height` and `width`.
    Exact(Size),
    /// `shortest_edge`.
    Shortest(u32),
    /// `shortest_edge` and `longest_edge`; for Qwen2-VL numbers of pixels.
    ShortestLongest { shortest: u32, longest: u32 },
    /// `longest_edge`.
    Longest(u32),
    /// `max_height` and `max_width`.
    Within(Size),
}

impl Edges {
    pub(super) const fn square(side: u32) -> Self {
        Edges::Exact(Size::square(side))
    }
}

/// The dictionaries that can be read.
const DICTIONARIES: &str = "an integer; [height, width]; or an object with height and width, shortest_edge, shortest_edge and \
                            longest_edge, longest_edge, or max_height and max_width, each an integer of 1 or more";

/// Reads the value of a key. Where `square`, one number means both sides, else the shortest edge, and `max_size` the longest
/// one. Numbers are at most `most`.
pub(super) fn edges(
    keys: &Keys,
    key: &'static str,
    value: &Value,
    square: bool,
    max_size: Option<u32>,
    most: u32,
) -> Result<Edges, ProcessorError> {
    let side = |value: &Value| integer(value, 1, most);
    let read = match value {
        Value::Object(object) => of_object(object, side),
        Value::Array(list) => match list.as_slice() {
            [height, width] => size(side(height), side(width)).map(Edges::Exact),
            _ => None,
        },
        number => side(number).map(|side| match (square, max_size) {
            (true, _) => Edges::square(side),
            (false, None) => Edges::Shortest(side),
            (false, Some(longest)) => Edges::ShortestLongest {
                shortest: side,
                longest,
            },
        }),
    };
    read.ok_or_else(|| keys.refuse(key, value, format!("{DICTIONARIES}, at most {most}")))
}

fn size(height: Option<u32>, width: Option<u32>) -> Option<Size> {
    Some(Size {
        width: width?,
        height: height?,
    })
}

fn of_object(object: &Map<String, Value>, side: impl Fn(&Value) -> Option<u32>) -> Option<Edges> {
    let of = |key| object.get(key).and_then(&side);
    let mut names: Vec<&str> = object.keys().map(String::as_str).collect();
    names.sort_unstable();
    match names.as_slice() {
        ["height", "width"] => size(of("height"), of("width")).map(Edges::Exact),
        ["shortest_edge"] => of("shortest_edge").map(Edges::Shortest),
        ["longest_edge"] => of("longest_edge").map(Edges::Longest),
        ["longest_edge", "shortest_edge"] => Some(Edges::ShortestLongest {
            shortest: of("shortest_edge")?,
            longest: of("longest_edge")?,
        }),
        ["max_height", "max_width"] => size(of("max_height"), of("max_width")).map(Edges::Within),
        _ => None,
    }
}

/// Reads a key that is a width and a height.
pub(super) fn rectangle(
    keys: &mut Keys,
    key: &'static str,
) -> Result<Option<Size>, ProcessorError> {
    let Some(value) = keys.take(key) else {
        return Ok(None);
    };
    match edges(keys, key, &value, true, None, MAX_SIDE)? {
        Edges::Exact(size) => Ok(Some(size)),
        _ => Err(keys.refuse(key, &value, "height and width")),
    }
}
