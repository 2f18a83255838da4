//! Shards and pins at one moment, of which readers see one or the next, never a mixture.

use std::collections::HashMap;
use std::sync::Arc;

use tollgate::TenantId;

use super::placement::{Tickets, place};
use super::{MOST_WEIGHT, ShardError};
use crate::TenantDb;
use crate::tenant_db::Backend;

pub(crate) struct Map<DB: Backend> {
    /// There is always one.
    first: Shard<DB>,
    rest: Vec<Shard<DB>>,
    pins: HashMap<TenantId, Arc<str>>,
}

pub(crate) struct Shard<DB: Backend> {
    tickets: Tickets,
    pub(crate) db: TenantDb<DB>,
}

impl<DB: Backend> Shard<DB> {
    pub(crate) fn new(name: &str, weight: u16, db: TenantDb<DB>) -> Result<Self, ShardError> {
        if name.is_empty() || name.len() > 255 || name.contains('\0') {
            return Err(ShardError::Name(name.to_owned()));
        }
        if !(1..=MOST_WEIGHT).contains(&weight) {
            return Err(ShardError::Weight {
                shard: name.into(),
                weight,
                most: MOST_WEIGHT,
            });
        }
        let tickets = Tickets::new(name.into(), weight);
        Ok(Self { tickets, db })
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        self.tickets.name()
    }
}

impl<DB: Backend> Map<DB> {
    pub(crate) fn of(first: Shard<DB>) -> Self {
        Self {
            first,
            rest: Vec::new(),
            pins: HashMap::new(),
        }
    }

    pub(crate) fn shard_of(&self, tenant: &TenantId) -> &Shard<DB> {
        let pinned = self.pins.get(tenant).and_then(|name| self.named(name));
        pinned.unwrap_or_else(|| place(tenant, &self.first, &self.rest, |shard| &shard.tickets))
    }

    pub(crate) fn shards(&self) -> impl Iterator<Item = &Shard<DB>> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    fn named(&self, name: &str) -> Option<&Shard<DB>> {
        self.shards().find(|shard| shard.name().as_ref() == name)
    }

    pub(crate) fn pins(&self) -> &HashMap<TenantId, Arc<str>> {
        &self.pins
    }

    pub(crate) fn add(&mut self, shard: Shard<DB>) -> Result<(), ShardError> {
        if self.named(shard.name()).is_some() {
            return Err(ShardError::Twice(Arc::clone(shard.name())));
        }
        self.rest.push(shard);
        Ok(())
    }

    pub(crate) fn remove(&mut self, name: &str) -> Result<(), ShardError> {
        let name = self.known(name)?;
        if let Some(tenant) = self.pinned_to(&name) {
            let tenant = tenant.clone();
            return Err(ShardError::Pinned {
                shard: name,
                tenant,
            });
        }
        if *self.first.name() == name {
            let next = self.rest.pop().ok_or(ShardError::None)?;
            self.first = next;
        } else {
            self.rest.retain(|shard| *shard.name() != name);
        }
        Ok(())
    }

    /// The lowest, so that the same map tells of the same.
    fn pinned_to(&self, name: &Arc<str>) -> Option<&TenantId> {
        let pinned = self.pins.iter().filter(|(_, shard)| *shard == name);
        pinned.map(|(tenant, _)| tenant).min()
    }

    pub(crate) fn pin(&mut self, tenant: TenantId, name: &str) -> Result<(), ShardError> {
        let name = self.known(name)?;
        self.pins.insert(tenant, name);
        Ok(())
    }

    pub(crate) fn unpin(&mut self, tenant: &TenantId) {
        self.pins.remove(tenant);
    }

    pub(crate) fn unpin_all(&mut self) {
        self.pins.clear();
    }

    /// The name as the shard has it.
    fn known(&self, name: &str) -> Result<Arc<str>, ShardError> {
        let found = self.named(name).map(|shard| Arc::clone(shard.name()));
        found.ok_or_else(|| ShardError::Unknown {
            name: name.to_owned(),
            known: self.names(),
        })
    }

    /// In the order of the names.
    fn names(&self) -> Vec<Arc<str>> {
        let mut names: Vec<_> = self
            .shards()
            .map(|shard| Arc::clone(shard.name()))
            .collect();
        names.sort_unstable();
        names
    }
}

impl<DB: Backend> Clone for Map<DB> {
    fn clone(&self) -> Self {
        Self {
            first: self.first.clone(),
            rest: self.rest.clone(),
            pins: self.pins.clone(),
        }
    }
}

impl<DB: Backend> Clone for Shard<DB> {
    fn clone(&self) -> Self {
        Self {
            tickets: self.tickets.clone(),
            db: self.db.clone(),
        }
    }
}
