//! Passwords: a slow check once, and a quick one from then on.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use super::Who;
use super::alike::{Alike, Tag, Turn};
use crate::error::BuildError;

/// Slow checks that run at a time: each takes 19 MiB, and a core for some 20 ms.
const AT_ONCE: usize = 2;
/// How long a check may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// See the module's page.
pub(super) struct Passwords {
    known: Vec<Known>,
    /// Of this process, so that what is remembered is of no use elsewhere.
    key: [u8; 32],
    turns: Arc<Semaphore>,
    alike: Alike,
}

struct Known {
    hash: Arc<PasswordHash>,
    who: Who,
    /// What a right `name:password` comes to under the key, once it was given.
    remembered: Mutex<Option<Tag>>,
}

/// Too many are being checked.
#[derive(Debug)]
pub(super) struct Busy;

impl Passwords {
    pub(super) fn new(known: Vec<(Box<PasswordHash>, Who)>) -> Result<Self, BuildError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|_| BuildError::NoRandomness)?;
        let known = known.into_iter().map(|(hash, who)| Known {
            hash: Arc::from(hash),
            who,
            remembered: Mutex::new(None),
        });
        Ok(Self {
            known: known.collect(),
            key,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            alike: Alike::default(),
        })
    }

    /// Whose `name:password` this is, if it was right before. All are compared, so that the time tells nothing.
    pub(super) fn remembered(&self, pair: &[u8]) -> Option<Who> {
        let tag = self.tag(pair)?;
        let mut found = None;
        for known in &self.known {
            let remembered = *known
                .remembered
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let same = remembered.unwrap_or_default().ct_eq(&tag);
            if remembered.is_some() && bool::from(same) {
                found = Some(&known.who);
            }
        }
        found.cloned()
    }

    /// Waits until nobody else's request with the same `name:password` is looked at.
    pub(super) async fn turn(&self, pair: &[u8]) -> Option<Turn> {
        Some(self.alike.turn(self.tag(pair)?).await)
    }

    /// Whose `name:password` this is; slow on purpose, whether or not there is such a name.
    pub(super) async fn check(&self, pair: Vec<u8>) -> Result<Option<Who>, Busy> {
        let colon = pair.iter().position(|byte| *byte == b':');
        let (name, _) = pair.split_at(colon.unwrap_or_default());
        let named = self
            .known
            .iter()
            .find(|known| known.who.name.as_bytes() == name);
        // For a name that nobody has, somebody else's hash is computed, and what comes out forgotten.
        let Some(tested) = named.or(self.known.first()) else {
            return Ok(None);
        };
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = tokio::time::timeout(PATIENCE, turn).await;
        let Ok(Ok(turn)) = turn else { return Err(Busy) };
        let hash = Arc::clone(&tested.hash);
        let tag = self.tag(&pair);
        let check = move || {
            let password = pair.get(colon.unwrap_or_default().saturating_add(1)..);
            let right = Argon2::default().verify_password(password.unwrap_or_default(), &*hash);
            drop(turn);
            right.is_ok()
        };
        let right = tokio::task::spawn_blocking(check).await.unwrap_or(false);
        let Some(known) = named.filter(|_| right) else {
            return Ok(None);
        };
        *known
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = tag;
        Ok(Some(known.who.clone()))
    }

    /// What a `name:password` is remembered as.
    fn tag(&self, pair: &[u8]) -> Option<Tag> {
        // A key of any length will do.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(pair);
        Some(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self
            .known
            .iter()
            .map(|known| known.who.name.as_str())
            .collect();
        f.debug_struct("Passwords")
            .field("names", &names)
            .finish_non_exhaustive()
    }
}
