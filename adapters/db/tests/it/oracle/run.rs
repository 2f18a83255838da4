//! Thousands of statements, a hundred to a world.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::database::Database;
use super::ddl;
use super::dice::Dice;
use super::grammar::generate;
use super::shrink::shrink;
use super::statement::Statement;
use super::tally::Tally;
use super::trial::{Databases, Rewrite, Trial};
use super::world::World;
use crate::oracle::dialect::Dialect;

/// How many statements are run on one world.
const PER_WORLD: usize = 100;
/// How many defects are shown before it stops.
const ENOUGH: usize = 3;

/// Among so many statements every feature is found several times.
const ENOUGH_FOR_ALL: usize = 1_000;

/// What to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) dialect: Dialect,
    pub(super) seed: u64,
    pub(super) statements: usize,
    /// How many worlds at once.
    pub(super) threads: usize,
}

impl Plan {
    /// So many statements of a fixed seed, unless `TOLLGATE_ORACLE_SEED` and `TOLLGATE_ORACLE_STATEMENTS` say otherwise.
    pub(super) fn new(dialect: Dialect, statements: usize) -> Self {
        let asked = |name: &str| {
            let text = std::env::var(name).ok()?;
            Some(
                text.parse::<u64>()
                    .unwrap_or_else(|_| panic!("{name}={text}: must be a number")),
            )
        };
        let asked_for = asked("TOLLGATE_ORACLE_STATEMENTS").map(usize::try_from);
        Self {
            dialect,
            seed: asked("TOLLGATE_ORACLE_SEED").unwrap_or(6),
            statements: asked_for.map_or(statements, Result::unwrap),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// What came of a plan.
#[derive(Debug, Clone, Default)]
pub(super) struct Report {
    pub(super) tally: Tally,
    /// Statements that were not scoped rightly, made small.
    pub(super) broken: Vec<String>,
}

/// How many of a hundred statements may be refused: those that write to a table whose name a CTE has, which is hard to
/// read for people, too.
const REFUSED: usize = 2;
/// How many of a hundred the database itself may not run.
const INVALID: usize = 3;

/// To how many of a hundred it may give answers that depend on its plan; only MariaDB is asked for several.
const UNDECIDED: usize = 1;

impl Report {
    /// Every statement was scoped rightly, few were refused, and each feature was in some that were not.
    pub(super) fn check(&self) {
        eprintln!("{}", self.tally);
        assert!(self.broken.is_empty(), "{}", self.broken.join("\n"));
        let tally = &self.tally;
        let refused = tally.percent(tally.refused);
        assert!(refused <= REFUSED, "{refused} % refused: {tally}");
        let invalid = tally.percent(tally.invalid);
        assert!(
            invalid <= INVALID,
            "{invalid} % not run by the database: {tally}"
        );
        let undecided = tally.percent(tally.undecided);
        assert!(undecided <= UNDECIDED, "{undecided} % undecided: {tally}");
        // Few statements, as asked for by hand, need not have everything.
        if tally.statements >= ENOUGH_FOR_ALL {
            assert_eq!(tally.never_held(), [""; 0], "{tally}");
        }
    }
}

/// Makes a world's databases.
pub(super) trait Maker: Sync {
    type Database: Database;

    async fn make(&self, thread: usize, world: &World) -> Databases<Self::Database>;

    /// What scopes the statements of this world.
    fn rewriter(&self, world: &World) -> Box<Rewrite<'static>>;
}

/// Runs a plan.
pub(super) fn run<M: Maker>(plan: Plan, maker: &M) -> Report {
    let worlds = plan.statements.div_ceil(PER_WORLD);
    let next = AtomicUsize::new(0);
    let report = Mutex::new(Report::default());
    let work = |thread| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let enough = report.lock().unwrap().broken.len() >= ENOUGH;
                if number >= worlds || enough {
                    return;
                }
                let (tally, broken) = run_world(plan, maker, thread, number).await;
                let mut report = report.lock().unwrap();
                report.tally.add(tally);
                report.broken.extend(broken);
            }
        });
    };
    std::thread::scope(|scope| {
        for thread in 0..plan.threads {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
    report.into_inner().unwrap()
}

/// Stops at the first defect: what follows would mostly be the same.
async fn run_world<M: Maker>(
    plan: Plan,
    maker: &M,
    thread: usize,
    number: usize,
) -> (Tally, Option<String>) {
    let seed = plan
        .seed
        .wrapping_mul(1_000_003)
        .wrapping_add(u64::try_from(number).unwrap());
    let world = World::new(plan.dialect, seed);
    let mut databases = maker.make(thread, &world).await;
    let rewrite = maker.rewriter(&world);
    let mut tally = Tally::default();
    for place in 0..PER_WORLD {
        let seed = seed
            .wrapping_mul(1_009)
            .wrapping_add(u64::try_from(place).unwrap());
        let (statement, dice) = generate(&world, Dice::seeded(seed));
        let trial = databases.trial(&statement, &*rewrite).await;
        tally.count(&statement, &trial);
        if matches!(trial, Trial::Broken { .. }) {
            let small = shrink(&world, &mut databases, &*rewrite, dice.record()).await;
            let text = describe(plan, number, place, &world, &statement, &small);
            return (tally, Some(text));
        }
    }
    (tally, None)
}

fn describe(
    plan: Plan,
    world: usize,
    place: usize,
    tables: &World,
    statement: &Statement,
    (small, trial): &(Statement, Trial),
) -> String {
    let (rewritten, binds, how) = match trial {
        Trial::Broken { rewritten, how } => {
            let text = rewritten.as_ref().map(|done| done.sql.as_str());
            (
                text.unwrap_or("-"),
                rewritten.as_ref().map(|done| &done.binds),
                how.as_str(),
            )
        }
        Trial::Refused(_) | Trial::Invalid(_) | Trial::Undecided | Trial::Held => {
            ("-", None, "not again: the run depends on something else")
        }
    };
    let ddl = ddl::statements(tables, ddl::Holds::Everybodys).join(";\n    ");
    format!(
        "TOLLGATE_ORACLE_SEED={}, world {world}, statement {place} (shown made small; as found: {})\n  tenant    {}\n  \
         written   {}\n  rewritten {rewritten}\n  values    {:?}\n  binds     {binds:?}\n  {how}\n  schema\n    {ddl}\n",
        plan.seed, statement.sql, small.tenant, small.sql, small.values
    )
}
