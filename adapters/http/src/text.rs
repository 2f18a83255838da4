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

/// How many bytes of a path or method an event has at most.
const TOLD: usize = 1024;

/// `text`, cut after 1024 bytes: thousands of events may wait for a hook, each with a path as long as a server takes.
pub(crate) fn told(text: &str) -> String {
    if text.len() <= TOLD {
        return text.to_owned();
    }
    let kept = text.get(..text.floor_char_boundary(TOLD));
    format!("{}…", kept.unwrap_or_default())
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
    fn events_have_1024_bytes_of_a_path_and_whole_characters() {
        assert_eq!(told(&"a".repeat(1024)), "a".repeat(1024));
        assert_eq!(told(&"é".repeat(600)), "é".repeat(512) + "…");
        assert_eq!(
            told(&("a".to_owned() + &"é".repeat(600))).len(),
            1023 + '…'.len_utf8()
        );
    }

    #[test]
    fn a_long_detail_is_cut_between_characters() {
        assert_eq!(clipped("é".repeat(300)), "é".repeat(300));
        assert_eq!(clipped("é".repeat(301)).chars().count(), 301);
        assert!(clipped("é".repeat(301)).ends_with('…'));
    }
}
