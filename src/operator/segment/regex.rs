//! What is no regular expression whatever dialect reads it. Pure.
//!
//! Flagsmith takes any text, and then fails whoever asks for flags with that trait. Each SDK reads its own language's dialect, so that
//! nothing is refused here but what cannot be read by Flagsmith's own (Python's): what is left open, and what repeats nothing.

use std::{iter::Peekable, str::Chars};

/// What is wrong with an expression, if anything surely is.
#[must_use]
pub fn fault(text: &str) -> Option<&'static str> {
    let mut rest = text.chars().peekable();
    let (mut depth, mut is_bare) = (0_u32, true);
    while let Some(next) = rest.next() {
        match next {
            '\\' if rest.next().is_none() => return Some("it ends with a backslash"),
            '[' if !close_class(&mut rest) => return Some("a [ is not closed"),
            '(' => {
                depth += 1;
                if !open_group(&mut rest) {
                    // Comments are left out of what follows, by rules of their own.
                    return None;
                }
            }
            ')' if depth == 0 => return Some("a ) closes nothing"),
            ')' => depth -= 1,
            '*' | '+' | '?' if is_bare => return Some("a * + or ? repeats nothing"),
            _ => {}
        }
        is_bare = matches!(next, '(' | '|');
    }
    (depth > 0).then_some("a ( is not closed")
}

/// Passes by the rest of a class; false if it has no end. A ] that comes first is a character of it.
fn close_class(rest: &mut Peekable<Chars<'_>>) -> bool {
    rest.next_if_eq(&'^');
    rest.next_if_eq(&']');
    while let Some(next) = rest.next() {
        match next {
            ']' => return true,
            '\\' => drop(rest.next()),
            _ => {}
        }
    }
    false
}

/// Passes by what may stand behind a parenthesis; false if it changes how all the rest is read.
fn open_group(rest: &mut Peekable<Chars<'_>>) -> bool {
    if rest.next_if_eq(&'?').is_none() {
        return true;
    }
    let mut flags = std::iter::from_fn(|| rest.next_if(|next| next.is_ascii_lowercase() || *next == '#'));
    !flags.any(|flag| matches!(flag, 'x' | '#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_any_dialect_may_read_is_left_alone() {
        for text in [
            "",
            "^a+$",
            "(a|b)*",
            r"\(",
            "[(]",
            "[]a]",
            "[^]a]",
            "(?:a)?",
            "(?=a)b",
            "(?P<n>a)(?P=n)",
            "(?<!a)b",
            r"[\]]",
            "a{2",
            "a**",
            "(?x) ( # (\n )",
            "(?#(()",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    #[test]
    fn what_no_dialect_reads_is_told() {
        for text in ["(", "a)", "[a", "*a", "(?:", "a|+", r"a\", "(a|(b)", "[]", "(?i"] {
            assert!(fault(text).is_some(), "{text}");
        }
    }
}
