//! Pipeline files that are too much of something. Whatever they hold, the answer is a pipeline, or an error that is short and
//! that a terminal shows as it is.

use crate::file_errors::VALID;
use pixelflume_graph::text::is_hidden;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::{Pipeline, PipelineFileError};
use proptest::prelude::*;

/// The most bytes of an error's text; a problem has at most about 2,000.
const MOST_BYTES: usize = 48 << 10;
/// The most problems of an error.
const MOST_PROBLEMS: usize = 20;

/// Reads the text, and checks what must hold for every answer.
#[track_caller]
fn read(what: &str, text: &str) -> Result<Pipeline, PipelineFileError> {
    let read = Pipeline::from_toml(text, "limits.toml");
    match &read {
        Ok(pipeline) => {
            let sizes = vec![ImageShape::u8(20, 10, 3); pipeline.inputs().len()];
            if let Err(error) = pipeline.infer(&sizes) {
                check(what, &error.to_string());
            }
        }
        Err(error) => {
            check(what, &error.to_string());
            assert!(!error.problems().is_empty(), "{what}");
            assert!(error.problems().len() <= MOST_PROBLEMS, "{what}");
            let lines = 1 + text.matches('\n').count();
            for problem in error.problems() {
                assert!(problem.line().unwrap() <= lines, "{what}: {problem}");
                assert!(problem.to_string().contains('^'), "{what}: {problem}");
            }
        }
    }
    read
}

#[track_caller]
fn check(what: &str, message: &str) {
    assert!(message.len() <= MOST_BYTES, "{what}: {}", message.len());
    let hidden = message.chars().find(|&c| c != '\n' && is_hidden(c));
    assert_eq!(hidden, None, "{what}: {message:?}");
    for line in message.lines() {
        let length = line.chars().count();
        assert!(length <= 1500, "{what}: a line of {length}");
    }
}

#[track_caller]
fn refused(what: &str, text: &str) -> String {
    match read(what, text) {
        Ok(_) => panic!("{what}: accepted"),
        Err(error) => error.to_string(),
    }
}

fn node(name: &str, from: &str) -> String {
    format!("[[node]]\nname = \"{name}\"\nop = \"flip\"\nfrom = \"{from}\"\n")
}

#[test]
fn a_mistake_far_to_the_right_is_shown_in_a_window() {
    let text = refused(
        "column",
        &format!("name = \"{}\" x\n", "abc".repeat(30_000)),
    );
    assert!(text.contains("limits.toml:1:90011\n"), "{text}");
    let shown = format!("1 | ...{}\" x\n", "abc".repeat(39));
    assert!(text.contains(&shown), "{text}");
}

#[test]
fn a_long_token_is_cut() {
    let long = format!("begin{}end", "x".repeat(65_600));
    let shown = format!("begin{}...{}end", "x".repeat(40), "x".repeat(13));
    let text = refused("key", &format!("{long} = 1\n{}", node("a", "input")));
    assert!(text.contains(&format!("unknown key `{shown}`\n")), "{text}");
    assert!(text.contains(&format!("1 | begin{}...\n", "x".repeat(115))));
    assert!(text.contains(&format!("  | {}\n", "^".repeat(120))));
    let valid = VALID.replace("sobel", &long);
    let text = refused("operator", &valid);
    assert!(text.contains(&format!("unknown operator \"{shown}\"")));
    let text = refused("value", &VALID.replace("rgb_to_gray", &long));
    assert!(text.contains(&format!("unknown conversion \"{shown}\"")));
    let text = refused(
        "from",
        &VALID.replace("from = \"smooth\"", &format!("from = \"{long}\"")),
    );
    assert!(text.contains(&format!("unknown node \"{shown}\"")));
    let twice = format!("{}{}", node(&long, "input"), node(&long, "input"));
    let text = refused("name", &twice);
    assert!(text.contains(&format!("a node \"{shown}\" already")));
    refused(
        "number",
        &VALID.replace("size = 5", &format!("size = {}", "9".repeat(70_000))),
    );
}

