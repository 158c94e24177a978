//! What stands for a content that must not be told: its SHA-256.

use std::collections::BTreeMap;

use ring::digest::{Context, SHA256};

/// The SHA-256 of a text, in hexadecimal.
#[must_use]
pub fn of_text(text: &str) -> String {
    let mut context = Context::new(&SHA256);
    context.update(text.as_bytes());
    hexadecimal(context)
}

/// The SHA-256 of entries, in the order of their names. Each text is told with its length, so that no two contents are one.
#[must_use]
pub fn of_entries(entries: &BTreeMap<String, String>) -> String {
    let mut context = Context::new(&SHA256);
    for text in entries.iter().flat_map(|(name, value)| [name, value]) {
        context.update(&text.len().to_be_bytes());
        context.update(text.as_bytes());
    }
    hexadecimal(context)
}

fn hexadecimal(context: Context) -> String {
    let nibble = |four: u8| char::from_digit(u32::from(four), 16);
    let bytes = context.finish();
    bytes.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(nibble).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[(&str, &str)]) -> String {
        of_entries(&entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_text_has_the_digest_that_every_tool_shows() {
        assert_eq!(of_text("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn other_entries_have_another_digest() {
        let one = of(&[("a", "b")]);
        assert_eq!((one.len(), &one), (64, &of(&[("a", "b")])));
        for other in [of(&[("a", "c")]), of(&[("ab", "")]), of(&[("a", "b"), ("c", "")]), of(&[])] {
            assert_ne!(one, other);
        }
    }
}
