//! Makes a statement that shows a defect smaller, by striking out choices that led to it.

use super::database::Database;
use super::dice::Dice;
use super::grammar::generate;
use super::statement::Statement;
use super::trial::{Databases, Rewrite, Trial};
use super::world::World;

/// How many statements are tried for it.
const TRIES: usize = 3_000;

/// A smaller statement that is broken too, and how.
pub(super) async fn shrink<D: Database>(
    world: &World,
    databases: &mut Databases<D>,
    rewrite: &Rewrite<'_>,
    choices: &[u32],
) -> (Statement, Trial) {
    let (statement, dice) = generate(world, Dice::replay(choices.to_vec()));
    let trial = databases.trial(&statement, rewrite).await;
    let mut best = (statement, trial);
    let mut choices = dice.record().to_vec();
    let mut tries = 0;
    let mut size = choices.len() / 2;
    while size > 0 && tries < TRIES {
        let mut smaller = false;
        let mut at = 0;
        while at < choices.len() && tries < TRIES {
            let end = (at + size).min(choices.len());
            for candidate in [struck_out(&choices, at, end), zeroed(&choices, at, end)] {
                tries += 1;
                let (statement, dice) = generate(world, Dice::replay(candidate));
                if statement.sql.len() >= best.0.sql.len() {
                    continue;
                }
                let trial = databases.trial(&statement, rewrite).await;
                if matches!(trial, Trial::Broken { .. }) {
                    choices = dice.record().to_vec();
                    best = (statement, trial);
                    smaller = true;
                    break;
                }
            }
            at += size;
        }
        if !smaller {
            size /= 2;
        }
    }
    best
}

fn struck_out(choices: &[u32], from: usize, to: usize) -> Vec<u32> {
    let kept = choices.iter().take(from).chain(choices.iter().skip(to));
    kept.copied().collect()
}

fn zeroed(choices: &[u32], from: usize, to: usize) -> Vec<u32> {
    let places = choices.iter().enumerate();
    let zeroed = places.map(|(at, choice)| if (from..to).contains(&at) { 0 } else { *choice });
    zeroed.collect()
}
