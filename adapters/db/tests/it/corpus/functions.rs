//! Functions that run SQL, read files, reach elsewhere or change settings: none is on the list.

use super::attack::{Why::*, acme};

attacks! {
    query_to_xml_is_refused on [postgres]
        acme("SELECT query_to_xml('SELECT * FROM secrets', true, true, '')").is_refused(&[Function]);
    query_to_xml_with_its_schema_is_refused on [postgres]
        acme("SELECT pg_catalog.query_to_xml('SELECT * FROM secrets', true, true, '')").is_refused(&[Function]);
    query_to_xml_in_quotes_is_refused on [postgres]
        acme(r#"SELECT "query_to_xml"('SELECT * FROM secrets', true, true, '')"#).is_refused(&[Function]);
    query_to_xml_in_capitals_is_refused on [postgres]
        acme("SELECT QUERY_TO_XML('SELECT * FROM secrets', true, true, '')").is_refused(&[Function]);
    query_to_xml_in_from_is_refused on [postgres]
        acme("SELECT * FROM query_to_xml('SELECT * FROM secrets', true, true, '')").is_refused(&[Function, Relation, Clause]);
    query_to_xml_in_where_is_refused on [postgres]
        acme("SELECT id FROM resources WHERE query_to_xml('SELECT 1', true, true, '') IS NOT NULL").is_refused(&[Function]);
    query_to_xml_in_order_by_is_refused on [postgres]
        acme("SELECT id FROM resources ORDER BY query_to_xml('SELECT 1', true, true, '')::text").is_refused(&[Function]);
    query_to_xml_in_limit_is_refused on [postgres]
        acme("SELECT id FROM resources LIMIT length(query_to_xml('SELECT 1', true, true, '')::text)").is_refused(&[Function]);
    query_to_xml_in_values_is_refused on [postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, query_to_xml('SELECT 1', true, true, '')::text)").is_refused(&[Function]);
    query_to_xml_in_set_is_refused on [postgres]
        acme("UPDATE resources SET name = query_to_xml('SELECT 1', true, true, '')::text").is_refused(&[Function]);
    query_to_xml_in_returning_is_refused on [postgres]
        acme("DELETE FROM resources RETURNING query_to_xml('SELECT 1', true, true, '')").is_refused(&[Function]);
    query_to_xml_in_a_filter_is_refused on [postgres]
        acme("SELECT count(*) FILTER (WHERE query_to_xml('SELECT 1', true, true, '') IS NULL) FROM resources").is_refused(&[Function]);
    query_to_xml_in_a_window_is_refused on [postgres]
        acme("SELECT count(*) OVER (PARTITION BY query_to_xml('SELECT 1', true, true, '')::text) FROM resources").is_refused(&[Function]);
    query_to_xml_in_an_array_is_refused on [postgres]
        acme("SELECT ARRAY[query_to_xml('SELECT 1', true, true, '')]").is_refused(&[Function]);
    query_to_xml_in_a_case_is_refused on [postgres]
        acme("SELECT CASE WHEN true THEN query_to_xml('SELECT 1', true, true, '') END").is_refused(&[Function]);
    query_to_xml_in_a_conflict_is_refused on [postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'pen') ON CONFLICT (tenant_id, name) DO UPDATE SET name = query_to_xml('SELECT 1', true, true, '')::text")
            .is_refused(&[Function]);
    table_to_xml_is_refused on [postgres]
        acme("SELECT table_to_xml('secrets', true, true, '')").is_refused(&[Function]);
    schema_to_xml_is_refused on [postgres]
        acme("SELECT schema_to_xml('public', true, true, '')").is_refused(&[Function]);
    database_to_xml_is_refused on [postgres]
        acme("SELECT database_to_xml(true, true, '')").is_refused(&[Function]);
    cursor_to_xml_is_refused on [postgres]
        acme("SELECT cursor_to_xml('c', 1, true, true, '')").is_refused(&[Function]);
    ts_stat_is_refused on [postgres]
        acme("SELECT * FROM ts_stat('SELECT to_tsvector(word) FROM secrets')").is_refused(&[Function, Relation, Clause]);
    ts_rewrite_with_a_query_is_refused on [postgres]
        acme("SELECT ts_rewrite('a'::tsquery, 'SELECT t, s FROM secrets')").is_refused(&[Function, Type]);
    dblink_is_refused on [postgres]
        acme("SELECT * FROM dblink('dbname=postgres', 'SELECT word FROM secrets') AS t (word text)").is_refused(&[Function, Relation, Clause]);
    dblink_exec_is_refused on [postgres]
        acme("SELECT dblink_exec('dbname=postgres', 'DELETE FROM secrets')").is_refused(&[Function]);
    crosstab_is_refused on [postgres]
        acme("SELECT * FROM crosstab('SELECT 1, 2, 3') AS t (a int, b int)").is_refused(&[Function, Relation, Clause]);
    reading_a_file_is_refused on [postgres]
        acme("SELECT pg_read_file('postgresql.conf')").is_refused(&[Function]);
    listing_a_folder_is_refused on [postgres]
        acme("SELECT pg_ls_dir('.')").is_refused(&[Function]);
    importing_a_large_object_is_refused on [postgres]
        acme("SELECT lo_import('/etc/passwd')").is_refused(&[Function]);
    reading_a_large_object_is_refused on [postgres]
        acme("SELECT lo_get(1)").is_refused(&[Function]);
    set_config_is_refused on [postgres]
        acme("SELECT set_config('app.tenant_id', 'globex', false)").is_refused(&[Function]);
    current_setting_is_refused on [postgres]
        acme("SELECT current_setting('app.tenant_id')").is_refused(&[Function]);
    setval_is_refused on [postgres]
        acme("SELECT setval('resources_id_seq', 1)").is_refused(&[Function]);
    nextval_is_refused on [postgres]
        acme("SELECT nextval('resources_id_seq')").is_refused(&[Function]);
    ending_others_is_refused on [postgres]
        acme("SELECT pg_terminate_backend(1)").is_refused(&[Function]);
    sleeping_is_refused on [postgres]
        acme("SELECT pg_sleep(1)").is_refused(&[Function]);
    notifying_is_refused on [postgres]
        acme("SELECT pg_notify('channel', 'x')").is_refused(&[Function]);
    advisory_locks_are_refused on [postgres]
        acme("SELECT pg_advisory_lock(1)").is_refused(&[Function]);
    sizes_of_tables_are_refused on [postgres]
        acme("SELECT pg_relation_size('secrets')").is_refused(&[Function]);
    has_table_privilege_is_refused on [postgres]
        acme("SELECT has_table_privilege('secrets', 'select')").is_refused(&[Function]);
    definitions_of_views_are_refused on [postgres]
        acme("SELECT pg_get_viewdef('all_resources')").is_refused(&[Function]);
    looking_up_names_is_refused on [postgres]
        acme("SELECT to_regclass('secrets')").is_refused(&[Function]);
    input_of_any_type_is_refused on [postgres]
        acme("SELECT regclassin('secrets')").is_refused(&[Function]);
    populating_a_record_of_a_table_is_refused on [postgres]
        acme("SELECT jsonb_populate_record(NULL::secrets, '{}')").is_refused(&[Function, Type]);
    xmltable_is_refused on [postgres]
        acme("SELECT * FROM XMLTABLE('/a' PASSING '<a/>'::xml COLUMNS x text)").is_refused(&[Clause, Function, Relation, Type, Syntax]);
    json_table_is_refused_or_harmless on [postgres mysql]
        acme("SELECT * FROM JSON_TABLE('[1]', '$[*]' COLUMNS (x INT PATH '$')) t").is_refused(&[Clause, Function, Relation, Syntax]);
    a_tables_function_with_a_secret_inside_is_refused on [postgres]
        acme("SELECT * FROM generate_series(1, (SELECT count(*) FROM secrets)) g").is_refused(&[Relation, Function, Clause]);
    a_series_as_long_as_the_tenants_rows_is_scoped_or_refused on [postgres]
        acme("SELECT * FROM generate_series(1, (SELECT count(*) FROM resources)) g");
    rows_from_is_refused on [postgres]
        acme("SELECT * FROM ROWS FROM (pg_ls_dir('.')) AS t").is_refused(&[Clause, Function, Relation, Syntax]);
    a_users_function_is_refused on [sqlite postgres mysql]
        acme("SELECT neighbours()").is_refused(&[Function]);
    a_users_function_with_a_schema_is_refused on [sqlite postgres mysql]
        acme("SELECT app.upper('x')").is_refused(&[Function, Syntax]);
    a_listed_function_in_another_schema_is_refused on [postgres]
        acme("SELECT public.lower('X')").is_refused(&[Function]);
    a_listed_name_in_quotes_and_capitals_is_another_function on [postgres]
        acme(r#"SELECT "LOWER"('X')"#).is_refused(&[Function]);
    a_function_as_a_table_of_the_same_name_is_refused on [sqlite postgres mysql]
        acme("SELECT * FROM resources('x')").is_refused(&[Function, Relation, Clause]);
    a_secret_as_a_tables_function_is_refused on [sqlite postgres mysql]
        acme("SELECT * FROM secrets()").is_refused(&[Function, Relation, Clause]);
    an_odbc_call_is_refused on [sqlite postgres mysql]
        acme("SELECT {fn query_to_xml('SELECT 1', true, true, '')}").is_refused(&[Function, Expression, Syntax]);
    a_method_call_is_refused on [sqlite postgres mysql]
        acme("SELECT (SELECT 1).query_to_xml('x') FROM resources").is_refused(&[Function, Expression, Syntax]);
    a_users_operator_is_refused on [postgres]
        acme("SELECT 1 OPERATOR(app.+) 2").is_refused(&[Expression, Syntax, Clause]);
    an_operator_of_ones_own_is_refused on [postgres]
        acme("SELECT 1 <#%#> 2").is_refused(&[Expression, Syntax]);

    load_extension_is_refused on [sqlite]
        acme("SELECT load_extension('x')").is_refused(&[Function]);
    readfile_is_refused on [sqlite]
        acme("SELECT readfile('/etc/passwd')").is_refused(&[Function]);
    writefile_is_refused on [sqlite]
        acme("SELECT writefile('/tmp/x', 'y')").is_refused(&[Function]);
    edit_is_refused on [sqlite]
        acme("SELECT edit('x', 'sh')").is_refused(&[Function]);
    fts_tokenizers_are_refused on [sqlite]
        acme("SELECT fts3_tokenizer('simple', x'00')").is_refused(&[Function]);
    pragma_functions_are_refused on [sqlite]
        acme("SELECT * FROM pragma_table_info('secrets')").is_refused(&[Function, Relation, Clause]);
    pragma_functions_without_arguments_are_refused on [sqlite]
        acme("SELECT * FROM pragma_database_list").is_refused(&[Function, Relation, Clause]);
    last_insert_rowid_is_refused on [sqlite]
        acme("SELECT last_insert_rowid()").is_refused(&[Function]);
    changes_is_refused on [sqlite]
        acme("SELECT changes(), total_changes()").is_refused(&[Function]);
    offsets_in_the_file_are_refused on [sqlite]
        acme("SELECT sqlite_offset(id) FROM resources").is_refused(&[Function]);
    huge_blobs_are_refused on [sqlite]
        acme("SELECT length(zeroblob(1000000000)), length(randomblob(1000000000))").is_refused(&[Function]);
    json_each_is_scoped_or_refused on [sqlite]
        acme("SELECT value FROM json_each('[1, 2]')");
    json_each_over_the_tenants_rows_is_scoped_or_refused on [sqlite]
        acme("SELECT value FROM resources r, json_each('[' || r.id || ']')");
    json_each_with_a_secret_inside_is_refused on [sqlite]
        acme("SELECT value FROM json_each((SELECT json_group_array(word) FROM secrets))").is_refused(&[Relation, Function, Clause]);

    load_file_is_refused on [mysql]
        acme("SELECT LOAD_FILE('/etc/passwd')").is_refused(&[Function]);
    sleep_is_refused on [mysql]
        acme("SELECT SLEEP(10)").is_refused(&[Function]);
    benchmark_is_refused on [mysql]
        acme("SELECT BENCHMARK(1000000, SHA1('x'))").is_refused(&[Function]);
    get_lock_is_refused on [mysql]
        acme("SELECT GET_LOCK('x', 10)").is_refused(&[Function]);
    extractvalue_is_refused on [mysql]
        acme("SELECT EXTRACTVALUE('<a/>', CONCAT('~', 'x'))").is_refused(&[Function]);
    last_insert_id_is_refused on [mysql]
        acme("SELECT LAST_INSERT_ID(5)").is_refused(&[Function]);
    found_rows_is_refused on [mysql]
        acme("SELECT FOUND_ROWS()").is_refused(&[Function]);
    a_function_behind_a_space_is_refused on [mysql]
        acme("SELECT load_file ('/etc/passwd')").is_refused(&[Function]);
    a_function_behind_a_comment_is_refused on [postgres]
        acme("SELECT query_to_xml/**/('SELECT 1', true, true, '')").is_refused(&[Function]);
    a_function_in_backticks_is_refused on [mysql]
        acme("SELECT `load_file`('/etc/passwd')").is_refused(&[Function]);
}
