-- The columns of these names, and PostgreSQL's own type beneath all domains.
SELECT a.attrelid::int8 AS relation, a.attname::text AS name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS data_type, NOT (a.attnotnull OR base.not_null) AS nullable,
    a.attgenerated <> '' AS generated, base.name AS base, coalesce(l.collisdeterministic, true) AS exact
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind NOT IN ('i', 'I', 't')
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
LEFT JOIN LATERAL (
    WITH RECURSIVE domain (type, kind, next, not_null) AS (
        SELECT t.oid, t.typtype, t.typbasetype, t.typnotnull FROM pg_catalog.pg_type AS t WHERE t.oid = a.atttypid
        UNION ALL
        SELECT t.oid, t.typtype, t.typbasetype, d.not_null OR t.typnotnull
        FROM domain AS d
        JOIN pg_catalog.pg_type AS t ON t.oid = d.next
        WHERE d.kind = 'd'
    )
    SELECT d.not_null,
        CASE WHEN t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace THEN t.typname::text END AS name
    FROM domain AS d
    JOIN pg_catalog.pg_type AS t ON t.oid = d.type
    WHERE d.kind <> 'd'
) AS base ON true
WHERE a.attname = ANY($1::text[]) AND a.attnum > 0 AND NOT a.attisdropped
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
