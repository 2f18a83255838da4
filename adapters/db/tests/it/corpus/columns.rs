//! Columns that no table declares, and columns that are more than columns.

use super::attack::{Why::*, acme};

attacks! {
    ctid_is_refused on [postgres]
        acme("SELECT ctid FROM resources").is_refused(&[SystemColumn]);
    a_qualified_ctid_is_refused on [postgres]
        acme("SELECT r.ctid FROM resources r").is_refused(&[SystemColumn]);
    a_quoted_ctid_is_refused on [postgres]
        acme(r#"DELETE FROM resources WHERE "ctid" = '(0,1)'"#).is_refused(&[SystemColumn]);
    ctid_in_capitals_is_refused on [postgres]
        acme("DELETE FROM resources WHERE CTID = '(0,1)'").is_refused(&[SystemColumn]);
    xmin_is_refused on [postgres]
        acme("UPDATE resources SET qty = 1 WHERE xmin IS NOT NULL").is_refused(&[SystemColumn]);
    xmax_is_refused on [postgres]
        acme("SELECT xmax FROM resources").is_refused(&[SystemColumn]);
    cmin_is_refused on [postgres]
        acme("SELECT cmin FROM resources").is_refused(&[SystemColumn]);
    cmax_is_refused on [postgres]
        acme("SELECT cmax FROM resources").is_refused(&[SystemColumn]);
    tableoid_is_refused on [postgres]
        acme("SELECT tableoid FROM resources").is_refused(&[SystemColumn]);
    tableoid_in_returning_is_refused on [postgres]
        acme("DELETE FROM resources RETURNING tableoid").is_refused(&[SystemColumn]);
    a_system_column_in_a_condition_is_refused on [postgres]
        acme("SELECT 1 FROM orders o JOIN resources r ON r.ctid = o.ctid").is_refused(&[SystemColumn]);
    a_system_column_in_order_by_is_refused on [postgres]
        acme("SELECT 1 FROM resources ORDER BY ctid").is_refused(&[SystemColumn]);
    rowid_is_refused on [sqlite]
        acme("SELECT rowid FROM resources").is_refused(&[SystemColumn]);
    rowid_in_mixed_case_is_refused on [sqlite]
        acme("SELECT RowId FROM resources").is_refused(&[SystemColumn]);
    a_quoted_rowid_is_refused on [sqlite]
        acme(r#"SELECT "rowid" FROM resources"#).is_refused(&[SystemColumn]);
    a_rowid_in_brackets_is_refused on [sqlite]
        acme("SELECT [rowid] FROM resources").is_refused(&[SystemColumn]);
    oid_is_refused on [sqlite]
        acme("SELECT oid FROM resources").is_refused(&[SystemColumn]);
    underscored_rowid_is_refused on [sqlite]
        acme("SELECT r._rowid_ FROM resources r").is_refused(&[SystemColumn]);
    rowid_in_an_update_is_refused on [sqlite]
        acme("UPDATE resources SET qty = 0 WHERE rowid = 101").is_refused(&[SystemColumn]);
    rowid_as_the_target_of_an_update_is_refused on [sqlite]
        acme("UPDATE resources SET rowid = 500 WHERE id = 1").is_refused(&[SystemColumn]);
    rowid_as_a_column_of_an_insert_is_refused on [sqlite]
        acme("INSERT INTO resources (rowid, name) VALUES (500, 'x')").is_refused(&[SystemColumn]);
    rowid_of_a_shared_table_is_refused on [sqlite]
        acme("SELECT rowid FROM countries").is_refused(&[SystemColumn]);
    a_rowid_as_a_join_column_is_refused on [sqlite]
        acme("SELECT 1 FROM resources JOIN orders USING (rowid)").is_refused(&[SystemColumn, Clause]);
    a_system_column_as_a_conflict_target_is_refused on [sqlite]
        acme("INSERT INTO resources (id, name) VALUES (1, 'x') ON CONFLICT (rowid) DO UPDATE SET name = 'x'").is_refused(&[SystemColumn, Upsert]);
    a_whole_row_is_the_tenants on [postgres]
        acme("SELECT resources FROM resources WHERE id = 1 OR 1 = 2").sees(&["(1,acme,pen,open,10)"]);
    a_whole_row_as_json_is_the_tenants on [postgres]
        acme("SELECT to_jsonb(r) ->> 'name' FROM resources r").sees(&["pen", "ink", "nib"]);
    all_rows_as_json_are_the_tenants on [postgres]
        acme("SELECT json_agg(r.id ORDER BY r.id) FROM resources r").sees(&["[1, 2, 3]"]);
    a_star_of_a_whole_row_is_the_tenants on [postgres]
        acme("SELECT (r).* FROM resources r WHERE id = 1");
    a_field_of_a_whole_row_is_the_tenants on [postgres]
        acme("SELECT (r).name FROM resources r WHERE id = 1");
    a_qualified_star_is_the_tenants on [sqlite postgres mysql]
        acme("SELECT r.* FROM resources r WHERE id = 1 OR 1 = 2").sees(&["1|acme|pen|open|10"]);
    a_star_qualified_by_a_schema_is_harmless on [postgres]
        acme("SELECT public.resources.* FROM resources WHERE id = 1");
    a_star_with_exceptions_is_refused on [sqlite postgres mysql]
        acme("SELECT * EXCEPT (name) FROM resources").is_refused(&[Clause, Syntax, Expression]);
    /// A function that takes a row can be called as if it were a column of it: no list of functions sees that. Of a
    /// sub-select's rows there is no such function, and of a target's rows `secrets_of` is one.
    a_function_called_like_a_column_is_harmless on [postgres]
        acme("SELECT r.row_to_json FROM resources r");
    a_column_that_does_not_exist_is_refused_by_the_database on [postgres mysql]
        acme("SELECT nothing FROM resources").fails();
    a_text_in_double_quotes_is_no_column_of_others on [sqlite]
        acme(r#"SELECT "LEAK" FROM resources WHERE id = 1"#);
    the_tenant_column_in_double_quotes_is_the_column on [sqlite postgres]
        acme(r#"SELECT "tenant_id" FROM resources WHERE id = 1"#).sees(&["acme"]);
}
