//! Taking a token apart (RFC 7515 §7.1): nothing of its claims is read before its signature is checked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::algorithm::JwtAlgorithm;
use super::error::JwtError;
use super::keys::JwtKeys;

/// What of a token's header matters: which key, and how it is signed.
///
/// Keys that a token brings with it, or says where to fetch (`jwk`, `jku`, `x5c`, `x5u`), are not looked at.
#[derive(Deserialize)]
struct Header {
    alg: Box<str>,
    kid: Option<Box<str>>,
    /// There, even if it is `null` or empty.
    #[serde(default, deserialize_with = "there")]
    crit: bool,
}

fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// The claims of `token`, if one of `keys` has signed them.
pub(super) fn claims(token: &str, keys: &JwtKeys) -> Result<Map<String, Value>, JwtError> {
    let (message, signature) = token.rsplit_once('.').ok_or(PARTS)?;
    let (header, payload) = message.split_once('.').ok_or(PARTS)?;
    if payload.contains('.') {
        return Err(PARTS);
    }
    let header = decoded(header)?;
    // An array of the same values would be read as well, and is none.
    if !header.trim_ascii_start().starts_with(b"{") {
        return Err(HEADER);
    }
    let header: Header = serde_json::from_slice(&header).map_err(|_| HEADER)?;
    if header.crit {
        return Err(JwtError::Critical);
    }
    let algorithm = JwtAlgorithm::of_name(&header.alg).ok_or(JwtError::UnsupportedAlgorithm)?;
    let key = keys.find(header.kid.as_deref(), algorithm)?;
    if !key.has_signed(message.as_bytes(), &decoded(signature)?) {
        return Err(JwtError::BadSignature);
    }
    serde_json::from_slice(&decoded(payload)?).map_err(|_| JwtError::Malformed {
        problem: "its claims are no JSON object",
    })
}

const PARTS: JwtError = JwtError::Malformed {
    problem: "it does not have three parts",
};

const HEADER: JwtError = JwtError::Malformed {
    problem: "its header can't be read",
};

/// The bytes of a part: base64url, with no padding and no other way to write the same.
fn decoded(part: &str) -> Result<Vec<u8>, JwtError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| JwtError::Malformed {
            problem: "a part is not in base64url",
        })
}
