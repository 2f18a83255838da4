DECLARE
    member record;
BEGIN
    FOR member IN
        WITH RECURSIVE family (relation) AS (
            SELECT c.oid
            FROM (VALUES
                {declared}
            ) AS d (space, name, col)
            JOIN pg_catalog.pg_namespace AS n ON n.nspname = d.space
            JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = d.name
            UNION
            SELECT i.inhrelid
            FROM family AS f
            JOIN pg_catalog.pg_inherits AS i ON i.inhparent = f.relation
        )
        SELECT c.oid, c.oid::pg_catalog.regclass AS relation
        FROM family AS f
        JOIN pg_catalog.pg_class AS c ON c.oid = f.relation
        WHERE c.relkind IN ('r', 'p')
            AND EXISTS (
                SELECT FROM pg_catalog.pg_policy AS p
                WHERE p.polrelid = c.oid AND p.polname IN ('tollgate_tenant', 'tollgate_tenant_only')
            )
    LOOP
        EXECUTE pg_catalog.format('DROP POLICY IF EXISTS tollgate_tenant ON %s', member.relation);
        EXECUTE pg_catalog.format('DROP POLICY IF EXISTS tollgate_tenant_only ON %s', member.relation);
        -- Somebody else's policies keep their force.
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = member.oid) THEN
            EXECUTE pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY',
                member.relation);
        END IF;
    END LOOP;
END
