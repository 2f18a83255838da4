//! Whether an answer is what the README shows, where `…` stands for what is different each time.

/// Whether `told` is `shown`: line by line, where a line that is only `…` stands for any number of lines, and a `…`
/// within a line for any text.
pub(super) fn is(shown: &str, told: &str) -> bool {
    let shown: Vec<&str> = shown.trim_end().lines().collect();
    let told: Vec<&str> = told.trim_end().lines().map(str::trim_end).collect();
    lines(&shown, &told)
}

/// Whether the lines of `shown` are in `told`, in this order, whatever stands between them.
pub(super) fn is_in(shown: &str, told: &str) -> bool {
    let mut told = told.lines();
    shown
        .lines()
        .all(|shown| told.by_ref().any(|told| line(shown, told.trim_end())))
}

fn lines(shown: &[&str], told: &[&str]) -> bool {
    match shown.split_first() {
        None => told.is_empty(),
        Some((&"…", rest)) => (0..=told.len()).any(|skipped| lines(rest, &told[skipped..])),
        Some((first, rest)) => {
            let Some((said, further)) = told.split_first() else {
                return false;
            };
            line(first, said) && lines(rest, further)
        }
    }
}

fn line(shown: &str, told: &str) -> bool {
    let mut parts = shown.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = told.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn dots_stand_for_what_changes_and_everything_else_is_compared() {
    for (shown, told) in [
        ("a", "a\n"),
        ("a\nb", "a\r\nb\r\n\n"),
        ("a…c", "abc"),
        ("a…c…", "ac"),
        ("date: …\nx", "date: today\nx"),
        ("…\nx", "x"),
        ("…\nx", "1\n2\nx"),
        ("a\n…\nx\n…", "a\n1\nx"),
        ("", ""),
    ] {
        assert!(is(shown, told), "{shown:?} {told:?}");
    }
    for (shown, told) in [
        ("a", "b"),
        ("a", "ab"),
        ("a", "ba"),
        ("a", "a\nb"),
        ("a\nb", "a"),
        ("a…c", "abcd"),
        ("a…b…a", "aba\nx"),
        ("…x", "y"),
        ("…\nx", "1\n2"),
        ("", "a"),
        ("ab…b", "ab"),
    ] {
        assert!(!is(shown, told), "{shown:?} {told:?}");
    }
    assert!(is_in("a …\nc", "0\na 1\nb\nc\n"));
    assert!(!is_in("c\na …", "0\na 1\nb\nc\n"));
}
