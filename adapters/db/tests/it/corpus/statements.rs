//! Everything that is not one SELECT, INSERT, UPDATE or DELETE.

use super::attack::{Why::*, acme};

attacks! {
    two_statements_are_refused on [sqlite postgres mysql]
        acme("SELECT 1; SELECT word FROM secrets").is_refused(&[Statements]);
    a_statement_behind_a_harmless_one_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources; DELETE FROM secrets").is_refused(&[Statements]);
    a_statement_without_a_semicolon_between_is_refused on [sqlite postgres mysql]
        acme("SELECT 1 DELETE FROM secrets").is_refused(&[Statements, Syntax, Relation]);
    a_statement_behind_a_comment_is_refused on [sqlite postgres mysql]
        acme("SELECT 1 -- \n; DELETE FROM resources").is_refused(&[Statements]);
    nothing_is_refused on [sqlite postgres mysql]
        acme("").is_refused(&[Statements]);
    white_space_is_refused on [sqlite postgres mysql]
        acme(" \t\n ").is_refused(&[Statements]);
    a_comment_alone_is_refused on [sqlite postgres mysql]
        acme("/* SELECT 1 */ -- ").is_refused(&[Statements]);
    a_semicolon_alone_is_refused on [sqlite postgres mysql]
        acme(";").is_refused(&[Statements]);
    semicolons_around_are_harmless on [sqlite postgres mysql]
        acme(";;SELECT id FROM resources;;");
    merge_is_refused on [sqlite postgres mysql]
        acme("MERGE INTO resources r USING orders o ON true WHEN MATCHED THEN DELETE").is_refused(&[Statement, Syntax]);
    merge_that_inserts_is_refused on [postgres]
        acme("MERGE INTO resources r USING (SELECT 1 AS id) s ON r.id = s.id WHEN NOT MATCHED THEN INSERT (id, tenant_id) VALUES (50, 'globex')")
            .is_refused(&[Statement]);
    truncate_is_refused on [sqlite postgres mysql]
        acme("TRUNCATE resources").is_refused(&[Statement, Syntax]);
    truncate_table_is_refused on [postgres mysql]
        acme("TRUNCATE TABLE resources, orders CASCADE").is_refused(&[Statement, Syntax]);
    copy_to_is_refused on [postgres]
        acme("COPY secrets TO STDOUT").is_refused(&[Statement]);
    copy_of_a_query_is_refused on [postgres]
        acme("COPY (SELECT * FROM resources) TO STDOUT").is_refused(&[Statement, Syntax]);
    copy_from_is_refused on [postgres]
        acme("COPY resources FROM STDIN").is_refused(&[Statement, Syntax, Statements]);
    copy_with_data_is_refused on [postgres]
        acme("COPY resources (id, tenant_id) FROM STDIN;\n50\tglobex\n\\.\n").is_refused(&[Statement, Syntax, Statements, Expression]);
    copy_to_a_program_is_refused on [postgres]
        acme("COPY secrets TO PROGRAM 'sh'").is_refused(&[Statement, Syntax]);
    explain_is_refused on [sqlite postgres mysql]
        acme("EXPLAIN SELECT * FROM secrets").is_refused(&[Statement]);
    explain_analyze_of_a_delete_is_refused on [postgres mysql]
        acme("EXPLAIN ANALYZE DELETE FROM resources").is_refused(&[Statement]);
    explain_with_options_is_refused on [postgres]
        acme("EXPLAIN (ANALYZE, VERBOSE) DELETE FROM resources").is_refused(&[Statement]);
    explain_query_plan_is_refused on [sqlite]
        acme("EXPLAIN QUERY PLAN SELECT * FROM secrets").is_refused(&[Statement]);
    describe_is_refused on [mysql]
        acme("DESCRIBE secrets").is_refused(&[Statement, Syntax]);
    desc_of_a_query_is_refused on [mysql]
        acme("DESC SELECT * FROM secrets").is_refused(&[Statement, Syntax]);
    show_is_refused on [postgres mysql]
        acme("SHOW TABLES").is_refused(&[Statement, Syntax]);
    show_create_is_refused on [mysql]
        acme("SHOW CREATE TABLE secrets").is_refused(&[Statement]);
    select_into_is_refused on [postgres]
        acme("SELECT * INTO stolen FROM resources").is_refused(&[Clause]);
    select_into_a_temporary_table_is_refused on [postgres]
        acme("SELECT * INTO TEMP resources FROM resources").is_refused(&[Clause]);
    select_into_inside_is_refused on [postgres]
        acme("SELECT * FROM (SELECT * INTO stolen FROM resources) x").is_refused(&[Clause]);
    select_into_in_an_arm_is_refused on [postgres]
        acme("SELECT id INTO stolen FROM resources UNION SELECT id FROM orders").is_refused(&[Clause]);
    create_table_as_is_refused on [sqlite postgres mysql]
        acme("CREATE TABLE stolen AS SELECT * FROM resources").is_refused(&[Statement]);
    create_temp_table_is_refused on [sqlite postgres]
        acme("CREATE TEMP TABLE resources AS SELECT * FROM secrets").is_refused(&[Statement]);
    create_view_is_refused on [sqlite postgres mysql]
        acme("CREATE VIEW v AS SELECT * FROM secrets").is_refused(&[Statement]);
    create_function_is_refused on [postgres]
        acme("CREATE FUNCTION lower(text) RETURNS text LANGUAGE sql AS 'SELECT word FROM secrets'").is_refused(&[Statement, Syntax]);
    create_trigger_is_refused on [sqlite]
        acme("CREATE TRIGGER t AFTER INSERT ON resources BEGIN DELETE FROM orders; END").is_refused(&[Statement, Syntax, Statements]);
    create_index_is_refused on [sqlite postgres mysql]
        acme("CREATE INDEX i ON resources (name)").is_refused(&[Statement]);
    drop_is_refused on [sqlite postgres mysql]
        acme("DROP TABLE resources").is_refused(&[Statement]);
    alter_is_refused on [sqlite postgres mysql]
        acme("ALTER TABLE resources RENAME TO r").is_refused(&[Statement]);
    alter_role_is_refused on [postgres]
        acme("ALTER ROLE postgres SUPERUSER").is_refused(&[Statement, Syntax]);
    grant_is_refused on [postgres mysql]
        acme("GRANT ALL ON resources TO PUBLIC").is_refused(&[Statement, Syntax]);
    set_is_refused on [postgres mysql]
        acme("SET search_path = app").is_refused(&[Statement]);
    set_local_is_refused on [postgres]
        acme("SET LOCAL row_security = off").is_refused(&[Statement]);
    set_role_is_refused on [postgres]
        acme("SET ROLE postgres").is_refused(&[Statement]);
    set_session_authorization_is_refused on [postgres]
        acme("SET SESSION AUTHORIZATION postgres").is_refused(&[Statement, Syntax]);
    set_names_is_refused on [mysql]
        acme("SET NAMES gbk").is_refused(&[Statement]);
    reset_is_refused on [postgres]
        acme("RESET ALL").is_refused(&[Statement, Syntax]);
    discard_is_refused on [postgres]
        acme("DISCARD ALL").is_refused(&[Statement, Syntax]);
    begin_is_refused on [sqlite postgres mysql]
        acme("BEGIN").is_refused(&[Statement]);
    commit_is_refused on [sqlite postgres mysql]
        acme("COMMIT").is_refused(&[Statement]);
    rollback_is_refused on [sqlite postgres mysql]
        acme("ROLLBACK").is_refused(&[Statement]);
    savepoint_is_refused on [sqlite postgres mysql]
        acme("SAVEPOINT x").is_refused(&[Statement]);
    release_is_refused on [sqlite postgres mysql]
        acme("RELEASE SAVEPOINT x").is_refused(&[Statement]);
    do_is_refused on [postgres mysql]
        acme("DO $$ BEGIN DELETE FROM resources; END $$").is_refused(&[Statement, Syntax, Statements]);
    call_is_refused on [postgres mysql]
        acme("CALL everything()").is_refused(&[Statement]);
    prepare_is_refused on [postgres mysql]
        acme("PREPARE p AS SELECT * FROM secrets").is_refused(&[Statement, Syntax]);
    execute_is_refused on [postgres mysql]
        acme("EXECUTE p").is_refused(&[Statement]);
    execute_immediate_is_refused on [postgres mysql]
        acme("EXECUTE IMMEDIATE 'SELECT * FROM secrets'").is_refused(&[Statement, Syntax]);
    deallocate_is_refused on [postgres mysql]
        acme("DEALLOCATE ALL").is_refused(&[Statement, Syntax]);
    declare_is_refused on [postgres]
        acme("DECLARE c CURSOR FOR SELECT * FROM secrets").is_refused(&[Statement]);
    fetch_is_refused on [postgres]
        acme("FETCH ALL FROM c").is_refused(&[Statement, Syntax]);
    listen_is_refused on [postgres]
        acme("LISTEN channel").is_refused(&[Statement]);
    notify_is_refused on [postgres]
        acme("NOTIFY channel, 'x'").is_refused(&[Statement]);
    lock_is_refused on [postgres mysql]
        acme("LOCK TABLE resources IN ACCESS EXCLUSIVE MODE").is_refused(&[Statement, Syntax]);
    vacuum_is_refused on [sqlite postgres]
        acme("VACUUM").is_refused(&[Statement, Syntax]);
    vacuum_into_is_refused on [sqlite]
        acme("VACUUM INTO '/tmp/stolen.db'").is_refused(&[Statement, Syntax]);
    analyze_is_refused on [sqlite postgres]
        acme("ANALYZE").is_refused(&[Statement, Syntax]);
    reindex_is_refused on [sqlite postgres]
        acme("REINDEX").is_refused(&[Statement, Syntax]);
    pragma_is_refused on [sqlite]
        acme("PRAGMA table_info(secrets)").is_refused(&[Statement, Syntax]);
    pragma_that_sets_is_refused on [sqlite]
        acme("PRAGMA writable_schema = ON").is_refused(&[Statement, Syntax]);
    attach_is_refused on [sqlite]
        acme("ATTACH DATABASE '/tmp/x.db' AS x").is_refused(&[Statement, Syntax]);
    attach_without_database_is_refused on [sqlite]
        acme("ATTACH '/tmp/x.db' AS x").is_refused(&[Statement, Syntax]);
    detach_is_refused on [sqlite]
        acme("DETACH other").is_refused(&[Statement, Syntax]);
    replace_is_refused on [sqlite mysql]
        acme("REPLACE INTO resources (id, name) VALUES (101, 'mine')").is_refused(&[Clause, Upsert, Statement]);
    handler_is_refused on [mysql]
        acme("HANDLER secrets OPEN").is_refused(&[Statement, Syntax]);
    load_data_is_refused on [mysql]
        acme("LOAD DATA INFILE '/etc/passwd' INTO TABLE resources").is_refused(&[Statement, Syntax]);
    use_is_refused on [mysql]
        acme("USE other").is_refused(&[Statement]);
    kill_is_refused on [mysql]
        acme("KILL 1").is_refused(&[Statement]);
    flush_is_refused on [mysql]
        acme("FLUSH TABLES").is_refused(&[Statement]);
    a_table_command_is_refused_or_scoped on [postgres mysql]
        acme("TABLE resources");
    a_table_command_on_secrets_is_refused on [sqlite postgres mysql]
        acme("TABLE secrets").is_refused(&[Relation, Clause, Statement, Syntax, Expression]);
    from_first_is_refused on [sqlite postgres mysql]
        acme("FROM resources SELECT id").is_refused(&[Statement, Clause, Syntax]);
    from_alone_is_refused on [sqlite postgres mysql]
        acme("FROM secrets").is_refused(&[Statement, Clause, Syntax, Relation]);
    a_pipe_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources |> WHERE id = 1").is_refused(&[Clause, Syntax]);
    for_update_is_scoped on [postgres]
        acme("SELECT id FROM resources WHERE id = 1 OR id = 101 FOR UPDATE");
    for_update_of_an_alias_is_scoped on [postgres]
        acme("SELECT r.id FROM resources r JOIN orders o ON o.resource_id = r.id OR 1 = 1 WHERE o.id = 11 FOR UPDATE OF r");
    /// Without rows: which of them others have locked at the moment is no matter of scoping.
    skip_locked_is_scoped on [postgres]
        acme("SELECT r.id FROM resources r JOIN orders o ON o.resource_id = r.id LIMIT 0 FOR UPDATE OF r SKIP LOCKED").sees(&[]);
    for_share_is_scoped on [postgres mysql]
        acme("SELECT id FROM resources FOR SHARE");
    for_update_on_sqlite_is_refused on [sqlite]
        acme("SELECT id FROM resources FOR UPDATE").is_refused(&[Clause, Syntax]);
    lock_in_share_mode_is_harmless on [mysql]
        acme("SELECT id FROM resources LOCK IN SHARE MODE");
    for_xml_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources FOR XML AUTO").is_refused(&[Clause, Syntax]);
    for_json_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources FOR JSON AUTO").is_refused(&[Clause, Syntax]);
    settings_are_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources SETTINGS x = 1").is_refused(&[Clause, Syntax]);
    format_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources FORMAT JSON").is_refused(&[Clause, Syntax]);
    connect_by_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources START WITH id = 1 CONNECT BY PRIOR id = qty").is_refused(&[Clause, Syntax, Expression]);
    top_is_refused on [sqlite postgres mysql]
        acme("SELECT TOP 5 id FROM resources").is_refused(&[Clause, Syntax, Expression]);
    prewhere_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources PREWHERE id = 1").is_refused(&[Clause, Syntax]);
    lateral_view_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources LATERAL VIEW explode(name) t AS x").is_refused(&[Clause, Syntax, Function]);
    fetch_with_ties_counts_the_tenants_own on [postgres]
        acme("SELECT status FROM resources ORDER BY status FETCH FIRST 1 ROW WITH TIES").sees(&["open", "open"]);
}
