//! The cache in Redis, for all processes together.

mod builder;
mod fuse;
mod link;
mod names;
mod scripts;

use std::sync::Arc;
use std::time::Duration;

use redis::{ErrorKind, FromRedisValue, RedisError, Script, ScriptInvocation, ServerErrorKind};
use tokio::time::timeout;
use tollgate::TenantId;

pub use self::builder::RedisBuilder;
use self::fuse::Fuse;
use self::link::Link;
use self::names::Prefix;
use self::scripts::Scripts;
use crate::bound::{Bound, NUMBER_LEN, Usage};
use crate::error::CacheError;
use crate::key::Key;
use crate::ttl::Ttl;

/// # Concurrency
/// All calls share one connection, on which none waits for another's answer before it asks.
#[derive(Debug)]
pub(crate) struct Remote {
    link: Link,
    fuse: Fuse,
    scripts: Scripts,
    prefix: Prefix,
    bound: Bound,
    timeout: Duration,
}

/// Whether a call may be made twice when a connection breaks before the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Fine,
    Never,
}

/// A call to be: which script, about what.
struct Ask<'a> {
    doing: &'static str,
    script: &'a Script,
    tenant: &'a TenantId,
    key: Option<Key<'a>>,
    args: &'a [&'a [u8]],
    again: Again,
}

impl<'a> Ask<'a> {
    fn about(
        doing: &'static str,
        script: &'a Script,
        tenant: &'a TenantId,
        key: Option<Key<'a>>,
    ) -> Self {
        Self {
            doing,
            script,
            tenant,
            key,
            args: &[],
            again: Again::Fine,
        }
    }
}

impl Remote {
    fn new(link: Link, prefix: Prefix, bound: Bound, timeout: Duration) -> Self {
        Self {
            link,
            fuse: Fuse::default(),
            scripts: Scripts::new(),
            prefix,
            bound,
            timeout,
        }
    }

    pub(crate) async fn get(
        &self,
        tenant: &TenantId,
        key: Key<'_>,
    ) -> Result<Option<Arc<[u8]>>, CacheError> {
        let ask = Ask::about("get", &self.scripts.get, tenant, Some(key));
        let value: Option<Vec<u8>> = self.call(ask).await?;
        Ok(value.map(Into::into))
    }

    pub(crate) async fn set(
        &self,
        tenant: &TenantId,
        key: Key<'_>,
        value: &[u8],
        ttl: Ttl,
    ) -> Result<(), CacheError> {
        let size = self.bound.admit(tenant, key, value.len())?;
        let (ttl, size) = (ttl.as_millis().to_string(), size.to_string());
        let bound = self.bound.bytes().to_string();
        let args = [ttl.as_bytes(), size.as_bytes(), bound.as_bytes(), value];
        let ask = Ask {
            args: &args,
            ..Ask::about("set", &self.scripts.set, tenant, Some(key))
        };
        self.call(ask).await
    }

    pub(crate) async fn delete(&self, tenant: &TenantId, key: Key<'_>) -> Result<bool, CacheError> {
        let ask = Ask::about("delete", &self.scripts.delete, tenant, Some(key));
        self.call(ask).await
    }

    pub(crate) async fn incr(
        &self,
        tenant: &TenantId,
        key: Key<'_>,
        by: i64,
        ttl: Ttl,
    ) -> Result<i64, CacheError> {
        self.bound.admit(tenant, key, NUMBER_LEN)?;
        let rest = self.bound.admit(tenant, key, 0)?.to_string();
        let (ttl, bound) = (ttl.as_millis().to_string(), self.bound.bytes().to_string());
        let add = by.to_string();
        let args = [
            ttl.as_bytes(),
            rest.as_bytes(),
            bound.as_bytes(),
            add.as_bytes(),
        ];
        let ask = Ask {
            args: &args,
            again: Again::Never,
            ..Ask::about("incr", &self.scripts.incr, tenant, Some(key))
        };
        let answer: String = self.call(ask).await?;
        let (tenant, key) = (tenant.clone(), key.as_str().to_owned());
        match answer.parse() {
            Ok(sum) => Ok(sum),
            Err(_) if answer == "overflow" => Err(CacheError::Overflow { tenant, key, by }),
            Err(_) => Err(CacheError::NotANumber { tenant, key }),
        }
    }

