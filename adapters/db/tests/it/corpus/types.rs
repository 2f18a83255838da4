//! Types whose input reads the catalog, or whose name is a table's.

use super::attack::{Why::*, acme};

attacks! {
    a_cast_to_regclass_is_refused on [postgres]
        acme("SELECT 'secrets'::regclass").is_refused(&[Type]);
    a_cast_to_regclass_in_words_is_refused on [postgres]
        acme("SELECT CAST('secrets' AS regclass)").is_refused(&[Type]);
    a_cast_to_regclass_in_capitals_is_refused on [postgres]
        acme("SELECT 'secrets'::REGCLASS").is_refused(&[Type]);
    a_cast_to_quoted_regclass_is_refused on [postgres]
        acme(r#"SELECT 'secrets'::"regclass""#).is_refused(&[Type]);
    a_cast_to_qualified_regclass_is_refused on [postgres]
        acme("SELECT 'secrets'::pg_catalog.regclass").is_refused(&[Type]);
    a_cast_to_an_array_of_regclass_is_refused on [postgres]
        acme("SELECT '{secrets}'::regclass[]").is_refused(&[Type]);
    a_cast_to_arrays_of_arrays_of_regclass_is_refused on [postgres]
        acme("SELECT '{{secrets}}'::regclass[][]").is_refused(&[Type]);
    a_cast_to_regclass_and_on_is_refused on [postgres]
        acme("SELECT 'secrets'::regclass::oid::text").is_refused(&[Type]);
    a_typed_regclass_is_refused on [postgres]
        acme("SELECT regclass 'secrets'").is_refused(&[Type, Syntax, Expression]);
    a_regclass_called_like_a_function_is_refused on [postgres]
        acme("SELECT regclass('secrets')").is_refused(&[Function]);
    regproc_is_refused on [postgres]
        acme("SELECT 'query_to_xml'::regproc").is_refused(&[Type]);
    regprocedure_is_refused on [postgres]
        acme("SELECT 'lower(text)'::regprocedure").is_refused(&[Type]);
    regrole_is_refused on [postgres]
        acme("SELECT 'postgres'::regrole").is_refused(&[Type]);
    regnamespace_is_refused on [postgres]
        acme("SELECT 'public'::regnamespace").is_refused(&[Type]);
    regtype_is_refused on [postgres]
        acme("SELECT 'secrets'::regtype").is_refused(&[Type]);
    regoper_is_refused on [postgres]
        acme("SELECT '||/'::regoper").is_refused(&[Type]);
    regcollation_is_refused on [postgres]
        acme(r#"SELECT '"C"'::regcollation"#).is_refused(&[Type]);
    regconfig_is_refused on [postgres]
        acme("SELECT 'english'::regconfig").is_refused(&[Type]);
    a_cast_to_a_table_is_refused on [postgres]
        acme("SELECT '(1,acme,x)'::secrets").is_refused(&[Type]);
    a_cast_to_the_tenants_table_is_refused on [postgres]
        acme("SELECT '(1,globex,a,b,1)'::resources").is_refused(&[Type]);
    oid_is_refused on [postgres]
        acme("SELECT 1::oid").is_refused(&[Type, SystemColumn]);
    xml_is_refused on [postgres]
        acme("SELECT '<a/>'::xml").is_refused(&[Type]);
    refcursor_is_refused on [postgres]
        acme("SELECT 'c'::refcursor").is_refused(&[Type]);
    a_cast_inside_an_array_is_refused on [postgres]
        acme("SELECT ARRAY['secrets'::regclass]").is_refused(&[Type]);
    a_cast_in_values_is_refused on [postgres]
        acme("VALUES ('secrets'::regclass)").is_refused(&[Type]);
    a_cast_in_set_is_refused on [postgres]
        acme("UPDATE resources SET name = 'secrets'::regclass::text").is_refused(&[Type]);
    a_cast_of_a_renaming_alias_is_refused on [postgres]
        acme("SELECT * FROM generate_series(1, 2) AS t (a regclass)").is_refused(&[Type, Clause, Relation, Function, Syntax]);
    ordinary_types_are_cast_to on [postgres]
        acme("SELECT id::text, qty::bigint, '2020-01-01'::date, CAST('1.5' AS numeric(5, 2)) FROM resources WHERE id = 1")
            .sees(&["1|10|2020-01-01|1.50"]);
    a_varchar_is_cast_to on [postgres mysql]
        acme("SELECT CAST(id AS CHAR(2)) FROM resources WHERE id = 1");
    a_domain_is_refused on [postgres]
        acme("SELECT 'x'::information_schema.sql_identifier").is_refused(&[Type]);
    try_cast_is_refused on [sqlite postgres mysql]
        acme("SELECT TRY_CAST('1' AS INTEGER)").is_refused(&[Expression, Syntax, Type, Function]);
    safe_cast_is_refused on [sqlite postgres mysql]
        acme("SELECT SAFE_CAST('1' AS INTEGER)").is_refused(&[Expression, Syntax, Type, Function]);
    a_collation_of_ones_own_is_harmless on [sqlite postgres]
        acme("SELECT id FROM resources WHERE name COLLATE nothing = 'pen'");
    a_collation_does_not_widen_the_tenant on [sqlite]
        acme("SELECT count(*) FROM resources WHERE tenant_id COLLATE NOCASE = 'ACME'").sees(&["3"]);
}
