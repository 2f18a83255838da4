//! Patterns that match nothing, or nothing more.

use tollgate::MatchConfig;

use crate::check::patterns::Kind;
use crate::check::rules::place::Step::{Item, Key};
use crate::check::rules::{Listed, Tenant, Words};

impl Tenant<'_> {
    pub(super) fn unreachable(&mut self, listed: &Listed, matches: &MatchConfig) {
        let policy = &self.config.policy;
        let allowed = [
            &policy.allowed_models,
            &policy.allowed_tools,
            &policy.allowed_paths,
        ];
        for ((field, kind, list), allowed) in lists(matches).into_iter().zip(allowed) {
            for (index, entry) in list.iter().enumerate() {
                if allowed.is_empty() || allowed.iter().any(|allowed| kind.meet(allowed, entry)) {
                    continue;
                }
                let words = Words {
                    rule: "unreachable-match",
                    value: format!("{entry:?}"),
                    problem: "matches nothing".to_owned(),
                    why: format!("the policy allows none of it: see {}", allowed_by(field)),
                    help: "take it out, or allow it",
                };
                let path = [Key("match"), Key(field), Item(index)];
                self.warn(
                    Some(listed),
                    &format!("match.{field}[{index}]"),
                    &path,
                    words,
                );
            }
        }
    }

    pub(super) fn redundant(
        &mut self,
        limit: Option<&Listed>,
        part: &str,
        field: &str,
        kind: Kind,
        list: &[String],
    ) {
        for (index, entry) in list.iter().enumerate() {
            let covers = |(other, by): &(usize, &String)| {
                let same = kind.covers(entry, by);
                *other != index && kind.covers(by, entry) && (*other < index || !same)
            };
            let Some((_, by)) = list.iter().enumerate().find(covers) else {
                continue;
            };
            let words = Words {
                rule: "redundant-pattern",
                value: format!("{entry:?}"),
                problem: "adds nothing".to_owned(),
                why: format!("{by:?} of the same list covers it"),
                help: "take it out",
            };
            let path = [Key(part), Key(field), Item(index)];
            self.warn(limit, &format!("{part}.{field}[{index}]"), &path, words);
        }
    }
}

pub(super) fn lists(matches: &MatchConfig) -> [(&'static str, Kind, &[String]); 3] {
    [
        ("models", Kind::Names, &matches.models),
        ("tools", Kind::Names, &matches.tools),
        ("routes", Kind::Paths, &matches.routes),
    ]
}

fn allowed_by(field: &str) -> &'static str {
    match field {
        "models" => "policy.allowed_models",
        "tools" => "policy.allowed_tools",
        _ => "policy.allowed_paths",
    }
}
