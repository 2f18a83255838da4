//! What stands around and behind WHERE: precedence, comments, white space.

use super::attack::{Why::*, acme};

attacks! {
    or_does_not_escape_the_tenant on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE status = 'open' OR 1 = 1").sees(&["1", "2", "3"]);
    or_true_alone_does_not_escape_the_tenant on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE true OR id = 1").sees(&["1", "2", "3"]);
    parenthesised_or_does_not_escape_the_tenant on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE (1 = 1) OR (2 = 2) AND id > 1").sees(&["1", "2", "3"]);
    or_behind_not_does_not_escape_the_tenant on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE NOT id = 1 OR NOT id = 2").sees(&["1", "2", "3"]);
    xor_does_not_escape_the_tenant on [mysql]
        acme("SELECT id FROM resources WHERE id = 1 XOR 1 = 1").sees(&["2", "3"]);
    pipes_do_not_escape_the_tenant on [mysql]
        acme("SELECT id FROM resources WHERE id = 1 || 1 = 1").sees(&["1", "2", "3"]);
    naming_another_tenant_finds_nothing on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE tenant_id = 'globex'").sees(&[]);
    asking_for_whoever_is_not_acme_finds_nothing on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE tenant_id <> 'acme' OR tenant_id IS NULL").sees(&[]);
    the_tenants_own_column_can_be_read on [sqlite postgres mysql]
        acme("SELECT DISTINCT tenant_id FROM resources").sees(&["acme"]);
    other_cases_of_the_same_letters_are_other_tenants on [sqlite postgres mysql]
        acme("SELECT count(*) FROM resources WHERE upper(tenant_id) = 'ACME'").sees(&["3"]);
    trailing_spaces_make_another_tenant on [sqlite postgres mysql]
        acme("SELECT count(*) FROM resources WHERE trim(tenant_id) = 'acme'").sees(&["3"]);
    rows_of_nobody_belong_to_nobody on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE tenant_id IS NULL").sees(&[]);
    is_null_of_the_predicate_is_no_way_round on [sqlite postgres]
        acme("SELECT id FROM resources WHERE (tenant_id = 'acme') IS NOT TRUE").sees(&[]);
    no_where_at_all_is_scoped on [sqlite postgres mysql]
        acme("SELECT name FROM resources").sees(&["pen", "ink", "nib"]);
    a_star_is_scoped on [sqlite postgres mysql]
        acme("SELECT * FROM resources WHERE id < 3").sees(&["1|acme|pen|open|10", "2|acme|ink|shut|20"]);
    a_count_counts_the_tenants_own on [sqlite postgres mysql]
        acme("SELECT count(*), sum(qty), min(id), max(qty) FROM resources").sees(&["3|60|1|30"]);
    not_exists_sees_the_tenants_own on [sqlite postgres mysql]
        acme("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM resources WHERE id = 101)").sees(&["1"]);
    groups_are_of_the_tenants_own on [sqlite postgres mysql]
        acme("SELECT status, count(*) FROM resources GROUP BY status HAVING count(*) > 0").sees(&["open|2", "shut|1"]);
    windows_are_over_the_tenants_own on [sqlite postgres mysql]
        acme("SELECT id, count(*) OVER () FROM resources").sees(&["1|3", "2|3", "3|3"]);
    a_named_window_is_over_the_tenants_own on [sqlite postgres mysql]
        acme("SELECT id, sum(qty) OVER w FROM resources WINDOW w AS (ORDER BY id)").sees(&["1|10", "2|30", "3|60"]);
    distinct_is_over_the_tenants_own on [sqlite postgres mysql]
        acme("SELECT DISTINCT status FROM resources").sees(&["open", "shut"]);
    distinct_on_is_over_the_tenants_own on [postgres]
        acme("SELECT DISTINCT ON (status) id FROM resources ORDER BY status, id DESC").sees(&["3", "2"]);
    grouping_sets_are_over_the_tenants_own on [postgres]
        acme("SELECT status, count(*) FROM resources GROUP BY GROUPING SETS ((status), ())")
            .sees(&["open|2", "shut|1", "NULL|3"]);

    a_line_comment_hides_no_predicate on [sqlite postgres]
        acme("SELECT id FROM resources -- WHERE").sees(&["1", "2", "3"]);
    a_line_comment_behind_where_hides_no_predicate on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE id = 1 OR 1 = 1 -- ").sees(&["1", "2", "3"]);
    a_line_comment_that_ends_hides_no_predicate on [sqlite postgres mysql]
        acme("SELECT id FROM resources -- WHERE id = 9\nWHERE id = 1 OR 1 = 1").sees(&["1", "2", "3"]);
    a_block_comment_hides_no_predicate on [sqlite postgres mysql]
        acme("SELECT id FROM resources /* WHERE */ WHERE/**/id = 1 OR/**/1 = 1").sees(&["1", "2", "3"]);
    a_block_comment_at_the_end_hides_no_predicate on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE id = 1 OR 1 = 1 /* */").sees(&["1", "2", "3"]);
    a_block_comment_between_the_words_hides_no_table on [sqlite postgres mysql]
        acme("SELECT/**/id/**/FROM/**/resources").sees(&["1", "2", "3"]);
    a_nested_comment_hides_no_predicate on [postgres]
        acme("SELECT id FROM resources /* /* */ WHERE id = 9 */ WHERE id = 1 OR 1 = 1").sees(&["1", "2", "3"]);
    /// SQLite's comments don't nest: what follows the first end is text of the statement.
    a_nested_comment_is_no_comment_on_sqlite on [sqlite]
        acme("SELECT id FROM resources /* /* */ UNION SELECT id FROM secrets /* */").is_refused(&[Relation, Syntax]);
    a_nested_comment_hides_no_table_on_sqlite on [sqlite]
        acme("SELECT id /* /* */ FROM resources -- */").sees(&["1", "2", "3"]);
    an_unterminated_comment_is_not_run on [postgres mysql]
        acme("SELECT id FROM resources /* WHERE id = 1").is_refused(&[Syntax]);
    an_unterminated_comment_hides_no_predicate on [sqlite]
        acme("SELECT id FROM resources WHERE id = 1 OR 1 = 1 /* ");
    a_comment_that_a_carriage_return_ends_on_postgres on [postgres]
        acme("SELECT id FROM resources -- \rWHERE id = 1").sees(&["1"]);
    a_comment_that_a_carriage_return_does_not_end_on_sqlite on [sqlite]
        acme("SELECT id FROM resources -- \rUNION SELECT id FROM secrets").sees(&["1", "2", "3"]);
    two_dashes_without_a_space_are_no_comment_on_mysql on [mysql]
        acme("SELECT 1--1 FROM resources WHERE id = 1").sees(&["2"]);
    minus_minus_does_not_become_a_comment on [sqlite postgres mysql]
        acme("SELECT - - id FROM resources").sees(&["1", "2", "3"]);
    minus_of_a_negative_number_does_not_become_a_comment on [sqlite postgres mysql]
        acme("SELECT id - -1 FROM resources WHERE - -1 = 1 OR 1 = 1").sees(&["2", "3", "4"]);
    minus_in_parentheses_does_not_become_a_comment on [sqlite postgres mysql]
        acme("SELECT -(-(-id)) FROM resources").sees(&["-1", "-2", "-3"]);
    divided_by_a_star_does_not_become_a_comment on [sqlite postgres mysql]
        acme("SELECT id /* */ * 2 / 1 FROM resources").sees(&["2", "4", "6"]);

    a_new_line_before_where_changes_nothing on [sqlite postgres mysql]
        acme("SELECT id FROM resources\nWHERE id = 1 OR 1 = 1").sees(&["1", "2", "3"]);
    a_tab_before_where_changes_nothing on [sqlite postgres mysql]
        acme("SELECT\tid\tFROM\tresources\tWHERE\tid = 1\tOR\t1 = 1").sees(&["1", "2", "3"]);
    a_form_feed_before_where_changes_nothing on [sqlite postgres mysql]
        acme("SELECT id FROM resources\x0cWHERE id = 1 OR 1 = 1").sees(&["1", "2", "3"]);
    a_carriage_return_before_where_changes_nothing on [sqlite postgres mysql]
        acme("SELECT id FROM resources\r\nWHERE id = 1\rOR 1 = 1").sees(&["1", "2", "3"]);
    a_vertical_tab_is_harmless on [sqlite postgres mysql]
        acme("SELECT id FROM resources\x0bWHERE id = 1 OR 1 = 1");
    no_space_before_where_changes_nothing on [sqlite postgres mysql]
        acme("SELECT(id)FROM resources WHERE(id=1)OR(1=1)").sees(&["1", "2", "3"]);
    a_quoted_name_against_where_changes_nothing on [sqlite postgres]
        acme(r#"SELECT"id"FROM"resources"WHERE"id"=1 OR 1=1"#).sees(&["1", "2", "3"]);
    a_where_inside_a_text_is_no_where on [sqlite postgres mysql]
        acme("SELECT 'x WHERE 1 = 0 -- ' FROM resources WHERE id = 1").sees(&["x WHERE 1 = 0 -- "]);
    where_in_lower_case_changes_nothing on [sqlite postgres mysql]
        acme("select id from resources where id = 1 or 1 = 1").sees(&["1", "2", "3"]);
    where_in_mixed_case_changes_nothing on [sqlite postgres mysql]
        acme("sElEcT id fRoM resources wHeRe id = 1 oR 1 = 1").sees(&["1", "2", "3"]);
    a_semicolon_behind_changes_nothing on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE id = 1 OR 1 = 1;").sees(&["1", "2", "3"]);
    between_and_or_do_not_escape_the_tenant on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE id BETWEEN 5 AND 6 OR id NOT BETWEEN 5 AND 6").sees(&["1", "2", "3"]);
    case_does_not_escape_the_tenant on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE CASE WHEN tenant_id = 'acme' THEN false ELSE true END").sees(&[]);
    qualify_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources QUALIFY row_number() OVER () = 1").is_refused(&[Clause, Syntax, Relation]);
}
