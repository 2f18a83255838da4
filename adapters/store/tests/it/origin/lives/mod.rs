//! Processes that share a durable limit and are killed under load: never over, and little is lost.

mod life;
mod town;

use self::town::Town;
use super::kit::Database;

/// How often a process is killed, and how often one that lives at the same time as another.
const KILLS: u64 = 50;
const KILLS_OF_TWO: u64 = 30;

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_admits_no_more_in_51_lives_than_in_one() {
    life::live_if_asked();
    one_after_the_other(
        Database::sqlite(),
        "origin::lives::sqlite_admits_no_more_in_51_lives_than_in_one",
    );
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_admits_no_more_in_51_lives_than_in_one() {
    life::live_if_asked();
    one_after_the_other(
        Database::postgres(),
        "origin::lives::postgres_admits_no_more_in_51_lives_than_in_one",
    );
}

#[cfg(feature = "sqlite")]
#[test]
fn two_processes_share_a_limit_in_sqlite() {
    life::live_if_asked();
    two_at_once(
        Database::sqlite(),
        "origin::lives::two_processes_share_a_limit_in_sqlite",
    );
}

#[cfg(feature = "postgres")]
#[test]
fn two_processes_share_a_limit_in_postgres() {
    life::live_if_asked();
    two_at_once(
        Database::postgres(),
        "origin::lives::two_processes_share_a_limit_in_postgres",
    );
}

fn one_after_the_other(database: impl Future<Output = Database>, test: &'static str) {
    run(async {
        let mut town = Town::new(database.await, test).await;
        while town.kills < KILLS {
            if town.draw(6) == 0 {
                let lost = town.lost().await;
                let life = town.spawn();
                town.wait_for_load().await;
                town.stop(life).await;
                assert_eq!(town.lost().await, lost, "a clean stop has lost something");
            } else {
                let life = town.spawn();
                town.kill_some_time(life).await;
            }
            town.audit().await;
        }
        town.spend_the_rest().await;
    });
}

fn two_at_once(database: impl Future<Output = Database>, test: &'static str) {
    run(async {
        let mut town = Town::new(database.await, test).await;
        let mut lives = std::collections::VecDeque::from([town.spawn(), town.spawn()]);
        while town.kills < KILLS_OF_TWO {
            if town.draw(2) == 0 {
                lives.rotate_left(1);
            }
            let life = lives.pop_front().unwrap();
            if town.draw(6) == 0 {
                town.wait_for_load().await;
                town.stop(life).await;
            } else {
                town.kill_some_time(life).await;
            }
            town.audit().await;
            lives.push_back(town.spawn());
        }
        for life in lives {
            town.stop(life).await;
        }
        town.spend_the_rest().await;
    });
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(test);
}