#[test]
fn names_of_any_length_are_compared_with_others() {
    let long = "n".repeat(200_000);
    let text = format!("{}{}", node(&long, "input"), node("b", &format!("{long}m")));
    let text = refused("long names", &text);
    assert!(text.contains("Known names: input, nnn"), "{text}");
}

#[test]
fn twenty_problems_are_told() {
    let many =
        |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<String>();
    let nodes = many(10_000, &|n| node(&format!("n{n}"), &format!("m{n}")));
    let error = read("unknown names", &nodes).unwrap_err();
    assert_eq!(error.problems().len(), MOST_PROBLEMS);
    assert_eq!(error.more_problems(), 10_000 - MOST_PROBLEMS);
    let text = error.to_string();
    assert!(text.ends_with("\n\nand 9980 more problems"), "{text}");
    // The nearest names come first, and few.
    assert!(
        text.contains("did you mean \"n1\"? Known names: n1, "),
        "{text}"
    );
    assert!(text.contains(" and 9991 more\n"), "{text}");

    let keys = node("a", "input") + &many(40_000, &|n| format!("key{n} = 1\n"));
    assert_eq!(read("keys", &keys).unwrap_err().more_problems(), 39_980);
    let items = node("a", "input").replace("\"input\"", &format!("[{}]", "1,".repeat(50_000)));
    assert_eq!(read("items", &items).unwrap_err().more_problems(), 49_980);
    let lines = "= 1\n".repeat(50_000);
    assert!(read("lines", &lines).unwrap_err().more_problems() > 0);
    let twice = node("a", "input")
        + &"[[node]]\nname = \"a\"\nop = \"sobel\"\nfrom = \"input\"\n".repeat(5_000);
    assert_eq!(read("twice", &twice).unwrap_err().more_problems(), 4_980);

    // One more than are told, and exactly as many.
    let of = |count| node("a", "input") + &many(count, &|n| format!("key{n} = 1\n"));
    assert!(refused("21", &of(21)).ends_with("\n\nand 1 more problem"));
    assert!(!refused("20", &of(20)).contains(" more problem"));
}

#[test]
fn lists_in_problems_are_short() {
    let sources = format!("[{}]", "\"input\",".repeat(20_000));
    let text = refused(
        "sources",
        &node("a", "input").replace("\"input\"", &sources),
    );
    assert!(text.contains("flip takes 1 input(s), got 20000"), "{text}");
    assert!(text.contains(" and 19989 more"), "{text}");
    let count = 2_000;
    let cycle: String = (0..count)
        .map(|n| node(&format!("n{n}"), &format!("n{}", (n + 1) % count)))
        .collect();
    let text = refused("cycle", &cycle);
    assert!(text.contains("would close the cycle n"), "{text}");
}

#[test]
fn depth_is_bounded() {
    let inline = |depth| format!("a = {}1{}\n", "{a=".repeat(depth), "}".repeat(depth));
    // As deep as the parser goes: dotted keys in tables in dotted keys.
    let key = ["a"; 80].join(".");
    let both = |depth| {
        format!(
            "{key} = {}1{}\n",
            format!("{{{key} = ").repeat(depth),
            "}".repeat(depth)
        )
    };
    for (what, text) in [
        ("arrays", format!("a = {}", "[".repeat(100_000))),
        (
            "closed arrays",
            format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        ),
        ("headers", "[".repeat(100_000)),
        ("keys", format!("{} = 1", vec!["a"; 10_000].join("."))),
        (
            "header of keys",
            format!("[{}]", vec!["a"; 10_000].join(".")),
        ),
        ("tables", inline(100_000)),
        ("open tables", "a = {a=".repeat(50_000)),
        ("tables that are allowed", inline(79)),
        ("tables in keys", both(79)),
        ("tables in keys, too many", both(1_000)),
    ] {
        refused(what, &text);
        read(what, &(text + "\n" + VALID)).ok();
    }
}

