//! The one script that runs inside Redis, and how it is called.

use redis::{Cmd, Script};

/// The script but for its clock: a function `clock` that says the time comes before it.
///
/// Lua looks for what a function uses of the one around it one by one, but has that of those further out at hand: with this
/// function around the functions they are made in two thirds of the time.
const BODY: &str = concat!(
    include_str!("lua/hash.lua"),
    "local function program()\n",
    include_str!("lua/rows.lua"),
    include_str!("lua/rare.lua"),
    include_str!("lua/bucket.lua"),
    include_str!("lua/call.lua"),
    include_str!("lua/main.lua"),
    "end\nreturn program()\n",
);

/// A script by its text and the hash that Redis knows it by.
#[derive(Debug)]
pub(crate) struct Text {
    text: String,
    hash: String,
}

impl Text {
    /// The one that all processes run.
    pub(crate) fn call() -> Self {
        Self::new([include_str!("lua/clock.lua"), BODY].concat())
    }

    /// The same, with a clock that the last argument sets.
    #[cfg(test)]
    pub(crate) fn told_the_time() -> Self {
        let clock = "local function clock() return tonumber(ARGV[#ARGV]) end\n\
                     local last = #ARGV - 1\n";
        Self::new([clock, BODY].concat())
    }

    fn new(text: String) -> Self {
        let hash = Script::new(&text).get_hash().to_owned();
        Self { text, hash }
    }

    /// By its hash: fails with NOSCRIPT if Redis has not seen it since it started.
    pub(crate) fn by_hash(&self, to: &Made) -> Cmd {
        to.command("EVALSHA", &self.hash)
    }

    /// By its text, from which Redis learns it.
    pub(crate) fn by_text(&self, to: &Made) -> Cmd {
        to.command("EVAL", &self.text)
    }
}

/// What one call of the script is about.
#[derive(Debug)]
pub(crate) struct Made {
    /// In a cluster, where the keys are; else 0.
    pub(crate) slot: u16,
    pub(crate) keys: [String; 2],
    pub(crate) args: Vec<Vec<u8>>,
    /// How many answers are to come back.
    pub(crate) asks: usize,
}

impl Made {
    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len());
        command.arg(&self.keys[..]).arg(&self.args[..]);
        command
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What stands between this and a quote.
    fn quoted<'t>(text: &'t str, before: &str) -> BTreeSet<&'t str> {
        let parts = text.split(before).skip(1);
        parts.filter_map(|part| part.split('\'').next()).collect()
    }

    #[test]
    fn the_guide_names_every_command_that_a_user_must_be_allowed() {
        let text = Text::call().text;
        let mut used = quoted(&text, "redis.call('");
        used.extend(quoted(&text, "redis.pcall('"));
        used.extend(["EVAL", "EVALSHA"]);
        // It goes by `unpack`.
        assert!(text.contains("{ 'HSET', hash }"));
        used.insert("HSET");
        let guide = include_str!("../docs/guide.md");
        let line = guide.lines().find(|line| line.starts_with("ACL SETUSER"));
        let named = line.unwrap().split_whitespace();
        let named = named.filter_map(|word| word.strip_prefix('+'));
        let named: BTreeSet<_> = named.map(str::to_uppercase).collect();
        let used: BTreeSet<_> = used.into_iter().map(str::to_owned).collect();
        assert_eq!(named, used);
    }
}
