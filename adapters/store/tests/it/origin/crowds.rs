//! Many who claim at once.

use tokio::task::JoinSet;
use tollgate::{Claim, Origin};
use tollgate_store::SqlOrigin;

use super::kit::{Database, claim, settle};

on_both!(
    a_crowd_from_two_processes_gets_all_there_is_and_no_more,
    who_claims_in_another_order_waits_for_nobody_for_ever,
    claims_that_are_dropped_half_way_can_be_repeated,
);

const CAPACITY: u64 = 500;

/// Claims and spends until there is nothing left; says how much it spent.
async fn spend_all(origin: SqlOrigin, holder: u64) -> u64 {
    let (mut spent, mut granted) = (0_u64, 0);
    loop {
        let wanted = Claim {
            capacity: CAPACITY,
            spent,
            least: spent + 1,
            most: spent + 1 + (spent + holder) % 7,
            ..claim(holder)
        };
        let account = settle(&origin, &wanted).await;
        assert!(account.granted >= granted);
        assert!(account.charged <= CAPACITY);
        granted = account.granted;
        if granted == spent {
            return spent;
        }
        spent = granted;
    }
}

async fn a_crowd_from_two_processes_gets_all_there_is_and_no_more(database: Database) {
    let processes = [database.open().await, database.open().await];
    let mut crowd = JoinSet::new();
    for holder in 0..8_u64 {
        let origin = processes[usize::from(holder % 2 == 0)].clone();
        crowd.spawn(spend_all(origin, holder));
    }
    let spent: u64 = crowd.join_all().await.iter().sum();
    assert_eq!(spent, CAPACITY);
    let account = settle(&processes[0], &claim(99)).await;
    assert_eq!(account.charged, CAPACITY);
}

/// Each exchange opens two windows that others open too, and locks them in the other order.
async fn who_claims_in_another_order_waits_for_nobody_for_ever(database: Database) {
    let processes = [database.open().await, database.open().await];
    let mut crowd = JoinSet::new();
    for holder in 0..8_u64 {
        let origin = processes[usize::from(holder % 2 == 0)].clone();
        crowd.spawn(async move {
            for round in 0..20 {
                let one = |name: &str| Claim {
                    limit: format!("{name}{round}").into(),
                    least: 2,
                    most: 2,
                    ..claim(holder)
                };
                let mut claims = [one("a"), one("b"), one("c")];
                if holder % 2 == 0 {
                    claims.reverse();
                }
                let accounts = origin.exchange(&claims).await.unwrap();
                assert!(accounts.iter().all(|account| account.granted == 2));
            }
        });
    }
    crowd.join_all().await;
    let exact = "SELECT COUNT(*) FROM tollgate_windows WHERE charged = 16";
    assert_eq!(database.number(exact).await, 60);
    #[cfg(feature = "postgres")]
    assert_eq!(database.deadlocks().await, 0);
}

/// Drops exchanges wherever they are after a while, a longer one each time, and repeats them.
async fn claims_that_are_dropped_half_way_can_be_repeated(database: Database) {
    let origin = database.open().await;
    let mut held = 0;
    for parts in 1..40 {
        let wanted = Claim {
            capacity: CAPACITY,
            least: held + 1,
            most: held + 1,
            ..claim(1)
        };
        {
            let claims = [wanted.clone()];
            let mut exchange = origin.exchange(&claims);
            for _ in 0..parts {
                let answered = wait_a_little(&mut exchange).await;
                if answered {
                    break;
                }
            }
        }
        held += 1;
        assert_eq!(settle(&origin, &wanted).await.granted, held);
        let seen = settle(&database.open().await, &claim(2)).await;
        assert_eq!(seen.charged, held);
    }
}

/// Waits for a part of what an exchange takes; says whether it was answered.
async fn wait_a_little(exchange: &mut tollgate::Exchanging<'_>) -> bool {
    tokio::time::timeout(std::time::Duration::from_micros(200), exchange)
        .await
        .is_ok()
}
