//! New rows are the tenant's, whatever the statement says.

use super::attack::{Attack, Why::*, acme};

/// What [`acme`] tries, which adds this one row `50 new`.
const fn adds_one(sql: &'static str) -> Attack {
    acme(sql).leaves(&[
        "1 pen open 10",
        "2 ink shut 20",
        "3 nib open 30",
        "50 new NULL NULL",
    ])
}

attacks! {
    a_new_row_is_the_tenants on [sqlite postgres mysql]
        adds_one("INSERT INTO resources (id, name) VALUES (50, 'new')");
    two_new_rows_are_the_tenants on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, name) VALUES (50, 'a'), (51, 'b')")
            .leaves(&["1 pen open 10", "2 ink shut 20", "3 nib open 30", "50 a NULL NULL", "51 b NULL NULL"]);
    a_new_row_in_a_table_of_another_column_is_the_tenants on [sqlite postgres]
        acme("INSERT INTO orders (id, total) VALUES (50, 1) RETURNING org_id, total").sees(&["acme|1"]);
    a_qualified_target_is_scoped on [postgres]
        adds_one(r#"INSERT INTO "public"."resources" ("id", "name") VALUES (50, 'new')"#);
    a_qualified_target_is_scoped_on_sqlite on [sqlite]
        adds_one("INSERT INTO main.RESOURCES ([id], `name`) VALUES (50, 'new')");
    an_aliased_target_is_scoped on [postgres]
        adds_one("INSERT INTO resources AS r (id, name) VALUES (50, 'new')");
    returning_tells_the_tenants_row on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'new') RETURNING *").sees(&["50|acme|new|NULL|NULL"]);
    a_sub_select_in_returning_is_scoped on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'new') RETURNING (SELECT count(*) FROM orders)").sees(&["3"]);
    a_secret_in_returning_is_refused on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'new') RETURNING (SELECT max(word) FROM secrets)").is_refused(&[Relation]);
    an_insert_without_columns_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources VALUES (50, 'globex', 'new', 'open', 1)").is_refused(&[InsertColumns]);
    an_insert_without_columns_from_a_select_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources SELECT 50, 'globex', 'new', 'open', 1").is_refused(&[InsertColumns]);
    an_insert_with_empty_columns_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources () VALUES ()").is_refused(&[InsertColumns, Syntax]);
    an_insert_that_names_the_tenant_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, tenant_id, name) VALUES (50, 'globex', 'new')").is_refused(&[TenantColumn]);
    an_insert_that_names_the_tenant_in_capitals_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, TENANT_ID, name) VALUES (50, 'globex', 'new')").is_refused(&[TenantColumn]);
    an_insert_that_names_the_tenant_in_quotes_is_refused on [sqlite postgres]
        acme(r#"INSERT INTO resources (id, "tenant_id", name) VALUES (50, 'globex', 'new')"#).is_refused(&[TenantColumn]);
    an_insert_that_names_the_tenant_in_quotes_and_capitals_is_refused on [sqlite]
        acme(r#"INSERT INTO resources (id, "Tenant_ID", name) VALUES (50, 'globex', 'new')"#).is_refused(&[TenantColumn]);
    an_insert_that_names_the_tenant_in_backticks_is_refused on [sqlite mysql]
        acme("INSERT INTO resources (id, `tenant_id`, name) VALUES (50, 'globex', 'new')").is_refused(&[TenantColumn]);
    an_insert_that_names_the_tenant_in_brackets_is_refused on [sqlite]
        acme("INSERT INTO resources (id, [tenant_id], name) VALUES (50, 'globex', 'new')").is_refused(&[TenantColumn]);
    an_insert_that_names_the_tenant_in_single_quotes_is_refused on [sqlite]
        acme("INSERT INTO resources (id, 'tenant_id', name) VALUES (50, 'globex', 'new')").is_refused(&[TenantColumn, Syntax]);
    an_insert_that_names_the_tenant_in_escapes_is_refused on [postgres]
        acme(r#"INSERT INTO resources (id, U&"\0074enant_id") VALUES (50, 'globex')"#).is_refused(&[TenantColumn, Syntax, Clause, Expression]);
    an_insert_that_names_the_tenant_with_its_table_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, resources.tenant_id) VALUES (50, 'globex')").is_refused(&[TenantColumn, Clause, Syntax, Expression]);
    an_insert_into_a_part_of_the_tenant_is_refused on [postgres]
        acme("INSERT INTO resources (id, tenant_id[1]) VALUES (50, 'globex')").is_refused(&[TenantColumn, Syntax, Clause]);
    an_insert_into_a_field_of_the_tenant_is_refused on [postgres]
        acme("INSERT INTO resources (id, tenant_id.x) VALUES (50, 'globex')").is_refused(&[TenantColumn, Syntax, Clause, Expression]);
    /// U+0130 is i in some tables of capitals.
    an_insert_that_names_the_tenant_with_a_turkish_i_is_refused on [mysql]
        acme("INSERT INTO resources (id, tenant_\u{130}d) VALUES (50, 'globex')").is_refused(&[TenantColumn, Clause]);
    an_insert_that_names_a_rest_of_the_tenants_name_is_harmless on [postgres]
        acme(r#"INSERT INTO resources (id, "TENANT_ID") VALUES (50, 'globex')"#);
    a_row_that_is_too_long_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, name) VALUES (50, 'new', 'globex')").is_refused(&[InsertColumns, Clause, Syntax]);
    a_row_that_is_too_short_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, name) VALUES (50)").is_refused(&[InsertColumns, Clause, Syntax]);
    a_second_row_that_is_too_long_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, name) VALUES (50, 'a'), (51, 'b', 'globex')").is_refused(&[InsertColumns, Clause, Syntax]);
    an_empty_row_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, name) VALUES ()").is_refused(&[InsertColumns, Clause, Syntax]);
    default_values_are_the_tenants on [postgres sqlite]
        acme("INSERT INTO orders DEFAULT VALUES RETURNING org_id");
    default_as_a_value_is_harmless on [postgres mysql]
        acme("INSERT INTO resources (id, name, qty) VALUES (50, 'new', DEFAULT)");
    rows_of_a_select_are_the_tenants on [sqlite postgres mysql]
        adds_one("INSERT INTO resources (id, name) SELECT 50, 'new'");
    rows_of_a_scoped_select_are_the_tenants on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, name, qty) SELECT id + 50, name || '2', qty FROM resources WHERE id = 1 OR id = 101");
    a_select_of_all_counts_the_tenants_own on [sqlite postgres]
        acme("INSERT INTO resources (id, name, status, qty) SELECT id + 50, 'n' || id, status, qty FROM resources RETURNING id")
            .sees(&["51", "52", "53"]);
    a_select_with_one_column_too_many_is_harmless on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, name) SELECT 50, 'new', 'globex'");
    a_select_with_one_column_too_few_is_harmless on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, name) SELECT 50");
    a_star_with_one_column_too_many_is_harmless on [sqlite postgres mysql]
        acme("INSERT INTO countries (code) SELECT * FROM resources").is_refused(&[SharedWrite]);
    a_star_that_brings_a_tenant_is_harmless on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, name) SELECT * FROM (SELECT 50 AS id, 'new' AS name, 'globex' AS tenant_id) x");
    a_select_with_order_and_limit_is_scoped on [sqlite postgres mysql]
        adds_one("INSERT INTO resources (id, name) SELECT 50, 'new' FROM resources ORDER BY id LIMIT 1");
    a_union_as_a_source_is_scoped on [sqlite postgres]
        acme("INSERT INTO resources (id, name) SELECT 50, 'a' UNION ALL SELECT max(id), 'b' FROM resources WHERE id > 50");
    values_in_a_union_as_a_source_are_scoped on [sqlite postgres]
        acme("INSERT INTO resources (id, name) VALUES (50, 'a') UNION ALL SELECT 51, 'b' RETURNING id, tenant_id").sees(&["50|acme", "51|acme"]);
    values_in_parentheses_as_a_source_are_harmless on [postgres]
        acme("INSERT INTO resources (id, name) (VALUES (50, 'new'))");
    a_select_in_parentheses_as_a_source_is_scoped on [postgres]
        adds_one("INSERT INTO resources (id, name) (SELECT 50, 'new')");
    a_secret_as_a_source_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, name) SELECT id + 50, word FROM secrets").is_refused(&[Relation]);
    a_secret_in_a_value_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, name) VALUES (50, (SELECT max(word) FROM secrets))").is_refused(&[Relation]);
    a_sub_select_in_a_value_is_scoped on [sqlite postgres]
        acme("INSERT INTO resources (id, name, qty) VALUES (50, 'new', (SELECT sum(qty) FROM resources)) RETURNING qty").sees(&["60"]);
    a_table_command_as_a_source_is_harmless on [postgres]
        acme("INSERT INTO resources (id, name) TABLE secrets").is_refused(&[Relation, Clause, Syntax, Expression]);
    an_undeclared_target_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO secrets (id, word) VALUES (3, 'mine')").is_refused(&[Relation]);
    a_view_that_is_not_declared_is_refused_as_a_target on [postgres]
        acme("INSERT INTO all_resources (id, tenant_id) VALUES (50, 'globex')").is_refused(&[Relation]);
    a_shared_table_is_not_written_to on [sqlite postgres mysql]
        acme("INSERT INTO countries (code, name) VALUES ('XX', 'Mine')").is_refused(&[SharedWrite]);
    another_schemas_table_is_not_written_to on [postgres]
        acme("INSERT INTO app.resources (word) VALUES ('mine')").is_refused(&[Relation]);
    insert_or_replace_is_refused on [sqlite]
        acme("INSERT OR REPLACE INTO resources (id, name) VALUES (101, 'mine')").is_refused(&[Upsert, Clause]);
    insert_or_ignore_is_refused on [sqlite]
        acme("INSERT OR IGNORE INTO resources (id, name) VALUES (101, 'mine')").is_refused(&[Upsert, Clause]);
    insert_or_rollback_is_refused on [sqlite]
        acme("INSERT OR ROLLBACK INTO resources (id, name) VALUES (101, 'mine')").is_refused(&[Upsert, Clause]);
    insert_or_abort_and_fail_are_refused on [sqlite]
        acme("INSERT OR FAIL INTO resources (id, name) VALUES (101, 'mine')").is_refused(&[Upsert, Clause]);
    insert_ignore_is_refused on [mysql]
        acme("INSERT IGNORE INTO resources (id, name) VALUES (101, 'mine')").is_refused(&[Upsert, Clause]);
    insert_overwrite_is_refused on [sqlite postgres mysql]
        acme("INSERT OVERWRITE TABLE resources SELECT 1").is_refused(&[Clause, Syntax, InsertColumns]);
    insert_into_a_partition_is_refused on [mysql]
        acme("INSERT INTO resources PARTITION (p0) (id, name) VALUES (50, 'new')").is_refused(&[Clause, Syntax]);
    insert_into_a_function_is_refused on [sqlite postgres mysql]
        acme("INSERT INTO FUNCTION remote('x') VALUES (1)").is_refused(&[Clause, Syntax, InsertColumns, Function, Relation]);
    insert_set_is_refused_or_right on [mysql]
        acme("INSERT INTO resources SET id = 50, name = 'new'");
    insert_set_of_the_tenant_is_refused on [mysql]
        acme("INSERT INTO resources SET id = 50, tenant_id = 'globex'").is_refused(&[TenantColumn, Clause, Syntax, InsertColumns]);
    insert_low_priority_is_harmless on [mysql]
        acme("INSERT LOW_PRIORITY INTO resources (id, name) VALUES (50, 'new')");
    insert_with_an_alias_of_the_row_is_harmless on [mysql]
        acme("INSERT INTO resources (id, name) VALUES (50, 'new') AS n");
    overriding_system_value_is_harmless on [postgres]
        acme("INSERT INTO resources (id, name) OVERRIDING SYSTEM VALUE VALUES (50, 'new')");
    insert_first_and_all_are_refused on [sqlite postgres mysql]
        acme("INSERT ALL INTO resources (id) VALUES (50) INTO orders (id) VALUES (51) SELECT 1").is_refused(&[Clause, Syntax, Statement, Relation]);
    the_same_column_twice_is_harmless on [sqlite postgres mysql]
        acme("INSERT INTO resources (id, id, name) VALUES (50, 51, 'new')");
}
