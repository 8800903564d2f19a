//! The graph as text for drawing tools: Graphviz DOT and Mermaid.
//!
//! Both outputs have one line per node, then one per edge, in the order of [`TaskGraph::nodes`] and
//! [`TaskGraph::edges`]. Nodes are called `n0`, `n1`, ... by index, so only labels hold text from outside.

use std::fmt::Write as _;

use crate::graph::TaskGraph;
use crate::node::NodeId;
use crate::text::{cut, is_hidden};

impl TaskGraph {
    /// A Graphviz DOT drawing, with the names as labels, long ones [`cut`]. O(V + E).
    #[must_use]
    pub fn to_dot(&self) -> String {
        self.to_dot_with(|id| cut(self.name(id)).into_owned())
    }

    /// A Graphviz DOT drawing with labels that the caller gives. A label may be any text: it is escaped here, line
    /// feeds become line breaks, and characters that would not be seen become visible ones.
    #[must_use]
    pub fn to_dot_with(&self, mut label: impl FnMut(NodeId) -> String) -> String {
        let mut out = String::from("digraph tasks {\n  rankdir=TB;\n  node [shape=box];\n");
        for id in self.nodes() {
            let _ = write!(out, "  n{} [label=\"", id.index());
            push_label(&mut out, &label(id), "\\n", |out, c| match c {
                '"' | '\\' => out.extend(['\\', c]),
                // Labels are searched for HTML entities.
                '&' => out.push_str("&amp;"),
                _ => out.push(c),
            });
            out.push_str("\"];\n");
        }
        for (from, to) in self.edges() {
            let _ = writeln!(out, "  n{} -> n{};", from.index(), to.index());
        }
        out.push_str("}\n");
        out
    }

    /// A Mermaid flowchart, with the names as labels, long ones [`cut`]. O(V + E).
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        self.to_mermaid_with(|id| cut(self.name(id)).into_owned())
    }

    /// A Mermaid flowchart with labels of the caller's, which may be any text, as for [`TaskGraph::to_dot_with`].
    #[must_use]
    pub fn to_mermaid_with(&self, mut label: impl FnMut(NodeId) -> String) -> String {
        let mut out = String::from("flowchart TD\n");
        for id in self.nodes() {
            let _ = write!(out, "  n{}[\"", id.index());
            push_label(&mut out, &label(id), "<br/>", |out, c| {
                // Mermaid looks for comments, directives, styles, Markdown, formulas and HTML inside quotes too, so
                // every sign that could start one goes as an entity, in its own notation: `#code;`.
                let plain = !c.is_ascii() || c.is_ascii_alphanumeric() || " _-.,/+=".contains(c);
                if plain {
                    out.push(c);
                } else {
                    let _ = write!(out, "#{};", u32::from(c));
                }
            });
            out.push_str("\"]\n");
        }
        for (from, to) in self.edges() {
            let _ = writeln!(out, "  n{} --> n{}", from.index(), to.index());
        }
        out
    }
}

/// Appends a label: line ends as `line_break`, other control characters as visible ones, the rest by `push`.
fn push_label(out: &mut String, label: &str, line_break: &str, push: impl Fn(&mut String, char)) {
    let mut chars = label.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // The line feed that follows makes the break.
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => out.push_str(line_break),
            // Unicode has a block of pictures for the C0 controls and DEL; raw, NUL would end a DOT string.
            '\0'..='\x1f' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\x7f' => out.push('\u{2421}'),
            c if is_hidden(c) => out.push('\u{fffd}'),
            c => push(out, c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(first: &str, second: &str) -> TaskGraph {
        let mut graph = TaskGraph::new();
        let a = graph.add_node(first).unwrap();
        let b = graph.add_node(second).unwrap();
        graph.add_edge(a, b).unwrap();
        graph
    }

    #[test]
    fn dot_is_complete_and_escaped() {
        let graph = pair("say \"hi\" \\N &lt;", "two\r\nlines\t[x]");
        let expected = concat!(
            "digraph tasks {\n  rankdir=TB;\n  node [shape=box];\n",
            "  n0 [label=\"say \\\"hi\\\" \\\\N &amp;lt;\"];\n",
            "  n1 [label=\"two\\nlines\u{2409}[x]\"];\n",
            "  n0 -> n1;\n}\n",
        );
        assert_eq!(graph.to_dot(), expected);
    }

    #[test]
    fn mermaid_is_complete_and_escaped() {
        let graph = pair("say \"hi\" [x]", "two\rlines <b>#1;`é\0\u{85}");
        let expected = concat!(
            "flowchart TD\n",
            "  n0[\"say #34;hi#34; #91;x#93;\"]\n",
            "  n1[\"two<br/>lines #60;b#62;#35;1#59;#96;é\u{2400}\u{fffd}\"]\n",
            "  n0 --> n1\n",
        );
        assert_eq!(graph.to_mermaid(), expected);
    }

    #[test]
    fn labels_can_be_the_callers() {
        let graph = pair("a", "b");
        let label = |id: NodeId| format!("{} \"{}\"", graph.name(id), id.index());
        assert!(
            graph
                .to_dot_with(label)
                .contains("n1 [label=\"b \\\"1\\\"\"];")
        );
        assert!(graph.to_mermaid_with(label).contains("n1[\"b #34;1#34;\"]"));
    }

    #[test]
    fn long_names_are_cut_and_nothing_turns_the_line_around() {
        let graph = pair(&"x".repeat(70_000), "a\u{202e}b\u{9b}c");
        for drawing in [graph.to_dot(), graph.to_mermaid()] {
            assert!(drawing.len() < 400, "{}", drawing.len());
            assert!(drawing.contains("x...x"), "{drawing}");
            assert!(drawing.contains("a\u{fffd}b\u{fffd}c"), "{drawing}");
        }
    }

    #[test]
    fn an_empty_graph_is_a_valid_drawing() {
        let graph = TaskGraph::new();
        assert!(graph.to_dot().ends_with("node [shape=box];\n}\n"));
        assert_eq!(graph.to_mermaid(), "flowchart TD\n");
    }
}
