//! The words and signs of a PTX text.

/// The tokens of a text: words (with their dots, as in `add.s32` and `%tid.x`), and single signs. Comments are left out, and a text
/// in quotes is one token.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let length = match bytes[at] {
            b if b.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'/' if rest.starts_with("//") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with("/*") => {
                at += rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
                continue;
            }
            b'"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            b if is_word(b) => rest.bytes().take_while(|b| is_word(*b)).count(),
            // A sign, or a byte that no PTX has, with the rest of its character.
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        tokens.push(&text[at..at + length]);
        at += length;
    }
    tokens
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'%' | b'.')
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn words_signs_and_comments() {
        let text = "@!%p1 ld.param.v2.u32 {%r1, %r2}, [f_param_0+-8]; // end\n/* a */ $L_1:";
        let wanted = [
            "@",
            "!",
            "%p1",
            "ld.param.v2.u32",
            "{",
            "%r1",
            ",",
            "%r2",
            "}",
            ",",
            "[",
            "f_param_0",
            "+",
            "-",
            "8",
            "]",
            ";",
            "$L_1",
            ":",
        ];
        assert_eq!(tokens(text), wanted);
    }
}
