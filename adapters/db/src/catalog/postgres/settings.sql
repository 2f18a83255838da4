-- Settings by which statements are read.
SELECT current_setting('standard_conforming_strings') AS strings, (
    SELECT p.space::text
    FROM unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY AS p (space, number)
    WHERE p.space !~ '^pg_temp_'
    ORDER BY p.number
    LIMIT 1
) AS first
