-- Functions that can be called as a column of a row: r.f is f(r). Those of one relation's rows, and those of any row's.
SELECT c.oid::int8 AS relation, n.nspname::text AS space, p.proname::text AS name
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_type AS t ON t.oid = p.proargtypes[0]
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
WHERE p.pronargs >= 1 AND p.pronargs - p.pronargdefaults <= 1
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND (c.oid IS NOT NULL OR t.oid IN (
        'pg_catalog.record'::pg_catalog.regtype, 'pg_catalog."any"'::pg_catalog.regtype,
        'pg_catalog.anyelement'::pg_catalog.regtype, 'pg_catalog.anynonarray'::pg_catalog.regtype,
        'pg_catalog.anycompatible'::pg_catalog.regtype, 'pg_catalog.anycompatiblenonarray'::pg_catalog.regtype
    ))
    -- What an extension brings is its own: it knows nobody's tables.
    AND NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
    )
ORDER BY n.nspname, p.proname
