//! Whatever is lost, repeated or overtaken: no more is held than there is, and nobody holds less than it thinks.

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use tokio::runtime::Handle;
use tollgate::{Account, Claim, InMemoryOrigin, Origin};

use super::kit::{Database, claim};

const HOLDERS: usize = 3;
const CAPACITY: u64 = 40;

/// What happens next. Numbers beyond what there is wrap around.
#[derive(Debug, Clone)]
enum Step {
    /// A holder puts a claim on its way.
    Claim {
        holder: usize,
        least: u64,
        more: u64,
    },
    /// A claim that was put on its way arrives, for the first time or again.
    Arrive { which: usize, answered: bool },
    /// A holder spends of what it holds.
    Spend { holder: usize, amount: u64 },
    /// A holder gives back of what it holds.
    GiveBack { holder: usize, amount: u64 },
    /// What a holder has spent turns out to be less.
    Refund { holder: usize, amount: u64 },
    /// A holder has spent beyond what it holds.
    Owe { holder: usize, amount: u64 },
}

/// What a holder knows.
#[derive(Debug, Default, Clone, Copy)]
struct Holder {
    granted: u64,
    returned: u64,
    spent: u64,
}

impl Holder {
    fn unspent(&self) -> u64 {
        (self.granted - self.returned).saturating_sub(self.spent)
    }
}

#[derive(Default)]
struct World {
    holders: [Holder; HOLDERS],
    sent: Vec<Claim>,
    /// What was spent beyond what was held.
    owed: u64,
}

impl World {
    /// Takes the step; gives the claim that arrives by it.
    fn step(&mut self, step: &Step) -> Option<(Claim, bool)> {
        match *step {
            Step::Claim {
                holder,
                least,
                more,
            } => {
                let known = self.holders[holder];
                let least = known.spent + least;
                self.sent.push(Claim {
                    capacity: CAPACITY,
                    returned: known.returned,
                    spent: known.spent,
                    least,
                    most: least + more,
                    ..claim(u64::try_from(holder).unwrap())
                });
                None
            }
            Step::Arrive { which, answered } => {
                let which = which.checked_rem(self.sent.len())?;
                Some((self.sent[which].clone(), answered))
            }
            Step::Spend { holder, amount } => {
                let holder = &mut self.holders[holder];
                holder.spent += amount.min(holder.unspent());
                None
            }
            Step::GiveBack { holder, amount } => {
                let holder = &mut self.holders[holder];
                holder.returned += amount.min(holder.unspent());
                None
            }
            Step::Refund { holder, amount } => {
                let holder = &mut self.holders[holder];
                holder.spent -= amount.min(holder.spent);
                None
            }
            Step::Owe { holder, amount } => {
                let holder = &mut self.holders[holder];
                if holder.unspent() == 0 {
                    holder.spent += amount;
                    self.owed += amount;
                }
                None
            }
        }
    }

    fn answer(&mut self, claim: &Claim, account: Account) {
        let holder = &mut self.holders[usize::try_from(claim.holder).unwrap()];
        holder.granted = holder.granted.max(account.granted);
    }
}

fn step(debts: bool) -> impl Strategy<Value = Step> {
    let holder = 0..HOLDERS;
    prop_oneof![
        3 => (holder.clone(), 0..20_u64, 0..40_u64)
            .prop_map(|(holder, least, more)| Step::Claim { holder, least, more }),
        5 => (0..1000_usize, any::<bool>())
            .prop_map(|(which, answered)| Step::Arrive { which, answered }),
        3 => (holder.clone(), 1..30_u64)
            .prop_map(|(holder, amount)| Step::Spend { holder, amount }),
        2 => (holder.clone(), 1..30_u64)
            .prop_map(|(holder, amount)| Step::GiveBack { holder, amount }),
        2 => (holder.clone(), 1..30_u64)
            .prop_map(|(holder, amount)| Step::Refund { holder, amount }),
        u32::from(debts) => (holder, 1..30_u64)
            .prop_map(|(holder, amount)| Step::Owe { holder, amount }),
    ]
}

/// Lives through the steps; every account is what an origin in memory answers.
async fn hold(origin: &impl Origin, steps: &[Step]) -> Result<(), TestCaseError> {
    let reference = InMemoryOrigin::new();
    let mut world = World::default();
    let mut known = [Account::default(); HOLDERS];
    for step in steps {
        let Some((claim, answered)) = world.step(step) else {
            continue;
        };
        let claims = std::slice::from_ref(&claim);
        let account = origin.exchange(claims).await.unwrap()[0];
        prop_assert_eq!(account, reference.exchange(claims).await.unwrap()[0]);
        let index = usize::try_from(claim.holder).unwrap();
        prop_assert!(
            account.granted >= known[index].granted,
            "a grant was taken back"
        );
        known[index] = account;
        prop_assert!(account.charged <= CAPACITY + world.owed, "{account:?}");
        if answered {
            world.answer(&claim, account);
        }
        let spent: u64 = world.holders.iter().map(|holder| holder.spent).sum();
        prop_assert!(spent <= CAPACITY + world.owed, "{spent} were spent");
    }
    Ok(())
}

/// Holds the laws over many histories, the database emptied before each.
async fn check(database: Option<Database>, cases: u32) {
    let origin = match &database {
        Some(database) => Some(database.open().await),
        None => None,
    };
    let live = async |steps: Vec<Step>| {
        let (Some(database), Some(origin)) = (&database, &origin) else {
            return hold(&InMemoryOrigin::new(), &steps).await;
        };
        database.run("DELETE FROM tollgate_holders").await;
        database.run("DELETE FROM tollgate_windows").await;
        hold(origin, &steps).await
    };
    for debts in [false, true] {
        let steps = proptest::collection::vec(step(debts), 1..80);
        let config = ProptestConfig {
            cases,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let mut runner = TestRunner::new(config);
        let held = tokio::task::block_in_place(|| {
            runner.run(&steps, |steps| Handle::current().block_on(live(steps)))
        });
        held.unwrap();
    }
}

/// It comes after the holder gave everything back and another was granted it.
#[tokio::test]
async fn a_claim_that_was_overtaken_is_granted_nothing_anew() {
    let origin = InMemoryOrigin::new();
    let all = |holder, returned, spent| Claim {
        capacity: CAPACITY,
        returned,
        spent,
        least: spent,
        most: spent,
        ..claim(holder)
    };
    let settle = async |claim| origin.exchange(&[claim]).await.unwrap()[0];
    settle(all(1, 0, CAPACITY)).await;
    settle(all(1, CAPACITY, 0)).await;
    settle(all(2, 0, CAPACITY)).await;
    let late = settle(all(1, 0, CAPACITY)).await;
    assert_eq!((late.granted, late.charged), (CAPACITY, CAPACITY));
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_never_over() {
    check(None, 4_000).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_settles_as_memory_does() {
    check(Some(Database::sqlite().await), 60).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn postgres_settles_as_memory_does() {
    check(Some(Database::postgres().await), 30).await;
}
