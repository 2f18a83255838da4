-- The role of the connection, and every role that it can SET ROLE to, with the worst that each may do: a superuser may do
-- all the rest, and can become anybody.
SELECT m.login, m.role, m.power
FROM (
    SELECT session_user::text AS login, r.rolname::text AS role,
        CASE
            WHEN r.rolsuper THEN 'superuser'
            WHEN r.rolbypassrls THEN 'bypassrls'
            WHEN r.rolcreaterole THEN 'createrole'
            WHEN r.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program') THEN 'files'
        END AS power
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname IN (session_user, current_user)
        OR (
            NOT (SELECT s.rolsuper FROM pg_catalog.pg_roles AS s WHERE s.rolname = session_user)
            AND pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')
        )
) AS m
WHERE m.power IS NOT NULL
ORDER BY m.role
