//! Attempts at other tenants' rows, each by its own name: refused for a stated reason, or run on real databases, where
//! it sees and changes acme's rows only.
//!
//! A statement is written for acme. What it returns, and what it makes of acme's rows, is compared between two worlds
//! that differ in the others' rows only (see [`world`](crate::world)), and with what the test says.

mod attack;

/// Named attempts, each a test on each of its databases.
macro_rules! attacks {
    ($($(#[doc = $doc:literal])* $name:ident on [$($dialect:ident)+] $attack:expr;)+) => {
        $(
            $(#[doc = $doc])*
            mod $name {
                #[allow(unused_imports, reason = "each attempt uses some of the words")]
                use super::*;
                $(
                    #[test]
                    fn $dialect() {
                        $crate::corpus::attack::on::$dialect(&$attack);
                    }
                )+
            }
        )+
        /// All of them, for whoever wants to start from them.
        pub(crate) const ALL: &[(&str, &[&str], $crate::corpus::attack::Attack)] =
            &[$((stringify!($name), &[$(stringify!($dialect)),+], $attack)),+];
    };
}

mod changes;
mod columns;
mod ctes;
mod found;
mod functions;
mod inserts;
mod joins;
mod literals;
mod mysql;
mod names;
mod placeholders;
mod predicates;
mod sets;
mod statements;
mod sub_selects;
mod text;
mod types;
mod upserts;

/// Every attempt: its name, its databases, itself.
pub(crate) fn all()
-> impl Iterator<Item = &'static (&'static str, &'static [&'static str], attack::Attack)> {
    [
        changes::ALL,
        columns::ALL,
        ctes::ALL,
        functions::ALL,
        inserts::ALL,
        joins::ALL,
        literals::ALL,
        mysql::ALL,
        names::ALL,
        placeholders::ALL,
        predicates::ALL,
        sets::ALL,
        statements::ALL,
        sub_selects::ALL,
        text::ALL,
        types::ALL,
        upserts::ALL,
    ]
    .into_iter()
    .flatten()
}
