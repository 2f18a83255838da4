//! The operators' name and password.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use subtle::ConstantTimeEq;

/// A name and a password, as `name:password`.
#[derive(Clone)]
pub(crate) struct Credential(String);

impl Credential {
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((name, password)) if !name.is_empty() && !password.is_empty() => {
                Ok(Self(text.to_owned()))
            }
            Some(_) | None => Err("must be name:password, neither of them empty".to_owned()),
        }
    }

    /// Whether this value of `Authorization` has it. How long that takes tells its length at most, and not how much of
    /// a guess was right.
    pub(super) fn is_in(&self, header: &[u8]) -> bool {
        let Some((scheme, encoded)) = header.split_at_checked(6) else {
            return false;
        };
        if !scheme.eq_ignore_ascii_case(b"Basic ") {
            return false;
        }
        BASE64_STANDARD
            .decode(encoded.trim_ascii())
            .is_ok_and(|given| given.ct_eq(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_credential_will_do() {
        let credential = Credential::new("root:pa:ss").unwrap();
        let header = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
        assert!(credential.is_in(header("root:pa:ss").as_bytes()));
        assert!(credential.is_in(header("root:pa:ss").replace("Basic", "basic").as_bytes()));
        for wrong in [
            "",
            "root",
            "root:",
            "root:pa:s",
            "root:pa:ss ",
            "Root:pa:ss",
        ] {
            assert!(!credential.is_in(header(wrong).as_bytes()), "{wrong:?}");
        }
        for odd in [
            "",
            "Basic",
            "Basic ",
            "Basic ???",
            "Bearer cm9vdDpwYTpzcw==",
        ] {
            assert!(!credential.is_in(odd.as_bytes()), "{odd:?}");
        }
        assert!(!format!("{credential:?}").contains("pa:ss"));
    }

    #[test]
    fn a_credential_with_an_empty_half_is_none() {
        for text in ["", "root", "root:", ":pass"] {
            assert!(Credential::new(text).is_err(), "{text:?}");
        }
    }
}
