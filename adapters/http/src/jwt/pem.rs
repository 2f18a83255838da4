//! Reading a public key's DER out of a PEM file (RFC 7468).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::JwtKeyError;

/// The DER of the one public key in `pem`: `PUBLIC KEY` (X.509's form) or `RSA PUBLIC KEY` (PKCS #1's).
pub(super) fn public_key(pem: &str) -> Result<Vec<u8>, JwtKeyError> {
    let (_, rest) = pem
        .split_once("-----BEGIN ")
        .ok_or(JwtKeyError::Pem("it has no BEGIN line"))?;
    let (label, rest) = rest
        .split_once("-----")
        .ok_or(JwtKeyError::Pem("its BEGIN line does not end"))?;
    if label.ends_with("PRIVATE KEY") {
        return Err(JwtKeyError::Pem(
            "it is a private key, which a verifier must not have",
        ));
    }
    if !matches!(label, "PUBLIC KEY" | "RSA PUBLIC KEY") {
        return Err(JwtKeyError::Pem(
            "it is neither a PUBLIC KEY nor an RSA PUBLIC KEY",
        ));
    }
    let (body, rest) = rest
        .split_once(&format!("-----END {label}-----"))
        .ok_or(JwtKeyError::Pem("it has no END line"))?;
    if rest.contains("-----BEGIN ") {
        return Err(JwtKeyError::Pem("it has more than one key"));
    }
    let base64: String = body.split_ascii_whitespace().collect();
    STANDARD
        .decode(base64)
        .map_err(|_| JwtKeyError::Pem("it is not written in base64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(pem: &str) -> String {
        public_key(pem).unwrap_err().to_string()
    }

    #[test]
    fn the_lines_of_a_public_key_are_its_der() {
        let pem = "a comment\r\n-----BEGIN PUBLIC KEY-----\r\nAQID\r\nBA==\r\n-----END PUBLIC KEY-----\r\n";
        assert_eq!(public_key(pem).unwrap(), [1, 2, 3, 4]);
        let pkcs1 = "-----BEGIN RSA PUBLIC KEY-----\nAQID\n-----END RSA PUBLIC KEY-----";
        assert_eq!(public_key(pkcs1).unwrap(), [1, 2, 3]);
    }

    #[test]
    fn what_is_no_public_key_is_refused_with_the_reason() {
        for (pem, reason) in [
            ("", "no BEGIN line"),
            ("-----BEGIN PUBLIC KEY", "does not end"),
            ("-----BEGIN PUBLIC KEY-----\nAQID", "no END line"),
            (
                "-----BEGIN PUBLIC KEY-----\nAQI\n-----END PUBLIC KEY-----",
                "base64",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----",
                "must not have",
            ),
            (
                "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----",
                "neither",
            ),
        ] {
            assert!(problem(pem).contains(reason), "{pem}: {}", problem(pem));
        }
        let one = "-----BEGIN PUBLIC KEY-----\nAQID\n-----END PUBLIC KEY-----\n";
        assert!(problem(&one.repeat(2)).contains("more than one"));
    }
}
