//! Whose an API key is. Only digests are kept: neither the file nor the memory has a key.

use std::collections::HashMap;
use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use tollgate::TenantId;

/// Tenants by the SHA-256 of their API keys.
///
/// A key is looked up by its digest, so that the time it takes tells nothing of other keys. Keys are random and long:
/// a plain digest is enough, where a password would need a slow one.
#[derive(Default)]
pub(crate) struct ApiKeys(HashMap<Digest, TenantId>);

type Digest = [u8; 32];

/// The file: `{"keys": [{"sha256": "…64 hex digits…", "tenant": "acme"}]}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    keys: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    sha256: String,
    tenant: TenantId,
    /// For people.
    #[serde(default, rename = "note")]
    _note: String,
}

impl ApiKeys {
    /// The keys of a file.
    ///
    /// # Errors
    /// What is wrong with the first entry that is wrong: the digest, the tenant, or that it is there twice.
    pub(crate) fn from_json(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut keys = Self::default();
        for Entry { sha256, tenant, .. } in file.keys {
            let digest = from_hex(&sha256)
                .ok_or_else(|| format!("sha256 {sha256:?}: must be 64 hexadecimal digits"))?;
            if keys.0.insert(digest, tenant).is_some() {
                return Err(format!("sha256 {sha256:?}: is there twice"));
            }
        }
        Ok(keys)
    }

    /// # Errors
    /// A key is of none of these tenants, or there is none at all.
    pub(crate) fn all_of(&self, tenants: &[TenantId]) -> Result<(), String> {
        if self.0.is_empty() {
            return Err("keys: must have at least one".to_owned());
        }
        let mut owners: Vec<_> = self.0.values().collect();
        owners.sort_unstable();
        match owners.into_iter().find(|owner| !tenants.contains(owner)) {
            Some(owner) => Err(format!(
                "tenant {owner:?}: is not among the tenants",
                owner = owner.as_str()
            )),
            None => Ok(()),
        }
    }

    /// Adds a key.
    pub(crate) fn add(&mut self, key: &str, tenant: TenantId) {
        self.0.insert(of(key), tenant);
    }

    /// Whose the key is.
    pub(crate) fn tenant(&self, key: &str) -> Option<&TenantId> {
        self.0.get(&of(key))
    }
}

fn of(key: &str) -> Digest {
    let mut bytes = Digest::default();
    // Both have the 32 bytes of SHA-256.
    for (byte, digested) in bytes
        .iter_mut()
        .zip(digest(&SHA256, key.as_bytes()).as_ref())
    {
        *byte = *digested;
    }
    bytes
}

fn from_hex(text: &str) -> Option<Digest> {
    let mut bytes = Digest::default();
    if text.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        if pair.starts_with('+') {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKeys({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf %s sk-1 | sha256sum`
    const SK_1: &str = "0f2c10bf3d128c719c6bfa4ecbae94b7fceebaea6e4438fef38a90e5acc326f3";

    fn file(sha256: &str) -> String {
        format!(r#"{{"keys": [{{"sha256": "{sha256}", "tenant": "acme", "note": "ci"}}]}}"#)
    }

    #[test]
    fn a_key_is_found_by_its_digest_as_sha256sum_tells_it() {
        let keys = ApiKeys::from_json(&file(SK_1)).unwrap();
        assert_eq!(keys.tenant("sk-1").unwrap().as_str(), "acme");
        assert!(keys.tenant("sk-2").is_none() && keys.tenant("").is_none());
        assert!(keys.tenant(SK_1).is_none(), "a digest is no key");
    }

    #[test]
    fn what_is_no_digest_or_is_there_twice_is_refused() {
        for bad in [
            "",
            "abc",
            &SK_1[1..],
            &SK_1.replace('0', "g"),
            &SK_1.replacen("0f", "+f", 1),
        ] {
            assert!(
                ApiKeys::from_json(&file(bad))
                    .unwrap_err()
                    .contains("64 hexadecimal")
            );
        }
        let entry = format!(r#"{{"sha256": "{SK_1}", "tenant": "acme"}}"#);
        let twice = format!(r#"{{"keys": [{entry}, {entry}]}}"#);
        assert!(ApiKeys::from_json(&twice).unwrap_err().contains("twice"));
        assert!(ApiKeys::from_json(r#"{"keys": [], "kyes": []}"#).is_err());
    }
}