    pub(crate) async fn ttl(
        &self,
        tenant: &TenantId,
        key: Key<'_>,
    ) -> Result<Option<Duration>, CacheError> {
        let ask = Ask::about("ttl", &self.scripts.ttl, tenant, Some(key));
        let millis: i64 = self.call(ask).await?;
        let left = u64::try_from(millis).ok().filter(|&left| left > 0);
        Ok(left.map(Duration::from_millis))
    }

    pub(crate) async fn clear(&self, tenant: &TenantId) -> Result<(), CacheError> {
        let ask = Ask::about("clear", &self.scripts.clear, tenant, None);
        self.call(ask).await
    }

    pub(crate) async fn usage(&self, tenant: &TenantId) -> Result<Usage, CacheError> {
        let ask = Ask::about("usage", &self.scripts.usage, tenant, None);
        let (entries, bytes) = self.call(ask).await?;
        Ok(Usage { entries, bytes })
    }

    pub(crate) async fn check(&self) -> Result<(), CacheError> {
        let script = self.scripts.check.prepare_invoke();
        let about: String = self.run("check", script, Again::Fine).await?;
        if about.lines().any(|line| line == "cluster_enabled:1") {
            return Err(CacheError::Cluster);
        }
        Ok(())
    }

    async fn call<R: FromRedisValue>(&self, ask: Ask<'_>) -> Result<R, CacheError> {
        let home = self.prefix.home(ask.tenant);
        let mut script = ask.script.prepare_invoke();
        for part in self.prefix.index(ask.tenant) {
            script.key(part);
        }
        if let Some(key) = ask.key {
            script.key(format!("{home}{}", key.as_str()));
        }
        script.arg(home);
        if let Some(key) = ask.key {
            script.arg(key.as_str());
        }
        for &arg in ask.args {
            script.arg(arg);
        }
        self.run(ask.doing, script, ask.again).await
    }

    async fn run<R: FromRedisValue>(
        &self,
        doing: &'static str,
        script: ScriptInvocation<'_>,
        again: Again,
    ) -> Result<R, CacheError> {
        if !self.fuse.lets_through() {
            return Err(CacheError::NotAsked { doing });
        }
        let invoke = async {
            let mut connection = self.link.connection()?;
            let first = script.invoke_async(&mut connection).await;
            match first {
                // Redis was away at some time before, and is perhaps back: the connection learns of either only by a call.
                Err(error) if may_be_repeated(&error, again) => {
                    script.invoke_async(&mut connection).await
                }
                done => done,
            }
        };
        let answer = timeout(self.timeout, invoke).await;
        match &answer {
            Ok(_) => self.fuse.answered(),
            Err(_) => self.fuse.unanswered(),
        }
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(cause)) if is_of_a_cluster(&cause) => Err(CacheError::Cluster),
            Ok(Err(cause)) => Err(CacheError::Redis { doing, cause }),
            Err(_) => Err(CacheError::TimedOut {
                doing,
                limit: self.timeout,
            }),
        }
    }
}

/// A refused connection has carried nothing; what a broken one has done, nobody knows.
fn may_be_repeated(error: &RedisError, again: Again) -> bool {
    error.is_connection_refusal() || (error.is_connection_dropped() && again == Again::Fine)
}

fn is_of_a_cluster(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::CrossSlot) || error.is_cluster_error()
}

/// Whether this passes: the connection, and what Redis says while it starts, is short of something, or hands over.
pub(crate) fn is_passing(error: &RedisError) -> bool {
    error.is_io_error()
        || error.code().is_some_and(|code| {
            [
                "LOADING",
                "MASTERDOWN",
                "READONLY",
                "BUSY",
                "OOM",
                "MISCONF",
                "NOREPLICAS",
            ]
            .contains(&code)
        })
}
