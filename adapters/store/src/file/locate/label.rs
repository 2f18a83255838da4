//! Names as the engine's messages give them, so that a message's part can be found again.
//!
//! What the engine quotes or shortens is found only if this agrees with it; where it doesn't, a problem is told with
//! the place of the part around it.

/// The longest name that a message gives, in characters.
const MOST_SHOWN: usize = 60;

/// As it is if it is plain, else in quotes, escaped.
pub(crate) fn label(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b':');
    if !name.is_empty() && name.bytes().all(plain) {
        shortened(name)
    } else {
        shortened(&format!("{name:?}"))
    }
}

pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
    }
}
