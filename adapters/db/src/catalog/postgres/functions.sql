-- Functions that statements can call by their names alone, without their being declared: as a column of a row, since r.f is
-- f(r), or because they have one of these names. A record, such as the row of a sub-select, goes into a parameter of any
-- composite type.
WITH RECURSIVE beneath (type, at, kind, next) AS (
    -- Each type, and what is beneath it if it is a domain.
    SELECT t.oid, t.oid, t.typtype, t.typbasetype FROM pg_catalog.pg_type AS t
    UNION ALL
    SELECT b.type, t.oid, t.typtype, t.typbasetype
    FROM beneath AS b
    JOIN pg_catalog.pg_type AS t ON t.oid = b.next
    WHERE b.kind = 'd'
), of_rows (type, at) AS (
    SELECT b.type, b.at
    FROM beneath AS b
    WHERE b.kind = 'c' OR b.at IN (
        'pg_catalog.record'::pg_catalog.regtype, 'pg_catalog."any"'::pg_catalog.regtype,
        'pg_catalog.anyelement'::pg_catalog.regtype, 'pg_catalog.anynonarray'::pg_catalog.regtype,
        'pg_catalog.anycompatible'::pg_catalog.regtype, 'pg_catalog.anycompatiblenonarray'::pg_catalog.regtype
    )
), takes_rows (type) AS (
    SELECT r.type FROM of_rows AS r
    UNION
    -- What a row is made into unasked.
    SELECT b.type
    FROM pg_catalog.pg_cast AS k
    JOIN of_rows AS r ON r.type = k.castsource
    JOIN beneath AS b ON b.at = k.casttarget
    WHERE k.castcontext = 'i'
)
SELECT n.nspname::text AS space, p.proname::text AS name,
    pg_catalog.pg_get_function_identity_arguments(p.oid) AS arguments, c.like_column
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
CROSS JOIN LATERAL (
    SELECT p.pronargs >= 1 AND p.pronargs - p.pronargdefaults <= 1
        AND CASE WHEN p.pronargs = 1 AND p.provariadic <> 0 THEN p.provariadic ELSE p.proargtypes[0] END
            IN (SELECT r.type FROM takes_rows AS r) AS like_column
) AS c
WHERE p.prokind <> 'p' AND (c.like_column OR p.proname::text = ANY($1))
    AND n.nspname = ANY(pg_catalog.current_schemas(true))
    -- No function is found by its name alone in the schema of temporary tables.
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_temp_'
ORDER BY n.nspname, p.proname, arguments
