//! Common table expressions: a name that hides a table, where it does, and where it does not.

use super::attack::{Why::*, acme};

attacks! {
    the_body_of_a_cte_is_scoped on [sqlite postgres mysql]
        acme("WITH x AS (SELECT * FROM resources WHERE 1 = 1 OR 1 = 2) SELECT count(*) FROM x").sees(&["3"]);
    a_cte_that_nobody_reads_is_refused_for_its_table on [sqlite postgres mysql]
        acme("WITH x AS (SELECT * FROM secrets) SELECT 1").is_refused(&[Relation]);
    a_cte_that_hides_a_table_is_read_instead on [sqlite postgres mysql]
        acme("WITH resources AS (SELECT 7 AS id) SELECT id FROM resources").sees(&["7"]);
    a_cte_that_hides_a_table_reads_it_scoped on [postgres]
        acme("WITH resources AS (SELECT * FROM resources) SELECT count(*) FROM resources").sees(&["3"]);
    /// On SQLite every CTE may be recursive, and on MySQL the case of names is a setting.
    a_cte_that_hides_a_table_and_reads_it_is_harmless on [mysql]
        acme("WITH resources AS (SELECT * FROM resources) SELECT count(*) FROM resources");
    a_cte_that_hides_a_table_and_reads_it_is_refused on [sqlite]
        acme("WITH resources AS (SELECT * FROM resources) SELECT count(*) FROM resources").is_refused(&[Relation]);
    an_earlier_cte_that_a_later_one_hides_a_table_from_is_refused on [sqlite]
        acme("WITH a AS (SELECT id FROM resources), resources AS (SELECT 7 AS id) SELECT id FROM a").is_refused(&[Relation]);
    a_recursive_cte_that_hides_a_table_is_harmless on [sqlite postgres mysql]
        acme("WITH RECURSIVE resources AS (SELECT * FROM resources) SELECT count(*) FROM resources");
    a_recursive_cte_with_a_tables_name_is_harmless on [sqlite postgres mysql]
        acme("WITH RECURSIVE resources (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM resources WHERE id < 4) SELECT id FROM resources");
    an_undeclared_name_may_be_a_ctes on [sqlite postgres mysql]
        acme("WITH secrets AS (SELECT 'mine' AS word) SELECT word FROM secrets").sees(&["mine"]);
    a_cte_does_not_open_the_table_that_it_hides on [postgres mysql]
        acme("WITH secrets AS (SELECT * FROM secrets) SELECT word FROM secrets").is_refused(&[Relation]);
    a_cte_does_not_open_the_table_that_it_hides_on_sqlite on [sqlite]
        acme("WITH secrets AS (SELECT * FROM secrets) SELECT word FROM secrets");
    a_cte_does_not_hide_a_qualified_name on [postgres]
        acme("WITH secrets AS (SELECT 'mine' AS word) SELECT word FROM public.secrets").is_refused(&[Relation]);
    a_cte_does_not_hide_a_qualified_name_on_sqlite on [sqlite]
        acme("WITH secrets AS (SELECT 'mine' AS word) SELECT word FROM main.secrets").is_refused(&[Relation]);
    a_qualified_name_beside_a_cte_is_scoped on [postgres]
        acme("WITH resources AS (SELECT 7 AS id) SELECT count(*) FROM public.resources").sees(&["3"]);
    a_qualified_name_beside_a_cte_is_scoped_on_sqlite on [sqlite]
        acme("WITH resources AS (SELECT 7 AS id) SELECT count(*) FROM main.resources").sees(&["3"]);
    a_cte_inside_a_sub_select_hides_nothing_outside on [sqlite postgres mysql]
        acme("SELECT (WITH resources AS (SELECT 1 AS id) SELECT count(*) FROM resources), count(*) FROM resources").sees(&["1|3"]);
    a_cte_inside_a_sub_select_opens_nothing_outside on [sqlite postgres mysql]
        acme("SELECT (WITH secrets AS (SELECT 1 AS id) SELECT count(*) FROM secrets), word FROM secrets").is_refused(&[Relation]);
    a_cte_inside_from_opens_nothing_beside_it on [sqlite postgres mysql]
        acme("SELECT * FROM (WITH secrets AS (SELECT 1) SELECT * FROM secrets) x, secrets").is_refused(&[Relation]);
    a_cte_of_one_arm_opens_nothing_in_the_next on [postgres mysql]
        acme("(WITH secrets AS (SELECT 'a' AS word) SELECT word FROM secrets) UNION SELECT word FROM secrets").is_refused(&[Relation]);
    a_cte_of_an_outer_select_is_seen_inside on [sqlite postgres mysql]
        acme("WITH x AS (SELECT 1 AS id) SELECT (SELECT count(*) FROM x) FROM resources WHERE id = 1").sees(&["1"]);
    an_inner_cte_hides_an_outer_one on [sqlite postgres mysql]
        acme("WITH x AS (SELECT * FROM resources) SELECT (WITH x AS (SELECT 9 AS id) SELECT id FROM x) FROM x WHERE id = 1").sees(&["9"]);
    a_cte_of_a_ctes_body_opens_nothing_outside on [sqlite postgres mysql]
        acme("WITH x AS (WITH secrets AS (SELECT 1 AS a) SELECT * FROM secrets) SELECT word FROM secrets, x").is_refused(&[Relation]);
    a_later_cte_sees_an_earlier_one on [sqlite postgres mysql]
        acme("WITH a AS (SELECT id FROM resources), b AS (SELECT id FROM a WHERE id > 1) SELECT count(*) FROM b").sees(&["2"]);
    an_earlier_cte_does_not_see_a_later_one on [postgres mysql]
        acme("WITH a AS (SELECT word FROM secrets), secrets AS (SELECT 'x' AS word) SELECT word FROM a").is_refused(&[Relation]);
    an_earlier_cte_that_sees_a_later_one_is_harmless_on_sqlite on [sqlite]
        acme("WITH a AS (SELECT word FROM secrets), secrets AS (SELECT 'x' AS word) SELECT word FROM a");
    an_earlier_cte_reads_the_table_that_a_later_one_hides on [postgres]
        acme("WITH a AS (SELECT id FROM resources), resources AS (SELECT 7 AS id) SELECT id FROM a").sees(&["1", "2", "3"]);
    an_earlier_cte_that_a_later_one_hides_a_table_from_is_harmless on [mysql]
        acme("WITH a AS (SELECT id FROM resources), resources AS (SELECT 7 AS id) SELECT id FROM a");
    a_substituted_table_is_not_caught_by_a_cte_of_its_name on [postgres]
        acme("WITH resources AS (SELECT 'forged' AS tenant_id, 7 AS id) SELECT r.id FROM public.resources r").sees(&["1", "2", "3"]);
    a_cte_in_another_case_is_harmless on [postgres]
        acme(r#"WITH "Resources" AS (SELECT 7 AS id) SELECT count(*) FROM resources"#);
    a_cte_in_another_case_opens_nothing on [postgres]
        acme(r#"WITH "SECRETS" AS (SELECT '' AS word) SELECT word FROM secrets"#).is_refused(&[Relation]);
    a_cte_in_capitals_folds on [postgres]
        acme(r#"WITH SECRETS AS (SELECT 'mine' AS word) SELECT word FROM "secrets""#).sees(&["mine"]);
    a_cte_in_another_case_is_the_same_name_on_sqlite on [sqlite]
        acme(r#"WITH "Resources" AS (SELECT 7 AS id) SELECT id FROM RESOURCES"#).sees(&["7"]);
    a_cte_in_another_case_is_another_name_on_mysql on [mysql]
        acme("WITH Secrets AS (SELECT 7 AS id) SELECT * FROM secrets").is_refused(&[Relation]);
    two_ctes_of_one_name_are_harmless on [sqlite postgres mysql]
        acme("WITH x AS (SELECT 1 AS id), x AS (SELECT id FROM resources) SELECT count(*) FROM x");
    the_columns_of_a_cte_may_be_named_like_the_tenants on [sqlite postgres mysql]
        acme("WITH x (tenant_id) AS (SELECT name FROM resources) SELECT tenant_id FROM x").sees(&["pen", "ink", "nib"]);
    a_recursive_cte_is_scoped_in_both_arms on [sqlite postgres mysql]
        acme("WITH RECURSIVE t (id) AS (SELECT min(id) FROM resources UNION ALL SELECT r.id FROM resources r JOIN t ON r.id = t.id + 1 OR r.id = t.id + 100) SELECT count(*) FROM t")
            .sees(&["3"]);
    a_recursive_cte_that_is_undeclared_in_its_second_arm_is_refused on [sqlite postgres mysql]
        acme("WITH RECURSIVE t (w) AS (SELECT '' UNION ALL SELECT word FROM secrets, t) SELECT w FROM t").is_refused(&[Relation]);
    a_cte_before_a_sub_select_of_an_insert_is_scoped on [sqlite postgres]
        acme("INSERT INTO resources (id, name, status, qty) WITH x AS (SELECT count(*) AS n FROM resources) SELECT 50, 'new', 'open', n FROM x")
            .leaves(&["1 pen open 10", "2 ink shut 20", "3 nib open 30", "50 new open 3"]);
    a_cte_before_an_update_is_scoped on [sqlite postgres]
        acme("WITH x AS (SELECT count(*) AS n FROM resources) UPDATE resources SET qty = (SELECT n FROM x) WHERE id = 1 OR id = 101")
            .leaves(&["1 pen open 3", "2 ink shut 20", "3 nib open 30"]);
    a_cte_before_a_delete_is_scoped on [sqlite postgres]
        acme("WITH x AS (SELECT id FROM resources) DELETE FROM resources WHERE id IN (SELECT id FROM x) OR 1 = 1").leaves(&[]);
    a_cte_with_the_targets_name_does_not_take_its_place on [sqlite]
        acme("WITH resources AS (SELECT 1 AS id) DELETE FROM resources");
    a_cte_with_the_targets_name_does_not_take_its_place_on_postgres on [postgres]
        acme("WITH resources AS (SELECT 1 AS id) DELETE FROM resources");
    an_update_of_a_cte_is_refused on [sqlite postgres mysql]
        acme("WITH x AS (SELECT * FROM resources) UPDATE x SET qty = 1").is_refused(&[Relation, Clause, Statement, Syntax]);
    a_cte_that_deletes_is_scoped on [postgres]
        acme("WITH gone AS (DELETE FROM resources WHERE 1 = 1 OR 1 = 2 RETURNING id) SELECT id FROM gone").sees(&["1", "2", "3"]);
    a_cte_that_updates_is_scoped on [postgres]
        acme("WITH done AS (UPDATE resources SET qty = qty + 1 RETURNING id, qty) SELECT * FROM done").sees(&["1|11", "2|21", "3|31"]);
    a_cte_that_inserts_is_scoped on [postgres]
        acme("WITH made AS (INSERT INTO resources (id, name) VALUES (50, 'new') RETURNING id, tenant_id) SELECT * FROM made").sees(&["50|acme"]);
    a_cte_that_deletes_secrets_is_refused on [postgres]
        acme("WITH gone AS (DELETE FROM secrets RETURNING word) SELECT word FROM gone").is_refused(&[Relation]);
    a_cte_that_moves_a_row_is_refused on [postgres]
        acme("WITH moved AS (UPDATE resources SET tenant_id = 'globex' RETURNING id) SELECT id FROM moved").is_refused(&[TenantColumn]);
    a_cte_that_merges_is_refused on [postgres]
        acme("WITH m AS (MERGE INTO resources USING orders ON true WHEN MATCHED THEN DELETE) SELECT 1").is_refused(&[Statement, Clause, Syntax]);
    a_cte_that_writes_inside_a_sub_select_is_harmless on [postgres]
        acme("SELECT (WITH gone AS (DELETE FROM resources RETURNING id) SELECT count(*) FROM gone)");
    materialized_is_scoped on [postgres]
        acme("WITH x AS MATERIALIZED (SELECT * FROM resources), y AS NOT MATERIALIZED (SELECT * FROM x) SELECT count(*) FROM y").sees(&["3"]);
    materialized_is_scoped_on_sqlite on [sqlite]
        acme("WITH x AS MATERIALIZED (SELECT * FROM resources) SELECT count(*) FROM x");
    search_and_cycle_are_refused on [postgres]
        acme("WITH RECURSIVE x AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM x WHERE id < 3) SEARCH DEPTH FIRST BY id SET o SELECT * FROM x")
            .is_refused(&[Clause, Syntax]);
    a_cte_of_a_table_command_is_refused on [postgres]
        acme("WITH x AS (TABLE secrets) SELECT * FROM x").is_refused(&[Relation, Clause, Expression]);
}
