//! Who is let in: credentials, checked so that neither time nor number of tries helps a guesser.

mod alike;
mod passwords;
mod peer;
mod tries;

use std::time::Duration;

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

pub use self::peer::Peer;

use self::passwords::{Busy, Passwords};
use self::tries::Tries;
use crate::credential::{Credential, Role, Secret};
use crate::error::BuildError;
use crate::problem::Problem;

/// The longest value of `Authorization` that is looked at.
const MOST_BYTES: usize = 4_096;

/// Who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) role: Role,
}

impl Who {
    fn of(credential: &Credential) -> Self {
        Self {
            name: credential.name().to_owned(),
            role: credential.role(),
        }
    }
}

/// See the module's page.
#[derive(Debug)]
pub(crate) struct Guard {
    tokens: Vec<([u8; 32], Who)>,
    passwords: Passwords,
    tries: Tries,
}

impl Guard {
    pub(crate) fn new(credentials: Vec<Credential>) -> Result<Self, BuildError> {
        if credentials.is_empty() {
            return Err(BuildError::NoCredential);
        }
        let mut names: Vec<&str> = credentials.iter().map(Credential::name).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair.first() == pair.last()) {
            let name = twice.first().copied().unwrap_or_default();
            return Err(BuildError::NameTwice(name.to_owned()));
        }
        let (mut tokens, mut passwords) = (Vec::new(), Vec::new());
        for credential in credentials {
            let who = Who::of(&credential);
            match credential.secret {
                Secret::Token(digest) => tokens.push((digest, who)),
                Secret::Password(hash) => passwords.push((hash, who)),
            }
        }
        Ok(Self {
            tokens,
            passwords: Passwords::new(passwords)?,
            tries: Tries::default(),
        })
    }

    /// Who it is that sends these headers.
    pub(crate) async fn admit(&self, headers: &HeaderMap, peer: Peer) -> Result<Who, Problem> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let refused = |detail| Err(unauthorized(headers, detail));
        let Some(value) = given.next() else {
            return refused("this needs a credential");
        };
        let given = match given.next() {
            None => Given::of(value.as_bytes()),
            Some(_) => Given::Neither,
        };
        // What is known to be right is let in however many others try from there.
        let known = match &given {
            Given::Token(token) => self.holder(token),
            Given::Password(pair) => self.passwords.remembered(pair),
            Given::Neither => None,
        };
        if let Some(who) = known {
            return Ok(who);
        }
        let _turn = match &given {
            Given::Password(pair) => {
                let turn = self.passwords.turn(pair).await;
                // By now it may have been looked at.
                if let Some(who) = self.passwords.remembered(pair) {
                    return Ok(who);
                }
                turn
            }
            Given::Token(_) | Given::Neither => None,
        };
        if let Err(wait) = self.tries.begin(peer) {
            return Err(too_many(wait));
        }
        let Given::Password(pair) = given else {
            return refused("this credential is not known");
        };
        match self.passwords.check(pair).await {
            Ok(Some(who)) => {
                self.tries.forgive(peer);
                Ok(who)
            }
            Ok(None) => refused("this credential is not known"),
            Err(Busy) => {
                self.tries.forgive(peer);
                let detail = "too many passwords are being checked";
                Err(Problem::unavailable(detail, Some(Duration::from_secs(1))))
            }
        }
    }

    /// Whose token it is. All are compared, so that the time tells nothing of which.
    fn holder(&self, token: &[u8]) -> Option<Who> {
        let digest = Sha256::digest(token);
        let mut found = None;
        for (known, who) in &self.tokens {
            let same: Choice = known.as_slice().ct_eq(digest.as_slice());
            if bool::from(same) {
                found = Some(who);
            }
        }
        found.cloned()
    }
}

/// What a value of `Authorization` has in it.
#[derive(Debug)]
enum Given {
    Token(Vec<u8>),
    /// `name:password`.
    Password(Vec<u8>),
    Neither,
}

impl Given {
    fn of(value: &[u8]) -> Self {
        if value.len() > MOST_BYTES {
            return Self::Neither;
        }
        let Some(space) = value.iter().position(|byte| *byte == b' ') else {
            return Self::Neither;
        };
        let (scheme, rest) = value.split_at(space);
        let rest = rest.trim_ascii();
        if scheme.eq_ignore_ascii_case(b"Bearer") {
            return Self::Token(rest.to_vec());
        }
        if !scheme.eq_ignore_ascii_case(b"Basic") {
            return Self::Neither;
        }
        match BASE64_STANDARD.decode(rest) {
            Ok(pair) if pair.contains(&b':') => Self::Password(pair),
            Ok(_) | Err(_) => Self::Neither,
        }
    }
}

fn unauthorized(headers: &HeaderMap, detail: &str) -> Problem {
    let bearer = HeaderValue::from_static("Bearer realm=\"tollgate\"");
    let basic = HeaderValue::from_static("Basic realm=\"tollgate\", charset=\"UTF-8\"");
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail);
    // Offered Basic, a browser would ask for a password in a window of its own, before the page hears of it.
    let by_script = headers
        .get("sec-fetch-dest")
        .is_some_and(|dest| dest == "empty");
    let problem = if by_script {
        problem
    } else {
        problem.with_header(WWW_AUTHENTICATE, basic)
    };
    problem.with_header(WWW_AUTHENTICATE, bearer)
}

fn too_many(wait: Duration) -> Problem {
    let detail = "too many wrong credentials from this address";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-tries", detail).retry_after(wait)
}

#[cfg(test)]
mod tests;
