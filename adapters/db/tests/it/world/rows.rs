//! The tables, and the rows in them.

/// Which of the two worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum World {
    /// The first.
    One,
    /// The second, where everybody but acme has other rows, and more.
    Other,
}

/// Both.
pub(crate) const WORLDS: [World; 2] = [World::One, World::Other];

/// The tables of both databases.
pub(crate) const TABLES: &str = r#"
CREATE TABLE resources (
    id INTEGER PRIMARY KEY, tenant_id TEXT, name TEXT, status TEXT, qty INTEGER, UNIQUE (tenant_id, name));
CREATE TABLE orders (id INTEGER PRIMARY KEY, org_id TEXT, resource_id INTEGER, total INTEGER);
CREATE TABLE "Notes" (id INTEGER PRIMARY KEY, tenant_id TEXT, body TEXT);
CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT);
CREATE TABLE secrets (id INTEGER, tenant_id TEXT, word TEXT);
CREATE VIEW open_resources AS SELECT * FROM resources WHERE status = 'open';
CREATE VIEW all_resources AS SELECT * FROM resources;
INSERT INTO resources VALUES
    (1, 'acme', 'pen', 'open', 10), (2, 'acme', 'ink', 'shut', 20), (3, 'acme', 'nib', 'open', 30);
INSERT INTO orders VALUES (11, 'acme', 1, 5), (12, 'acme', 2, 7), (13, 'acme', 101, 9);
INSERT INTO "Notes" VALUES (21, 'acme', 'mine');
INSERT INTO countries VALUES ('DE', 'Germany'), ('FR', 'France');
INSERT INTO secrets VALUES (1, 'acme', 'LEAK own'), (2, 'globex', 'LEAK other');
"#;

/// What the others have. Some of their orders point at acme's resources, and one of acme's at theirs.
pub(crate) fn others(world: World) -> &'static str {
    match world {
        World::One => {
            r#"
INSERT INTO resources VALUES
    (101, 'globex', 'pen', 'open', 1000), (102, 'globex', 'LEAK ink', 'shut', 2000),
    (201, 'ACME', 'pen', 'open', 3000), (202, 'acme ', 'pen', 'open', 3100),
    (301, 'acme-2', 'LEAK nib', 'open', 4000), (401, NULL, 'LEAK null', 'open', 5000), (402, '', 'LEAK', 'open', 6000);
INSERT INTO orders VALUES
    (111, 'globex', 1, 500), (112, 'globex', 101, 700), (113, 'ACME', 2, 600), (114, NULL, 3, 650);
INSERT INTO "Notes" VALUES (121, 'globex', 'LEAK');
"#
        }
        World::Other => {
            r#"
INSERT INTO resources VALUES
    (101, 'globex', 'OTHER 1', 'shut', 91), (102, 'globex', 'OTHER 2', 'open', 92),
    (201, 'ACME', 'OTHER 3', 'shut', 93), (202, 'acme ', 'OTHER 4', 'shut', 94),
    (301, 'acme-2', 'OTHER 5', 'shut', 95), (401, NULL, 'OTHER 6', 'shut', 96), (402, '', 'OTHER', 'shut', 97),
    (151, 'globex', 'OTHER 7', 'open', 98), (152, 'globex', 'OTHER 8', 'open', 99);
INSERT INTO orders VALUES
    (111, 'globex', 2, 81), (112, 'globex', 1, 82), (113, 'ACME', 101, 83), (114, NULL, 1, 84), (105, 'globex', 3, 85);
INSERT INTO "Notes" VALUES (121, 'globex', 'OTHER'), (120, 'ACME', 'OTHER');
UPDATE secrets SET word = 'OTHER';
"#
        }
    }
}

/// Every row that is not acme's, and every row of a table that no tenant may write to.
pub(crate) const NOT_ACMES: &str = r#"
SELECT 'r', id, tenant_id, name, status, qty FROM resources WHERE tenant_id IS NULL OR tenant_id <> 'acme'
UNION ALL SELECT 'o', id, org_id, NULL, NULL, resource_id * 1000000 + total FROM orders
    WHERE org_id IS NULL OR org_id <> 'acme'
UNION ALL SELECT 'n', id, tenant_id, body, NULL, NULL FROM "Notes" WHERE tenant_id IS NULL OR tenant_id <> 'acme'
UNION ALL SELECT 'c', NULL, code, name, NULL, NULL FROM countries
UNION ALL SELECT 's', id, tenant_id, word, NULL, NULL FROM secrets
ORDER BY 1, 2, 3
"#;

/// Acme's rows, as `resources|id|name|status|qty`.
pub(crate) const ACMES: &str = r#"
SELECT 'r', id, name, status, qty FROM resources WHERE tenant_id = 'acme'
UNION ALL SELECT 'o', id, NULL, resource_id || '', total FROM orders WHERE org_id = 'acme'
UNION ALL SELECT 'n', id, body, NULL, NULL FROM "Notes" WHERE tenant_id = 'acme'
ORDER BY 1, 2
"#;
