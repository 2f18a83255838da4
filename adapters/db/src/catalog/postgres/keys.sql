-- Unique and exclusion constraints, but those of values that only the database makes.
SELECT i.indrelid::int8 AS relation, x.relname::text AS name, ARRAY(
    SELECT a.attname::text
    FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS k (at)
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.at]
    ORDER BY k.at
) AS columns
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid AND c.relkind IN ('r', 'p')
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE (i.indisunique OR i.indisexclusion)
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND EXISTS (
        SELECT
        FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS k (at)
        LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.at]
        WHERE a.attidentity IS DISTINCT FROM 'a'
    )
ORDER BY x.relname
