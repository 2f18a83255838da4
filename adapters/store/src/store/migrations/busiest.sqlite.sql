-- The tenants that were busiest of late in any process: those that a process which starts reads first.
CREATE TABLE tollgate_busiest (
    tenant_id TEXT PRIMARY KEY,
    place INTEGER NOT NULL,         -- 1 is the busiest of those who were noted at that time
    noted_at INTEGER NOT NULL       -- seconds since 1970
);
