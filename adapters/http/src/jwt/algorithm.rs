//! Which signatures there are, and what each wants for a key.

use std::fmt;

use jsonwebtoken::Algorithm;

/// A signature algorithm of RFC 7518 §3 or RFC 8037.
///
/// `none` is not among them, and neither is anything else that could not be checked: there is no way to
/// ask for a token without a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256, over a shared secret of at least 32 bytes.
    Hs256,
    /// HMAC with SHA-384, over a shared secret of at least 48 bytes.
    Hs384,
    /// HMAC with SHA-512, over a shared secret of at least 64 bytes.
    Hs512,
    /// RSA, PKCS #1 v1.5, with SHA-256.
    Rs256,
    /// RSA, PKCS #1 v1.5, with SHA-384.
    Rs384,
    /// RSA, PKCS #1 v1.5, with SHA-512.
    Rs512,
    /// RSA-PSS with SHA-256.
    Ps256,
    /// RSA-PSS with SHA-384.
    Ps384,
    /// RSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519. Tokens may call it `EdDSA` (RFC 8037) or `Ed25519` (RFC 9864).
    EdDsa,
}

/// What kind of key an algorithm wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Hmac,
    Rsa,
    Ec,
    Ed,
}

impl JwtAlgorithm {
    const ALL: [Self; 12] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// Its name in the `alg` of a token or of a JWK: `RS256`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of this name; names have case, so that `none`, `None` and `rs256` are all nothing.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|algorithm| algorithm.as_str() == name)
            .or((name == "Ed25519").then_some(Self::EdDsa))
    }

    pub(super) const fn family(self) -> Family {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Family::Hmac,
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                Family::Rsa
            }
            Self::Es256 | Self::Es384 => Family::Ec,
            Self::EdDsa => Family::Ed,
        }
    }

    /// The least bytes of a secret: as many as the hash has (RFC 7518 §3.2).
    pub(super) const fn least_secret(self) -> usize {
        match self {
            Self::Hs384 => 48,
            Self::Hs512 => 64,
            Self::Hs256
            | Self::Rs256
            | Self::Rs384
            | Self::Rs512
            | Self::Ps256
            | Self::Ps384
            | Self::Ps512
            | Self::Es256
            | Self::Es384
            | Self::EdDsa => 32,
        }
    }

    pub(super) const fn native(self) -> Algorithm {
        match self {
            Self::Hs256 => Algorithm::HS256,
            Self::Hs384 => Algorithm::HS384,
            Self::Hs512 => Algorithm::HS512,
            Self::Rs256 => Algorithm::RS256,
            Self::Rs384 => Algorithm::RS384,
            Self::Rs512 => Algorithm::RS512,
            Self::Ps256 => Algorithm::PS256,
            Self::Ps384 => Algorithm::PS384,
            Self::Ps512 => Algorithm::PS512,
            Self::Es256 => Algorithm::ES256,
            Self::Es384 => Algorithm::ES384,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }
}

impl fmt::Display for JwtAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_is_found_by_its_name_and_jsonwebtoken_calls_it_the_same() {
        for algorithm in JwtAlgorithm::ALL {
            let name = algorithm.as_str();
            assert_eq!(JwtAlgorithm::of_name(name), Some(algorithm));
            assert_eq!(name.parse(), Ok(algorithm.native()));
        }
        assert_eq!(JwtAlgorithm::of_name("Ed25519"), Some(JwtAlgorithm::EdDsa));
    }

    #[test]
    fn names_have_case_and_none_is_no_algorithm() {
        for name in [
            "none", "None", "NONE", "nOnE", "", "rs256", "RS256 ", "ES512", "RSA-OAEP",
        ] {
            assert_eq!(JwtAlgorithm::of_name(name), None, "{name}");
        }
    }
}
