//! The one spelling of a path that allow-lists are compared with.
//!
//! A gate and the router behind it must not read a path in two ways: a gate that resolved the dots of
//! `/admin/../public` would ask the policy about `/public`, and a router that does not would serve
//! `/admin`. So what servers are known to read differently has no normal form at all, and is denied.

use std::borrow::Cow;

/// The normal form of `path`.
///
/// Percent escapes of unreserved characters (RFC 3986, §2.3) are decoded, once; other escapes get
/// upper-case digits; one slash at the end goes. Case is kept.
///
/// # Complexity
/// O(n). A path that is in normal form is borrowed.
///
/// # Errors
/// [`InvalidPath`] for whatever servers are known to read in different ways: `.`, `..` and empty
/// segments, which some resolve and others serve, and encoded slashes, which some take for slashes.
/// Clients resolve dots before they send a request (RFC 3986, §5.2.4).
///
/// # Examples
/// ```
/// use tollgate::{InvalidPath, normalize_path};
///
/// assert_eq!(normalize_path("/api/%7Eann/")?, "/api/~ann");
/// assert_eq!(normalize_path("/api/%2e%2e/admin"), Err(InvalidPath::DotSegment));
/// assert_eq!(normalize_path("/api/..%2fadmin"), Err(InvalidPath::EncodedSlash));
/// # Ok::<(), InvalidPath>(())
/// ```
pub fn normalize_path(path: &str) -> Result<Cow<'_, str>, InvalidPath> {
    if !path.starts_with('/') {
        return Err(InvalidPath::NotAbsolute);
    }
    check_bytes(path)?;
    let trimmed = match path.strip_suffix('/') {
        // Not `//`, whose second slash ends an empty segment.
        Some(shorter) if !shorter.is_empty() && path != "//" => shorter,
        Some(_) | None => path,
    };
    let normal = if needs_decoding(trimmed)? {
        Cow::Owned(decode(trimmed)?)
    } else {
        Cow::Borrowed(trimmed)
    };
    check_segments(&normal)?;
    Ok(normal)
}

/// Why a path has no normal form; a policy that restricts paths denies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPath {
    /// It does not start with a slash.
    #[error("must start with /")]
    NotAbsolute,
    /// It has a segment `.` or `..`, plain or encoded.
    #[error("has a segment . or ..")]
    DotSegment,
    /// It has two slashes in a row.
    #[error("has an empty segment")]
    EmptySegment,
    /// It has a `%` without two hexadecimal digits after it.
    #[error("has a % without two hexadecimal digits")]
    BadEscape,
    /// It has `%2f` or `%5c`.
    #[error("has an encoded slash or backslash")]
    EncodedSlash,
    /// It has a backslash, which some servers take for a slash.
    #[error("has a backslash")]
    Backslash,
    /// It has a NUL or another control character, plain or encoded.
    #[error("has a control character")]
    Control,
    /// It has a `?` or `#`, and so more than a path.
    #[error("has a ? or #, which end a path")]
    NotOnlyPath,
}

/// No segment of a decoded path may mean anything but its name.
fn check_segments(path: &str) -> Result<(), InvalidPath> {
    if path == "/" {
        return Ok(());
    }
    for segment in path.split('/').skip(1) {
        match segment {
            "" => return Err(InvalidPath::EmptySegment),
            "." | ".." => return Err(InvalidPath::DotSegment),
            _ => {}
        }
    }
    Ok(())
}

fn check_bytes(path: &str) -> Result<(), InvalidPath> {
    for byte in path.bytes() {
        match byte {
            b'\\' => return Err(InvalidPath::Backslash),
            b'?' | b'#' => return Err(InvalidPath::NotOnlyPath),
            byte if byte.is_ascii_control() => return Err(InvalidPath::Control),
            _ => {}
        }
    }
    Ok(())
}

/// Whether any escape is not in normal form. Every escape is checked.
fn needs_decoding(path: &str) -> Result<bool, InvalidPath> {
    let mut needed = false;
    for after in path.split('%').skip(1) {
        let (byte, hex, _) = escape(after)?;
        needed |= is_unreserved(byte) || hex.bytes().any(|digit| digit.is_ascii_lowercase());
    }
    Ok(needed)
}

fn decode(path: &str) -> Result<String, InvalidPath> {
    let mut parts = path.split('%');
    let mut decoded = String::with_capacity(path.len());
    decoded.push_str(parts.next().unwrap_or_default());
    for after in parts {
        let (byte, hex, rest) = escape(after)?;
        if is_unreserved(byte) {
            decoded.push(char::from(byte));
        } else {
            decoded.push('%');
            decoded.push_str(&hex.to_ascii_uppercase());
        }
        decoded.push_str(rest);
    }
    Ok(decoded)
}

/// The byte that an escape stands for, its digits, and what comes after them.
fn escape(after: &str) -> Result<(u8, &str, &str), InvalidPath> {
    let (hex, rest) = after.split_at_checked(2).ok_or(InvalidPath::BadEscape)?;
    if !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(InvalidPath::BadEscape);
    }
    match u8::from_str_radix(hex, 16) {
        Err(_) => Err(InvalidPath::BadEscape),
        Ok(b'/' | b'\\') => Err(InvalidPath::EncodedSlash),
        Ok(byte) if byte.is_ascii_control() => Err(InvalidPath::Control),
        Ok(byte) => Ok((byte, hex, rest)),
    }
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_normal_form_which_is_borrowed() {
        for (path, normal) in [
            ("/", "/"),
            ("/a/b/c/", "/a/b/c"),
            ("/caf%c3%a9", "/caf%C3%A9"),
            ("/%41%2d%20", "/A-%20"),
            ("/...", "/..."),
            ("/é", "/é"),
        ] {
            let once = normalize_path(path).unwrap();
            assert_eq!(once, normal, "{path}");
            assert!(matches!(normalize_path(&once), Ok(Cow::Borrowed(same)) if same == normal));
        }
    }

    #[test]
    fn what_servers_read_in_two_ways_has_no_normal_form_and_says_why() {
        for (path, reason) in [
            ("", InvalidPath::NotAbsolute),
            ("/..", InvalidPath::DotSegment),
            ("/%2e%2E", InvalidPath::DotSegment),
            ("/a/./b", InvalidPath::DotSegment),
            ("/a/../b/", InvalidPath::DotSegment),
            ("//", InvalidPath::EmptySegment),
            ("//a", InvalidPath::EmptySegment),
            ("/a//b", InvalidPath::EmptySegment),
            ("/a//", InvalidPath::EmptySegment),
            ("/%", InvalidPath::BadEscape),
            ("/%2", InvalidPath::BadEscape),
            ("/%5C", InvalidPath::EncodedSlash),
            ("/\\", InvalidPath::Backslash),
            ("/\0", InvalidPath::Control),
            ("/%0a", InvalidPath::Control),
            ("/?", InvalidPath::NotOnlyPath),
        ] {
            assert_eq!(normalize_path(path), Err(reason), "{path:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_normal_form_is_final_and_has_nothing_left_to_resolve(
            path in "(/|\\.|%2e|%2E|%2f|%25|%c3|a|B|%61|%|\\\\){0,12}",
        ) {
            if let Ok(once) = normalize_path(&format!("/{path}")) {
                assert_eq!(normalize_path(&once), Ok(once.clone()));
                let mut segments = once.split('/').skip(1);
                assert!(once == "/" || segments.all(|s| !matches!(s, "" | "." | "..")), "{once}");
            }
        }
    }
}
