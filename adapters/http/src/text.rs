//! Showing what came from outside: escaped, and never more of it than a message can bear.

/// How many characters of a malformed value a message echoes at most.
const SHOWN: usize = 40;

/// How many characters the one-line explanation of a refusal has at most.
const DETAIL: usize = 300;

/// `said` with everything but printable ASCII escaped, cut after 40 characters.
pub(crate) fn shown(said: &[u8]) -> String {
    let mut escaped = said
        .iter()
        .copied()
        .take(SHOWN + 1)
        .flat_map(std::ascii::escape_default);
    let mut text: String = escaped.by_ref().take(SHOWN).map(char::from).collect();
    if escaped.next().is_some() {
        text.push('…');
    }
    text
}

/// `text`, cut after 300 characters.
pub(crate) fn clipped(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(DETAIL) {
        text.truncate(at);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_40_characters_are_shown_and_all_are_printable() {
        assert_eq!(shown(b"a\"b\n\xff"), "a\\\"b\\n\\xff");
        assert_eq!(shown(&[b'a'; 40]), "a".repeat(40));
        assert_eq!(shown(&[b'a'; 41]), format!("{}…", "a".repeat(40)));
        assert_eq!(shown(&[0; 1000]).chars().count(), 41);
    }

    #[test]
    fn a_long_detail_is_cut_between_characters() {
        assert_eq!(clipped("é".repeat(300)), "é".repeat(300));
        assert_eq!(clipped("é".repeat(301)).chars().count(), 301);
        assert!(clipped("é".repeat(301)).ends_with('…'));
    }
}
