//! How a table can be named: quoted, in another case, with a schema, with letters that look alike.

use super::attack::{Why::*, acme};

attacks! {
    a_quoted_table_is_scoped on [sqlite postgres]
        acme(r#"SELECT count(*) FROM "resources""#).sees(&["3"]);
    a_table_in_backticks_is_scoped on [sqlite mysql]
        acme("SELECT count(*) FROM `resources`").sees(&["3"]);
    a_table_in_brackets_is_scoped on [sqlite]
        acme("SELECT count(*) FROM [resources]").sees(&["3"]);
    /// SQLite takes a text for a name where a name must stand.
    a_table_in_single_quotes_is_scoped_or_refused on [sqlite]
        acme("SELECT count(*) FROM 'resources'");
    an_undeclared_table_in_single_quotes_is_refused on [sqlite]
        acme("SELECT word FROM 'secrets'").is_refused(&[Relation, Syntax, Expression]);
    an_undeclared_table_in_double_quotes_is_refused on [sqlite postgres]
        acme(r#"SELECT word FROM "secrets""#).is_refused(&[Relation]);
    an_undeclared_table_in_brackets_is_refused on [sqlite]
        acme("SELECT word FROM [secrets]").is_refused(&[Relation]);
    an_undeclared_table_in_backticks_is_refused on [sqlite mysql]
        acme("SELECT word FROM `secrets`").is_refused(&[Relation]);
    capitals_fold on [postgres]
        acme("SELECT count(*) FROM RESOURCES").sees(&["3"]);
    mixed_case_folds on [postgres]
        acme("SELECT count(*) FROM ReSoUrCeS").sees(&["3"]);
    capitals_in_quotes_are_another_table on [postgres]
        acme(r#"SELECT count(*) FROM "RESOURCES""#).is_refused(&[Relation]);
    capitals_are_the_same_table_on_sqlite on [sqlite]
        acme("SELECT count(*) FROM RESOURCES").sees(&["3"]);
    capitals_in_quotes_are_the_same_table_on_sqlite on [sqlite]
        acme(r#"SELECT count(*) FROM "ReSources""#).sees(&["3"]);
    capitals_are_another_table_on_mysql on [mysql]
        acme("SELECT count(*) FROM RESOURCES").is_refused(&[Relation]);
    a_table_declared_in_mixed_case_is_found_in_quotes on [postgres sqlite]
        acme(r#"SELECT body FROM "Notes""#).sees(&["mine"]);
    a_table_declared_in_mixed_case_is_not_its_folded_name on [postgres]
        acme("SELECT * FROM Notes").is_refused(&[Relation]);
    a_table_declared_in_mixed_case_folds_on_sqlite on [sqlite]
        acme("SELECT body FROM nOTES").sees(&["mine"]);
    the_default_schema_is_the_same_table on [postgres]
        acme("SELECT count(*) FROM public.resources").sees(&["3"]);
    the_default_schema_in_quotes_is_the_same_table on [postgres]
        acme(r#"SELECT count(*) FROM "public"."resources""#).sees(&["3"]);
    the_default_schema_in_capitals_is_the_same_table on [postgres]
        acme("SELECT count(*) FROM PUBLIC.Resources").sees(&["3"]);
    a_qualified_column_of_a_qualified_table_is_scoped_or_refused on [postgres]
        acme("SELECT public.resources.id FROM public.resources");
    the_main_schema_is_the_same_table on [sqlite]
        acme("SELECT count(*) FROM main.resources").sees(&["3"]);
    the_main_schema_in_another_case_is_the_same_table on [sqlite]
        acme(r#"SELECT count(*) FROM MAIN."Resources""#).sees(&["3"]);
    a_qualified_column_of_the_main_schema_is_scoped_or_refused on [sqlite]
        acme("SELECT main.resources.id FROM main.resources");
    another_schema_is_another_table on [postgres]
        acme("SELECT * FROM app.resources").is_refused(&[Relation]);
    an_attached_database_is_another_table on [sqlite]
        acme("SELECT * FROM other.resources").is_refused(&[Relation]);
    the_temporary_schema_is_another_table on [sqlite]
        acme("SELECT * FROM temp.resources").is_refused(&[Relation]);
    the_temporary_schema_of_postgres_is_another_table on [postgres]
        acme("SELECT * FROM pg_temp.resources").is_refused(&[Relation]);
    another_database_is_another_table on [mysql]
        acme("SELECT * FROM other.resources").is_refused(&[Relation]);
    a_database_and_a_schema_are_refused on [postgres]
        acme("SELECT * FROM postgres.public.resources").is_refused(&[Relation]);
    four_parts_are_refused on [sqlite postgres mysql]
        acme("SELECT * FROM a.b.c.resources").is_refused(&[Relation, Syntax]);
    spaces_around_the_dot_change_nothing on [postgres]
        acme("SELECT count(*) FROM public . resources").sees(&["3"]);
    a_comment_around_the_dot_changes_nothing on [postgres]
        acme("SELECT count(*) FROM public/**/./**/resources").sees(&["3"]);
    an_undeclared_table_with_a_schema_is_refused on [postgres]
        acme("SELECT word FROM public.secrets").is_refused(&[Relation]);
    an_undeclared_table_with_a_schema_is_refused_on_sqlite on [sqlite]
        acme("SELECT word FROM main.secrets").is_refused(&[Relation]);
    the_catalog_is_refused on [postgres]
        acme("SELECT * FROM pg_catalog.pg_class").is_refused(&[Relation]);
    the_catalog_without_its_schema_is_refused on [postgres]
        acme("SELECT rolpassword FROM pg_authid").is_refused(&[Relation]);
    statistics_with_values_of_others_are_refused on [postgres]
        acme("SELECT most_common_vals FROM pg_stats WHERE tablename = 'resources'").is_refused(&[Relation]);
    what_others_ask_is_refused on [postgres]
        acme("SELECT query FROM pg_stat_activity").is_refused(&[Relation]);
    the_information_schema_is_refused on [postgres mysql]
        acme("SELECT * FROM information_schema.tables").is_refused(&[Relation]);
    large_objects_are_refused on [postgres]
        acme("SELECT data FROM pg_largeobject").is_refused(&[Relation]);
    the_toast_is_refused on [postgres]
        acme("SELECT * FROM pg_toast.pg_toast_16384").is_refused(&[Relation]);
    an_index_read_as_a_table_is_refused on [postgres sqlite]
        acme("SELECT * FROM resources_pkey").is_refused(&[Relation]);
    sequences_are_refused on [postgres]
        acme("SELECT last_value FROM resources_id_seq").is_refused(&[Relation]);
    sqlite_master_is_refused on [sqlite]
        acme("SELECT sql FROM sqlite_master").is_refused(&[Relation]);
    sqlite_schema_is_refused on [sqlite]
        acme("SELECT sql FROM sqlite_schema").is_refused(&[Relation]);
    sqlite_sequence_is_refused on [sqlite]
        acme("SELECT seq FROM sqlite_sequence").is_refused(&[Relation]);
    the_pages_of_the_file_are_refused on [sqlite]
        acme("SELECT data FROM sqlite_dbpage").is_refused(&[Relation]);
    mysql_users_are_refused on [mysql]
        acme("SELECT * FROM mysql.user").is_refused(&[Relation]);
    dual_is_harmless on [mysql]
        acme("SELECT 1 FROM dual");

    /// U+FF52, a full-width r.
    a_full_width_letter_makes_another_name on [sqlite postgres mysql]
        acme("SELECT * FROM \u{ff52}esources").is_refused(&[Relation, Syntax]);
    a_cyrillic_letter_makes_another_name on [sqlite postgres mysql]
        acme("SELECT * FROM resour\u{441}es").is_refused(&[Relation, Syntax]);
    /// U+017F folds to s in Unicode, and in no database's names.
    a_long_s_makes_another_name on [sqlite postgres mysql]
        acme("SELECT * FROM re\u{17f}ources").is_refused(&[Relation, Syntax]);
    a_combining_mark_makes_another_name on [sqlite postgres mysql]
        acme("SELECT * FROM resources\u{301}").is_refused(&[Relation, Syntax]);
    a_zero_width_space_makes_another_name on [sqlite postgres mysql]
        acme("SELECT * FROM resources\u{200b}").is_refused(&[Relation, Syntax]);
    a_zero_width_space_in_quotes_makes_another_name on [sqlite postgres]
        acme("SELECT * FROM \"resources\u{200b}\"").is_refused(&[Relation]);
    a_space_in_quotes_makes_another_name on [sqlite postgres]
        acme(r#"SELECT * FROM "resources ""#).is_refused(&[Relation]);
    an_empty_name_is_refused on [sqlite postgres]
        acme(r#"SELECT * FROM """#).is_refused(&[Relation, Syntax, Expression]);
    a_quote_in_a_name_is_another_name on [sqlite postgres]
        acme(r#"SELECT * FROM "resources"" JOIN secrets""#).is_refused(&[Relation, Expression]);
    a_backtick_in_a_name_is_another_name on [mysql]
        acme("SELECT * FROM `resources`` JOIN secrets`").is_refused(&[Relation, Expression]);
    a_bracket_in_a_name_is_another_name on [sqlite]
        acme("SELECT * FROM [resources]] JOIN secrets]").is_refused(&[Relation, Syntax, Expression]);
    /// A column in brackets whose name has brackets: SQLite knows no way to write it.
    a_doubled_bracket_in_a_column_is_harmless on [sqlite]
        acme("SELECT 1 AS [a]] FROM secrets -- ] FROM resources");
    a_backtick_in_a_columns_name_is_refused on [sqlite mysql]
        acme("SELECT 1 AS `a`` FROM secrets -- ` FROM resources WHERE id = 1").is_refused(&[Expression]);
    a_quote_in_a_columns_name_is_refused on [sqlite postgres]
        acme(r#"SELECT 1 AS "a"" FROM secrets -- " FROM resources WHERE id = 1"#).is_refused(&[Expression]);
    two_quotes_in_a_columns_name_are_refused on [sqlite postgres]
        acme(r#"SELECT 1 AS "a"""" FROM secrets -- " FROM resources WHERE id = 1"#).is_refused(&[Expression]);
    a_backslash_and_a_quote_in_a_columns_name_are_refused on [sqlite postgres]
        acme(r#"SELECT 1 AS "a\"" FROM secrets -- " FROM resources WHERE id = 1"#).is_refused(&[Expression]);
    a_unicode_escaped_name_is_refused on [postgres]
        acme(r#"SELECT * FROM U&"\0073ecrets""#).is_refused(&[Relation, Syntax, Expression]);
    a_unicode_escaped_name_of_the_tenants_is_refused on [postgres]
        acme(r#"SELECT * FROM U&"\0072esources""#).is_refused(&[Relation, Syntax, Expression]);
    a_table_called_only_is_refused on [postgres]
        acme("SELECT * FROM ONLY resources").is_refused(&[Relation, Clause, Syntax]);
    a_table_called_only_in_parentheses_is_refused on [postgres]
        acme("SELECT * FROM ONLY (resources)").is_refused(&[Relation, Clause, Syntax, Function]);
    a_joined_only_is_refused on [postgres]
        acme("SELECT * FROM orders JOIN ONLY resources ON true").is_refused(&[Relation, Clause, Syntax]);
    a_table_with_its_heirs_is_scoped_or_refused on [postgres]
        acme("SELECT count(*) FROM resources *");
    a_name_that_is_a_keyword_is_refused on [sqlite postgres mysql]
        acme("SELECT * FROM select").is_refused(&[Relation, Syntax, Expression]);
    a_view_that_is_not_declared_is_refused on [sqlite postgres mysql]
        acme("SELECT * FROM all_resources").is_refused(&[Relation]);
    a_view_that_is_declared_is_scoped on [sqlite postgres mysql]
        acme("SELECT id FROM open_resources WHERE 1 = 1 OR 1 = 2").sees(&["1", "3"]);
    a_shared_table_is_read_whole on [sqlite postgres mysql]
        acme("SELECT code FROM countries").sees(&["DE", "FR"]);
    /// PostgreSQL cuts a name after 63 bytes.
    a_name_that_postgres_would_cut_is_harmless on [postgres]
        acme("WITH aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab AS (SELECT id FROM resources) SELECT count(*) FROM aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac");
    a_temporary_tables_name_is_no_way_out on [mysql]
        acme("SELECT * FROM `resources `").is_refused(&[Relation, Expression]);
    a_table_behind_a_database_link_is_refused on [sqlite postgres mysql]
        acme("SELECT * FROM resources@elsewhere").is_refused(&[Relation, Syntax, Clause, Expression, Placeholder]);
    a_stage_is_refused on [sqlite postgres mysql]
        acme("SELECT * FROM @resources").is_refused(&[Relation, Syntax, Clause, Expression, Placeholder]);
    a_parameter_for_a_name_is_refused on [sqlite]
        acme("SELECT * FROM ?").is_refused(&[Relation, Syntax, Placeholder]);
    identifier_of_a_text_is_refused on [sqlite postgres mysql]
        acme("SELECT * FROM IDENTIFIER('secrets')").is_refused(&[Relation, Syntax, Function, Clause]);
}
