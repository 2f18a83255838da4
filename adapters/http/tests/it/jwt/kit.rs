//! An issuer of tokens, honest and otherwise: it signs any header over any claims.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
    RsaPublicKeyComponents,
};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate_http::jwt::{JwtAlgorithm, JwtKey, JwtKeys, JwtVerifier, JwtVerifierBuilder};

pub(crate) const SECRET: &[u8] =
    b"a secret of 64 bytes, which is as much as any of the hashes need";

/// Seconds since 1970, on the clock of all verifiers here.
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

/// Something that signs.
pub(crate) struct Issuer {
    pub(crate) algorithm: JwtAlgorithm,
    /// What it signs with, for verifiers: DER, or the secret.
    pub(crate) public: Vec<u8>,
    /// The same as a JWK without `kid` and `alg`.
    pub(crate) jwk: Value,
    sign: Box<Sign>,
}

type Sign = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

impl Issuer {
    pub(crate) fn hmac(algorithm: JwtAlgorithm, secret: &[u8]) -> Self {
        let native = match algorithm {
            JwtAlgorithm::Hs384 => hmac::HMAC_SHA384,
            JwtAlgorithm::Hs512 => hmac::HMAC_SHA512,
            _ => hmac::HMAC_SHA256,
        };
        let key = hmac::Key::new(native, secret);
        Self {
            algorithm,
            public: secret.to_owned(),
            jwk: json!({"kty": "oct", "alg": algorithm.as_str(), "k": base64url(secret)}),
            sign: Box::new(move |message| hmac::sign(&key, message).as_ref().to_owned()),
        }
    }

    /// All RSA issuers have the same key: making one takes long.
    pub(crate) fn rsa(algorithm: JwtAlgorithm) -> Self {
        static KEY: LazyLock<RsaKeyPair> =
            LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
        let native: &'static dyn RsaEncoding = match algorithm {
            JwtAlgorithm::Rs384 => &RSA_PKCS1_SHA384,
            JwtAlgorithm::Rs512 => &RSA_PKCS1_SHA512,
            JwtAlgorithm::Ps256 => &RSA_PSS_SHA256,
            JwtAlgorithm::Ps384 => &RSA_PSS_SHA384,
            JwtAlgorithm::Ps512 => &RSA_PSS_SHA512,
            _ => &RSA_PKCS1_SHA256,
        };
        let RsaPublicKeyComponents { n, e } = KEY.public_key().into();
        Self {
            algorithm,
            public: KEY.public_key().as_der().unwrap().as_ref().to_owned(),
            jwk: json!({"kty": "RSA", "n": base64url(&n), "e": base64url(&e)}),
            sign: Box::new(move |message| {
                let mut signature = vec![0; KEY.public_modulus_len()];
                KEY.sign(native, &SystemRandom::new(), message, &mut signature)
                    .unwrap();
                signature
            }),
        }
    }

    pub(crate) fn ec(algorithm: JwtAlgorithm) -> Self {
        let (native, curve): (&'static EcdsaSigningAlgorithm, _) = match algorithm {
            JwtAlgorithm::Es384 => (&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
            _ => (&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
        };
        let key = EcdsaKeyPair::generate(native).unwrap();
        let point = key.public_key().as_ref()[1..].to_owned();
        let (x, y) = point.split_at(point.len() / 2);
        Self {
            algorithm,
            public: key.public_key().as_der().unwrap().as_ref().to_owned(),
            jwk: json!({"kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y)}),
            sign: Box::new(move |message| {
                let signature = key.sign(&SystemRandom::new(), message).unwrap();
                signature.as_ref().to_owned()
            }),
        }
    }

    pub(crate) fn ed() -> Self {
        let key = Ed25519KeyPair::generate().unwrap();
        let public = key.public_key().as_ref().to_owned();
        Self {
            algorithm: JwtAlgorithm::EdDsa,
            jwk: json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(&public)}),
            public: key.public_key().as_der().unwrap().as_ref().to_owned(),
            sign: Box::new(move |message| key.sign(message).as_ref().to_owned()),
        }
    }

    /// One issuer for every algorithm that there is.
    pub(crate) fn all() -> Vec<Self> {
        use JwtAlgorithm as A;
        let hmac = [A::Hs256, A::Hs384, A::Hs512].map(|each| Self::hmac(each, SECRET));
        let rsa = [A::Rs256, A::Rs384, A::Rs512, A::Ps256, A::Ps384, A::Ps512].map(Self::rsa);
        let ec = [A::Es256, A::Es384].map(Self::ec);
        hmac.into_iter()
            .chain(rsa)
            .chain(ec)
            .chain([Self::ed()])
            .collect()
    }

    /// The key that checks what it signs.
    pub(crate) fn key(&self) -> JwtKey {
        match self.algorithm {
            JwtAlgorithm::Hs256 | JwtAlgorithm::Hs384 | JwtAlgorithm::Hs512 => {
                JwtKey::secret(self.algorithm, &self.public).unwrap()
            }
            _ => JwtKey::der(self.algorithm, &self.public).unwrap(),
        }
    }

    pub(crate) fn pem(&self) -> String {
        let base64 = STANDARD.encode(&self.public);
        let lines: Vec<_> = base64
            .as_bytes()
            .chunks(64)
            .map(|line| str::from_utf8(line).unwrap())
            .collect();
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            lines.join("\n")
        )
    }

    /// Its JWK with this `kid`.
    pub(crate) fn jwk_named(&self, kid: &str) -> Value {
        let mut jwk = self.jwk.clone();
        jwk["kid"] = json!(kid);
        jwk["alg"] = json!(self.algorithm.as_str());
        jwk
    }

    /// A token with its own `alg` and these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(
            &json!({"alg": self.algorithm.as_str(), "typ": "JWT"}),
            claims,
        )
    }

    /// A token that names the key.
    pub(crate) fn token_named(&self, kid: &str, claims: &Value) -> String {
        self.token_with(&json!({"alg": self.algorithm.as_str(), "kid": kid}), claims)
    }

    /// A token with this header, signed in its own way whatever the header says.
    pub(crate) fn token_with(&self, header: &Value, claims: &Value) -> String {
        self.signed(&header.to_string(), &claims.to_string())
    }

    /// A token of these texts.
    pub(crate) fn signed(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", base64url(header), base64url(claims));
        let signature = base64url((self.sign)(message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// What it makes of any bytes.
    pub(crate) fn signature(&self, message: &str) -> String {
        base64url((self.sign)(message.as_bytes()))
    }

    /// A verifier that knows this issuer's key only.
    pub(crate) fn verifier(&self) -> JwtVerifier {
        builder([self.key()]).build()
    }
}

/// A verifier with these keys, at [`NOW`].
pub(crate) fn builder(keys: impl IntoIterator<Item = JwtKey>) -> JwtVerifierBuilder {
    JwtVerifier::builder(JwtKeys::new(keys).unwrap()).clock(now)
}

/// The claims of a good token for `acme`.
pub(crate) fn good() -> Value {
    json!({"tenant_id": "acme", "exp": NOW + 300, "sub": "alice"})
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A JWK Set.
pub(crate) fn jwks(keys: impl IntoIterator<Item = Value>) -> String {
    json!({"keys": keys.into_iter().collect::<Vec<_>>()}).to_string()
}

/// A name for a file that no other test has.
pub(crate) fn file_name(text: &str) -> std::path::PathBuf {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    let name = format!(
        "tollgate-jwks-{}-{}",
        std::process::id(),
        base64url(&hash.as_ref()[..9])
    );
    std::env::temp_dir().join(name)
}
