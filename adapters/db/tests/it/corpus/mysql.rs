//! What only MySQL and MariaDB understand.

use super::attack::{Why::*, acme};

attacks! {
    an_executable_comment_is_refused on [mysql]
        acme("SELECT id FROM resources /*! UNION SELECT word FROM secrets */").is_refused(&[Syntax, Clause, Relation, Expression]);
    an_executable_comment_with_a_version_is_refused on [mysql]
        acme("SELECT id FROM resources /*!50000 UNION SELECT word FROM secrets */").is_refused(&[Syntax, Clause, Relation, Expression]);
    an_executable_comment_of_a_version_to_come_is_refused on [mysql]
        acme("SELECT id FROM resources WHERE id = 1 /*!99999 AND 1 = 2 */").is_refused(&[Syntax, Clause, Relation, Expression]);
    an_executable_comment_of_mariadb_is_refused on [mysql]
        acme("SELECT id FROM resources /*M! UNION SELECT word FROM secrets */").is_refused(&[Syntax, Clause]);
    an_executable_comment_of_mariadb_with_a_version_is_refused on [mysql]
        acme("SELECT id FROM resources /*M!100100 UNION SELECT word FROM secrets */").is_refused(&[Syntax, Clause]);
    an_executable_comment_that_is_empty_is_refused on [mysql]
        acme("SELECT id FROM resources /*!*/").is_refused(&[Syntax, Clause]);
    an_executable_comment_within_a_word_is_refused on [mysql]
        acme("SELECT id FROM sec/*!rets*/").is_refused(&[Syntax, Clause, Relation]);
    an_optimizer_hint_is_refused_or_dropped on [mysql]
        acme("SELECT /*+ MAX_EXECUTION_TIME(1000) */ id FROM resources WHERE id = 1");
    an_optimizer_hint_that_sets_is_refused_or_dropped on [mysql]
        acme("SELECT /*+ SET_VAR(sql_mode='ANSI_QUOTES') */ id FROM resources").is_refused(&[Syntax, Clause]);
    a_hash_comment_hides_no_predicate on [mysql]
        acme("SELECT id FROM resources # WHERE id = 1\n WHERE id = 1 OR 1 = 1").sees(&["1", "2", "3"]);
    a_hash_comment_without_a_space_hides_no_predicate on [mysql]
        acme("SELECT id FROM resources WHERE id = 1 OR 1 = 1 #").sees(&["1", "2", "3"]);
    a_hash_on_postgres_is_an_operator on [postgres]
        acme("SELECT 5 # 3 FROM resources WHERE id = 1");
    a_hash_on_sqlite_is_refused on [sqlite]
        acme("SELECT id FROM resources # WHERE id = 1").is_refused(&[Syntax]);
    into_outfile_is_refused on [mysql]
        acme("SELECT * FROM resources INTO OUTFILE '/tmp/x'").is_refused(&[Clause, Syntax]);
    into_dumpfile_is_refused on [mysql]
        acme("SELECT * INTO DUMPFILE '/tmp/x' FROM resources").is_refused(&[Clause, Syntax]);
    into_a_variable_is_refused on [mysql]
        acme("SELECT id INTO @x FROM resources").is_refused(&[Clause, Syntax, Placeholder]);
    a_variable_is_refused on [mysql]
        acme("SELECT @x FROM resources").is_refused(&[Expression, Syntax, Placeholder, Clause]);
    a_variable_in_backticks_is_refused on [mysql]
        acme("SELECT @`x` FROM resources").is_refused(&[Expression, Syntax, Placeholder, Clause]);
    setting_a_variable_is_refused on [mysql]
        acme("SELECT @x := id FROM resources").is_refused(&[Expression, Syntax, Placeholder, Clause]);
    a_setting_is_refused on [mysql]
        acme("SELECT @@version").is_refused(&[Expression, Syntax, Placeholder, Clause]);
    a_global_setting_is_refused on [mysql]
        acme("SELECT @@global.sql_mode").is_refused(&[Expression, Syntax, Placeholder, Clause]);
    sql_calc_found_rows_is_refused_or_harmless on [mysql]
        acme("SELECT SQL_CALC_FOUND_ROWS id FROM resources");
    sql_no_cache_is_refused_or_harmless on [mysql]
        acme("SELECT SQL_NO_CACHE id FROM resources");
    high_priority_is_refused_or_harmless on [mysql]
        acme("SELECT HIGH_PRIORITY id FROM resources");
    distinctrow_is_refused_or_harmless on [mysql]
        acme("SELECT DISTINCTROW status FROM resources");
    procedure_analyse_is_refused on [mysql]
        acme("SELECT id FROM resources PROCEDURE ANALYSE()").is_refused(&[Clause, Syntax]);
    with_rollup_is_scoped_or_refused on [mysql]
        acme("SELECT status, count(*) FROM resources GROUP BY status WITH ROLLUP");
    division_in_words_is_scoped on [mysql]
        acme("SELECT id DIV 2 FROM resources WHERE id = 3").sees(&["1"]);
    regexp_is_scoped on [mysql]
        acme("SELECT id FROM resources WHERE name REGEXP '^p' OR name RLIKE '^LEAK'").sees(&["1"]);
    null_safe_equality_finds_no_others on [mysql]
        acme("SELECT id FROM resources WHERE tenant_id <=> NULL").sees(&[]);
    binary_is_scoped on [mysql]
        acme("SELECT id FROM resources WHERE BINARY name = 'pen'");
    not_with_high_precedence_is_harmless on [mysql]
        acme("SELECT id FROM resources WHERE NOT id BETWEEN 0 AND 5");
    pipes_as_concatenation_are_harmless on [mysql]
        acme("SELECT name || 'x' FROM resources WHERE id = 1");
    a_limit_with_a_comma_is_scoped on [mysql]
        acme("SELECT id FROM resources ORDER BY id LIMIT 1, 1");
    json_arrows_are_scoped on [mysql]
        acme("SELECT name -> '$.x' FROM resources");
    a_database_qualified_column_is_scoped_or_refused on [mysql]
        acme("SELECT db.resources.id FROM resources").is_refused(&[Expression, Relation]);
    a_leading_dot_is_refused on [mysql]
        acme("SELECT * FROM .resources").is_refused(&[Relation, Syntax]);
    a_name_that_begins_with_a_digit_is_another_name on [mysql]
        acme("SELECT * FROM 1resources").is_refused(&[Relation, Syntax, Expression]);
    a_numeric_prefix_of_a_column_is_harmless on [mysql]
        acme("SELECT 1e1resources FROM resources");
}