#[test]
fn nothing_in_a_file_steers_the_terminal() {
    for hidden in [
        "\0",
        "\u{7}",
        "\u{8}",
        "\r",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{9b}31m",
        "\u{202e}",
        "\u{2066}",
        "\u{200f}",
        "\u{2028}",
        "\u{feff}",
    ] {
        let escaped: String = hidden
            .chars()
            .map(|c| format!("\\u{:04X}", u32::from(c)))
            .collect();
        for text in [hidden, &escaped] {
            let name = format!("red{text}red");
            refused("key", &format!("\"{name}\" = 1\n{VALID}"));
            refused("operator", &VALID.replace("sobel", &name));
            refused("value", &VALID.replace("rgb_to_gray", &name));
            refused("name", &VALID.replace("\"small\"", &format!("\"{name}\"")));
            refused(
                "from",
                &VALID.replace("from = \"smooth\"", &format!("from = \"{name}\"")),
            );
            refused("outputs", &format!("outputs = [\"{name}\"]\n{VALID}"));
            refused("bare", &format!("{name}\n{VALID}"));
            let named = VALID.replacen("edges", &name, 1);
            read("the pipeline's name", &named).ok();
            refused(
                "count",
                &(named.replace("\"input\"", "[\"input\", \"input\"]")),
            );
        }
        let error = Pipeline::from_toml("", &format!("a{hidden}b")).unwrap_err();
        check("the file's name", &error.to_string());
    }
    let error = Pipeline::from_toml("", &"f".repeat(1 << 20)).unwrap_err();
    check("the file's name", &error.to_string());
}

#[test]
fn line_ends_and_marks_of_other_systems_are_taken() {
    assert!(read("CRLF", &VALID.replace('\n', "\r\n")).is_ok());
    assert!(read("byte order mark", &format!("\u{feff}{VALID}")).is_ok());
    let text = refused(
        "CRLF",
        &VALID.replace('\n', "\r\n").replace("sobel", "sobol"),
    );
    assert!(text.contains("limits.toml:17:6\n"), "{text}");
}

#[test]
fn texts_larger_than_a_pipeline_file_may_be_are_refused() {
    let text = VALID.to_owned() + &"#".repeat(1 << 20);
    let error = Pipeline::from_toml(&text, "large.toml").unwrap_err();
    let expected = format!(
        "error: {} bytes are too many for a pipeline file\n --> large.toml\n  = help: a pipeline file has at most 1048576 bytes",
        text.len()
    );
    assert_eq!(error.to_string(), expected);
    // As large as it may be, in nodes.
    let mut nodes = node("n0", "input");
    for n in 1.. {
        let next = node(&format!("n{n}"), &format!("n{}", n - 1));
        if nodes.len() + next.len() > 1 << 20 {
            break;
        }
        nodes += &next;
    }
    assert!(read("many nodes", &nodes).is_ok());
}

/// Pieces of which files are made that repeat one thing.
fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "[[node]]\n",
        "[node]\n",
        "[[",
        "[",
        "{a=",
        "a.",
        "a = ",
        "\"",
        "'''",
        "\\u001b",
        "\u{1b}[7m",
        "\u{202e}",
        "\u{0}",
        "é",
        "\r\n",
        "\n",
        "\t",
        "=",
        "#",
        "1,",
        "name = \"a\"\n",
        "op = \"flip\"\n",
        "from = \"a\"\n",
        "from = [",
        "inputs = [\"a\"]\n",
        "outputs = [\"a\", \"b\"]\n",
        "x",
        "name = \"",
        "9",
        "0x",
        "-",
        "1979-05-27",
        "\u{feff}",
    ];
    (0..pieces.len(), 1_usize..3_000).prop_map(move |(piece, count)| pieces[piece].repeat(count))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn repetitions_are_reported_or_harmless(pieces in prop::collection::vec(piece(), 1..6), behind in any::<bool>()) {
        let text = pieces.concat();
        let text = if behind { VALID.to_owned() + &text } else { text + VALID };
        read("repetitions", &text).ok();
    }
}
