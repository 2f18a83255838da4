//! Who brings processes to life, kills them, and keeps the books.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tollgate::{ManualClock, Timestamp};
use tollgate_store::SqlOrigin;

use super::life::{self, CAPACITY, COST, SLICE, TASKS};
use crate::origin::kit::Database;

/// What a killed process loses at most: what it held ahead, and what it had admitted and not logged.
const LOSS: u64 = SLICE + TASKS * COST;

const LIFE: &str = "life";

/// The size of a record of the log.
const RECORD: usize = 4;

pub(super) struct Town {
    database: Database,
    origin: SqlOrigin,
    log: PathBuf,
    test: &'static str,
    random: u64,
    pub(super) kills: u64,
}

/// A process, which stops in peace when its input ends.
pub(super) struct Life(Child);

impl Town {
    /// `test` is the whole name of the test that its processes run.
    pub(super) async fn new(database: Database, test: &'static str) -> Self {
        let seed = match std::env::var("TOLLGATE_SEED") {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) => RandomState::new().hash_one(test),
        };
        eprintln!("{test}: TOLLGATE_SEED={seed}");
        let name = format!("{}-{}.log", test.replace("::", "-"), std::process::id());
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        File::create(&log).unwrap();
        Self {
            origin: database.open().await,
            database,
            log,
            test,
            random: seed,
            kills: 0,
        }
    }

    /// A number below `bound`.
    pub(super) fn draw(&mut self, bound: u64) -> u64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % bound
    }

    /// Brings a process to life.
    pub(super) fn spawn(&self) -> Life {
        self.process(COST)
    }

    fn process(&self, most: u64) -> Life {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", self.test, "--nocapture"])
            .env(life::DATABASE, self.database.url())
            .env(life::LOG, &self.log)
            .env(life::MOST, most.to_string())
            // By this a server's sessions are told apart.
            .env("PGAPPNAME", LIFE)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        Life(child.unwrap())
    }

    /// Kills it with SIGKILL: mostly under load, now and then while it starts.
    pub(super) async fn kill_some_time(&mut self, mut life: Life) {
        if self.draw(5) > 0 {
            self.wait_for_load().await;
        }
        let micros = self.draw(40_000);
        tokio::time::sleep(Duration::from_micros(micros)).await;
        life.0.kill().unwrap();
        life.0.wait().unwrap();
        self.kills += 1;
    }

    /// Has it stop in peace.
    pub(super) async fn stop(&self, mut life: Life) {
        drop(life.0.stdin.take());
        let status = tokio::task::spawn_blocking(move || life.0.wait());
        assert!(status.await.unwrap().unwrap().success());
    }

    /// Waits until something more is admitted.
    pub(super) async fn wait_for_load(&self) {
        let (before, start) = (self.logged(), Instant::now());
        while self.logged() == before {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "nothing is served"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// What was admitted, by the log.
    fn logged(&self) -> u64 {
        let bytes = std::fs::read(&self.log).unwrap();
        let (records, torn) = bytes.as_chunks::<RECORD>();
        assert!(torn.is_empty());
        records
            .iter()
            .map(|record| u64::from(u32::from_le_bytes(*record)))
            .sum()
    }

    /// What the origin has charged.
    async fn charged(&self) -> u64 {
        let usage = self
            .origin
            .usage(&life::config().tenant_id, now())
            .await
            .unwrap();
        assert!(usage.len() <= 1);
        usage.first().map_or(0, |usage| usage.charged)
    }

    /// What is charged and was not spent, when nobody lives.
    pub(super) async fn lost(&self) -> u64 {
        #[cfg(feature = "postgres")]
        self.database.wait_for_the_end_of(LIFE).await;
        self.charged().await - self.logged()
    }

    /// At any time: what was admitted was charged before, and all of it is within the limit.
    pub(super) async fn audit(&self) {
        let logged = self.logged();
        let charged = self.charged().await;
        assert!(
            logged <= charged,
            "{logged} were admitted, {charged} charged"
        );
        assert!(charged <= CAPACITY, "{charged} were charged");
    }

    /// Spends what is left, when nobody lives: then all is charged, and little was lost.
    pub(super) async fn spend_the_rest(&self) {
        let before = self.logged();
        assert!(before < CAPACITY, "the last processes had nothing to serve");
        let mut life = self.process(10_000);
        let input = life.0.stdin.take();
        self.stop(life).await;
        drop(input);
        self.audit().await;
        let (lost, charged) = (self.lost().await, self.charged().await);
        eprintln!(
            "{}: {} killed, {before} admitted by then, {lost} lost",
            self.test, self.kills
        );
        assert_eq!(charged, CAPACITY);
        let bound = self.kills * LOSS;
        assert!(lost <= bound, "{lost} were lost, more than {bound}");
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.log);
    }
}

/// The time that lives begin at.
fn now() -> Timestamp {
    ManualClock::new().now()
}
