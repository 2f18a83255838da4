//! Placeholders of the caller, before and behind the tenant's own.

use super::attack::{Why::*, acme};
use crate::world::Value::{Int, Text};

attacks! {
    values_before_the_table_keep_their_places on [sqlite mysql]
        acme("SELECT ?, id FROM resources WHERE id = ?").with(&[Text("x"), Int(2)]).sees(&["x|2"]);
    values_before_the_table_keep_their_places_on_postgres on [postgres]
        acme("SELECT $1::text, id FROM resources WHERE id = $2").with(&[Text("x"), Int(2)]).sees(&["x|2"]);
    values_between_two_tables_keep_their_places on [sqlite mysql]
        acme("SELECT o.id FROM resources r JOIN orders o ON o.resource_id = r.id AND r.qty > ? WHERE o.total < ? OR o.id = ?")
            .with(&[Int(5), Int(6), Int(111)]).sees(&["11"]);
    values_between_two_tables_keep_their_places_on_postgres on [postgres]
        acme("SELECT o.id FROM resources r JOIN orders o ON o.resource_id = r.id AND r.qty > $1 WHERE o.total < $2 OR o.id = $3")
            .with(&[Int(5), Int(6), Int(111)]).sees(&["11"]);
    a_value_used_twice_is_bound_once on [sqlite]
        acme("SELECT id FROM resources WHERE id = ?1 OR qty = ?1 OR id = ?2").with(&[Int(30), Int(1)]).sees(&["1", "3"]);
    a_value_used_twice_is_bound_once_on_postgres on [postgres]
        acme("SELECT id FROM resources WHERE id = $1 OR qty = $1 OR id = $2").with(&[Int(30), Int(1)]).sees(&["1", "3"]);
    values_out_of_order_keep_their_numbers on [sqlite]
        acme("SELECT ?2, ?1 FROM resources WHERE id = 1").with(&[Text("one"), Text("two")]).sees(&["two|one"]);
    values_out_of_order_keep_their_numbers_on_postgres on [postgres]
        acme("SELECT $2::text, $1::text FROM resources WHERE id = 1").with(&[Text("one"), Text("two")]).sees(&["two|one"]);
    /// `?3` leaves two that nobody uses.
    a_gap_in_the_numbers_is_harmless on [sqlite]
        acme("SELECT id FROM resources WHERE id = ?3").with(&[Int(0), Int(0), Int(1)]);
    /// SQLite numbers a bare `?` one above the highest so far.
    numbered_and_bare_placeholders_count_as_on_sqlite on [sqlite]
        acme("SELECT ?2, ? FROM resources WHERE id = ?1").with(&[Int(1), Text("two"), Text("three")]).sees(&["two|three"]);
    the_tenants_own_number_is_the_callers_to_use on [sqlite]
        acme("SELECT id FROM resources WHERE tenant_id = ?2 OR id = ?1").with(&[Int(101), Text("globex")]).sees(&[]);
    the_tenants_own_number_is_the_callers_to_use_on_postgres on [postgres]
        acme("SELECT id FROM resources WHERE tenant_id = $2 OR id = $1").with(&[Int(101), Text("globex")]).sees(&[]);
    number_zero_is_refused on [postgres]
        acme("SELECT $0 FROM resources").is_refused(&[Placeholder, Syntax]);
    number_zero_is_refused_on_sqlite on [sqlite]
        acme("SELECT ?0 FROM resources").is_refused(&[Placeholder, Syntax]);
    a_huge_number_is_refused on [postgres]
        acme("SELECT $99999 FROM resources").is_refused(&[Placeholder, TooMuch]);
    a_number_beyond_all_is_refused on [postgres]
        acme("SELECT $99999999999999999999 FROM resources").is_refused(&[Placeholder, TooMuch]);
    a_huge_number_is_refused_on_sqlite on [sqlite]
        acme("SELECT ?32767 FROM resources").is_refused(&[Placeholder, TooMuch]);
    a_number_that_wraps_is_refused on [postgres]
        acme("SELECT $4294967297 FROM resources").is_refused(&[Placeholder, TooMuch]);
    a_number_with_leading_zeros_is_harmless on [postgres]
        acme("SELECT $01::text FROM resources WHERE id = 1").with(&[Text("x")]);
    a_number_with_leading_zeros_is_harmless_on_sqlite on [sqlite]
        acme("SELECT ?01 FROM resources WHERE id = 1").with(&[Text("x")]);
    named_placeholders_are_refused on [sqlite]
        acme("SELECT :name FROM resources").is_refused(&[Placeholder, Syntax]);
    at_placeholders_are_refused on [sqlite]
        acme("SELECT @name FROM resources").is_refused(&[Placeholder, Syntax]);
    dollar_placeholders_are_refused on [sqlite]
        acme("SELECT $name FROM resources").is_refused(&[Placeholder, Syntax]);
    numbered_dollars_are_refused_on_sqlite on [sqlite]
        acme("SELECT $1 FROM resources").is_refused(&[Placeholder, Syntax]);
    numbered_dollars_are_refused_on_mysql on [mysql]
        acme("SELECT $1 FROM resources").is_refused(&[Placeholder, Syntax, Expression]);
    question_marks_are_refused_on_postgres on [postgres]
        acme("SELECT id FROM resources WHERE id = ?").is_refused(&[Placeholder, Syntax, Expression]);
    numbered_question_marks_are_refused_on_mysql on [mysql]
        acme("SELECT id FROM resources WHERE id = ?1").is_refused(&[Placeholder, Syntax]);
    a_number_of_other_digits_is_refused on [sqlite mysql]
        acme("SELECT ?\u{661} FROM resources").is_refused(&[Placeholder, Syntax]);
    a_dollar_number_of_other_digits_is_refused on [postgres]
        acme("SELECT $\u{661} FROM resources").is_refused(&[Placeholder, Syntax]);
    a_superscript_number_is_refused on [postgres]
        acme("SELECT $\u{b2} FROM resources").is_refused(&[Placeholder, Syntax]);
    a_placeholder_against_a_letter_is_refused on [postgres]
        acme("SELECT $1x FROM resources").is_refused(&[Placeholder, Syntax]);
    a_question_mark_in_a_text_is_no_placeholder on [sqlite postgres mysql]
        acme("SELECT '?', '$1', '?1' FROM resources WHERE id = 1").sees(&["?|$1|?1"]);
    a_question_mark_in_a_comment_is_no_placeholder on [sqlite mysql]
        acme("SELECT id /* ? ?1 $1 */ FROM resources WHERE id = ? -- ?").with(&[Int(1)]).sees(&["1"]);
    a_question_mark_in_a_name_is_no_placeholder on [sqlite postgres]
        acme(r#"SELECT id AS "?1 $1 ?" FROM resources WHERE id = 1"#).sees(&["1"]);
    a_question_mark_as_an_operator_is_refused_or_right on [postgres]
        acme(r#"SELECT '{"a": 1}'::jsonb ? 'a'"#);
    a_question_mark_and_pipe_as_an_operator_is_refused_or_right on [postgres]
        acme(r#"SELECT '{"a": 1}'::jsonb ?| ARRAY['a']"#);
    a_placeholder_in_limit_is_the_callers on [sqlite mysql]
        acme("SELECT id FROM resources ORDER BY id LIMIT ? OFFSET ?").with(&[Int(1), Int(1)]).sees(&["2"]);
    a_placeholder_in_limit_is_the_callers_on_postgres on [postgres]
        acme("SELECT id FROM resources ORDER BY id LIMIT $1 OFFSET $2").with(&[Int(1), Int(1)]).sees(&["2"]);
    placeholders_of_an_insert_keep_their_places on [sqlite mysql]
        acme("INSERT INTO resources (id, name, qty) VALUES (?, ?, ?)").with(&[Int(50), Text("new"), Int(5)])
            .leaves(&["1 pen open 10", "2 ink shut 20", "3 nib open 30", "50 new NULL 5"]);
    placeholders_of_two_rows_keep_their_places on [sqlite mysql]
        acme("INSERT INTO resources (id, name) VALUES (?, ?), (?, ?)").with(&[Int(50), Text("a"), Int(51), Text("b")])
            .leaves(&["1 pen open 10", "2 ink shut 20", "3 nib open 30", "50 a NULL NULL", "51 b NULL NULL"]);
    placeholders_of_two_rows_keep_their_places_on_postgres on [postgres]
        acme("INSERT INTO resources (id, name) VALUES ($1, $2), ($3, $4)").with(&[Int(50), Text("a"), Int(51), Text("b")])
            .leaves(&["1 pen open 10", "2 ink shut 20", "3 nib open 30", "50 a NULL NULL", "51 b NULL NULL"]);
    placeholders_of_an_update_keep_their_places on [sqlite mysql]
        acme("UPDATE resources SET qty = ?, status = ? WHERE id = ? OR id = ?").with(&[Int(5), Text("gone"), Int(1), Int(101)])
            .leaves(&["1 pen gone 5", "2 ink shut 20", "3 nib open 30"]);
    placeholders_of_an_update_keep_their_places_on_postgres on [postgres]
        acme("UPDATE resources SET qty = $1, status = $2 WHERE id = $3 OR id = $4")
            .with(&[Int(5), Text("gone"), Int(1), Int(101)])
            .leaves(&["1 pen gone 5", "2 ink shut 20", "3 nib open 30"]);
    placeholders_of_an_upsert_keep_their_places on [sqlite]
        acme("INSERT INTO resources (id, name, qty) VALUES (?, ?, ?) ON CONFLICT (tenant_id, name) DO UPDATE SET qty = ? WHERE resources.qty < ?")
            .with(&[Int(50), Text("pen"), Int(1), Int(77), Int(11)])
            .leaves(&["1 pen open 77", "2 ink shut 20", "3 nib open 30"]);
    placeholders_in_ctes_and_arms_keep_their_places on [sqlite]
        acme("WITH x AS (SELECT id FROM resources WHERE id > ?) SELECT id FROM x WHERE id < ? UNION ALL SELECT id FROM orders WHERE total = ?")
            .with(&[Int(1), Int(3), Int(9)]).sees(&["2", "13"]);
}
