//! Damaged pipeline files: whatever happens to the text, the answer is a pipeline or an error with a place in the text.

use pixelflume_ops::ImageShape;
use pixelflume_pipeline::Pipeline;
use proptest::prelude::*;

const FILES: [&str; 4] = [
    include_str!("../../../../examples/pipelines/edges.toml"),
    include_str!("../../../../examples/pipelines/fork_join.toml"),
    include_str!("../../../../examples/pipelines/preprocess.toml"),
    include_str!("../../../../examples/pipelines/thumbnails.toml"),
];

/// Pieces that mean something to the reader, to be put in anywhere.
const PIECES: [&str; 28] = [
    "[[node]]\n",
    "[node]",
    "name = ",
    "from = \"gray\"\n",
    "from = [\"a\", 1]",
    "op = \"sobel\"\n",
    "\"",
    "'''",
    "\n",
    "=",
    "[",
    "]",
    "{",
    "}",
    "#",
    "\\u00e9",
    "é",
    "\u{0}",
    "\r\n",
    "outputs = [\"edges\"]\n",
    "inputs = [\"input\"]\n",
    "0x1F",
    "1e999",
    "nan",
    "mean = [0.5, nan, 1]\n",
    "std = 0\n",
    "value = [1, 2]\n",
    "op = \"pad\"\nleft = 4294967295\n",
];

#[derive(Clone, Debug)]
enum Mutation {
    Insert(usize, usize),
    Delete(usize, usize),
    CopyLine(usize, usize),
    Replace(usize, char),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<usize>(), 0..PIECES.len()).prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        (any::<usize>(), 1usize..40).prop_map(|(at, count)| Mutation::Delete(at, count)),
        (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Mutation::CopyLine(from, to)),
        (any::<usize>(), any::<char>()).prop_map(|(at, c)| Mutation::Replace(at, c)),
    ]
}

fn apply(text: &str, mutation: &Mutation) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let place = |at: usize, len: usize| at % (len + 1);
    match *mutation {
        Mutation::Insert(at, piece) => {
            let at = place(at, chars.len());
            chars.splice(at..at, PIECES[piece].chars());
        }
        Mutation::Delete(at, count) => {
            let at = place(at, chars.len());
            chars.drain(at..(at + count).min(chars.len()));
        }
        Mutation::CopyLine(from, to) => {
            let mut lines: Vec<&str> = text.lines().collect();
            if !lines.is_empty() {
                let line = lines[from % lines.len()];
                lines.insert(place(to, lines.len()), line);
            }
            return lines.join("\n");
        }
        Mutation::Replace(at, c) => {
            let at = place(at, chars.len());
            match chars.get_mut(at) {
                Some(old) => *old = c,
                None => chars.push(c),
            }
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_reported_or_harmless(file in 0..FILES.len(), mutations in prop::collection::vec(mutation(), 1..6)) {
        let text = mutations.iter().fold(FILES[file].to_owned(), |text, mutation| apply(&text, mutation));
        match Pipeline::from_toml(&text, "damaged.toml") {
            Ok(pipeline) => {
                prop_assert!(!pipeline.nodes().is_empty() && pipeline.outputs().len() > 0);
                // May be refused, for example where a conversion is gone; may not panic.
                let _ = pipeline.infer(&[ImageShape::u8(20, 10, 3)]);
            }
            Err(error) => {
                prop_assert!(!error.problems().is_empty());
                let lines = text.split('\n').count();
                for problem in error.problems() {
                    prop_assert!((1..=lines).contains(&problem.line().unwrap()), "{problem}");
                    prop_assert!(problem.column().unwrap() >= 1);
                    prop_assert!(!problem.message().is_empty());
                    prop_assert!(problem.to_string().contains("^"));
                }
            }
        }
    }
}
