//! The exact text of errors about names, and about what reads what.

use crate::file_errors::check;

#[test]
fn unknown_nodes() {
    check(
        "from = \"gray\"",
        "from = \"grey\"",
        r#"
error: unknown node "grey"
  --> edges.toml:12:8
   |
12 | from = "grey"
   |        ^^^^^^
   = help: did you mean "gray"? Known names: input, gray, smooth, edges, small
"#,
    );
    check(
        "name = \"edges\"\n\n",
        "outputs = [\"smal\", \"edges\"]\n",
        r#"
error: unknown node "smal"
 --> edges.toml:1:12
  |
1 | outputs = ["smal", "edges"]
  |            ^^^^^^
  = help: did you mean "small"? Known names: input, gray, smooth, edges, small
"#,
    );
}

#[test]
fn names() {
    check(
        "name = \"small\"",
        "name = \"gray\"",
        r#"
error: there is a node "gray" already (line 4)
  --> edges.toml:21:8
   |
21 | name = "gray"
   |        ^^^^^^
   = help: give each node its own name
"#,
    );
    check(
        "name = \"small\"",
        "name = \"input\"",
        r#"
error: "input" is the name of the pipeline's input
  --> edges.toml:21:8
   |
21 | name = "input"
   |        ^^^^^^^
   = help: give the node another name, or name the inputs with `inputs = [...]`
"#,
    );
    check(
        "name = \"small\"",
        "name = \"a/../b\"",
        r#"
error: "a/../b" cannot be a name
  --> edges.toml:21:8
   |
21 | name = "a/../b"
   |        ^^^^^^^^
   = help: use letters, digits, `_`, `-` and `.`, and no `.` at the start
"#,
    );
}

#[test]
fn cycles() {
    check(
        "from = \"gray\"",
        "from = \"edges\"",
        r#"
error: the edge would close the cycle edges -> smooth -> edges
  --> edges.toml:18:8
   |
18 | from = "smooth"
   |        ^^^^^^^^
   = help: leave out one of its edges
"#,
    );
    check(
        "from = \"gray\"",
        "from = \"smooth\"",
        r#"
error: node "smooth" cannot depend on itself
  --> edges.toml:12:8
   |
12 | from = "smooth"
   |        ^^^^^^^^
   = help: read from another node
"#,
    );
}

#[test]
fn numbers_of_inputs() {
    check(
        "from = \"gray\"",
        "from = [\"gray\", \"input\"]",
        r#"
error: gaussian_blur takes 1 input(s), got 2
  --> edges.toml:12:17
   |
12 | from = ["gray", "input"]
   |                 ^^^^^^^
   = help: leave out "input"
"#,
    );
    check(
        "from = \"gray\"",
        "from = []",
        r#"
error: gaussian_blur takes 1 input(s), got 0
  --> edges.toml:12:8
   |
12 | from = []
   |        ^^
   = help: name 1 node(s) or input(s) in `from`
"#,
    );
    check(
        "name = \"edges\"\n\n",
        "inputs = [\"input\", \"mask\"]\n",
        r#"
error: no output depends on the input "mask"
 --> edges.toml:1:20
  |
1 | inputs = ["input", "mask"]
  |                    ^^^^^^
  = help: connect it, or leave it out
"#,
    );
}

#[test]
fn outputs() {
    check(
        "name = \"edges\"\n\n",
        "outputs = [\"input\"]\n",
        r#"
error: "input" is an input of the pipeline and cannot be its output as well
 --> edges.toml:1:12
  |
1 | outputs = ["input"]
  |            ^^^^^^^
  = help: name a node
"#,
    );
    check(
        "name = \"edges\"\n\n",
        "outputs = [\"edges\", \"edges\"]\n",
        r#"
error: "edges" is an output already
 --> edges.toml:1:21
  |
1 | outputs = ["edges", "edges"]
  |                     ^^^^^^^
  = help: name each output once
"#,
    );
    check(
        "name = \"edges\"\n\n",
        "outputs = []\n",
        r#"
error: `outputs` is empty
 --> edges.toml:1:11
  |
1 | outputs = []
  |           ^^
  = help: leave `outputs` out, or write for example `outputs = ["edges"]`
"#,
    );
}
