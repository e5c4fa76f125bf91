-- What is kept. Every table names its tenant and shows a session the rows of its own tenant
-- alone; the owner is held to that too (FORCE), so a function of his leaks nothing.
SET LOCAL ROLE bulkhead_owner;

-- A value is who, what and when: the primary key is what "exactly once" means. Each tenant's rows
-- lie in a partition of their own, and in the order in which a model reads them.
-- value: in the signal's own unit (see signals), finite. at: UTC, of the sampling.
CREATE TABLE bulkhead.measurements (
    tenant text COLLATE "C" NOT NULL,
    node text COLLATE "C" NOT NULL,
    device text COLLATE "C" NOT NULL,
    signal text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    value double precision NOT NULL CHECK (value > '-Infinity' AND value < 'Infinity'),
    historical boolean NOT NULL,
    received timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, node, device, signal, at)
) PARTITION BY LIST (tenant);

-- Where each node's stream stands, in the same transaction as its values. seq and bd_seq are
-- Sparkplug's (0 to 255); devices: signals by device, as born; last_at: its newest live value;
-- Counts of values since the gateway's memory was made, as the gateway says: taken from the plant,
-- waiting to be sent, dropped unsent; and as we see: stored (each once) and refused. lost: what was
-- taken, does not wait, was not dropped, and still is not here; as of the last report, and too low
-- while values are on their way again; NULL for a gateway that does not count. before: losses,
-- dropped ones included, of earlier memories of this gateway.
CREATE TABLE bulkhead.nodes (
    tenant text COLLATE "C" NOT NULL,
    node text COLLATE "C" NOT NULL,
    bd_seq smallint NOT NULL CHECK (bd_seq BETWEEN 0 AND 255),
    seq smallint NOT NULL CHECK (seq BETWEEN 0 AND 255),
    online boolean NOT NULL,
    births bigint NOT NULL,
    devices jsonb NOT NULL,
    last_at timestamptz,
    taken bigint,
    waiting bigint NOT NULL,
    dropped bigint NOT NULL,
    stored bigint NOT NULL,
    refused bigint NOT NULL,
    lost bigint,
    before bigint NOT NULL,
    PRIMARY KEY (tenant, node)
);

-- The last batch that each writer committed: a writer that lost its connection while it committed
-- reads here whether it did.
CREATE TABLE bulkhead.checkpoints (
    tenant text COLLATE "C" NOT NULL,
    writer text COLLATE "C" NOT NULL,
    batch bigint NOT NULL,
    PRIMARY KEY (tenant, writer)
);

-- A hole in a node's stream between after_at and before_at: `missed` messages never came, or NULL
-- where sequence numbers cannot say it, because a new session began. What was in it comes again as
-- historical values, or is counted in nodes.lost.
CREATE TABLE bulkhead.gaps (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text COLLATE "C" NOT NULL,
    node text COLLATE "C" NOT NULL,
    missed integer CHECK (missed > 0),
    after_at timestamptz NOT NULL,
    before_at timestamptz NOT NULL,
    noticed timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON bulkhead.gaps (tenant, node, before_at);

-- What is lost for good, in values, by node; and how many messages stayed away at first.
CREATE VIEW bulkhead.losses WITH (security_invoker) AS
SELECT
    n.tenant, n.node, n.lost, n.dropped, n.before,
    coalesce(sum(g.missed), 0) AS missed, count(g.id) AS gaps
FROM bulkhead.nodes n LEFT JOIN bulkhead.gaps g USING (tenant, node)
GROUP BY n.tenant, n.node;

-- What did not fit, and why. payload: its first 1024 bytes; size: of the whole. The newest 10,000
-- rows of a tenant are kept (see trim).
CREATE TABLE bulkhead.quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text COLLATE "C" NOT NULL,
    topic text NOT NULL CHECK (length(topic) <= 512),
    reason text NOT NULL CHECK (length(reason) <= 64),
    detail text NOT NULL CHECK (length(detail) <= 256),
    size integer NOT NULL,
    payload bytea NOT NULL CHECK (octet_length(payload) <= 1024),
    received timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON bulkhead.quarantine (tenant, id);

-- What the tenant's models conclude. remaining: hours of life left, 90 % interval [low, high].
CREATE TABLE bulkhead.predictions (
    tenant text COLLATE "C" NOT NULL,
    node text COLLATE "C" NOT NULL,
    device text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    remaining double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL CHECK (low <= remaining AND remaining <= high),
    made timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, node, device, model, at)
);

CREATE FUNCTION bulkhead.trim() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM bulkhead.quarantine WHERE tenant = bulkhead.own_tenant() AND id <= (
        SELECT id FROM bulkhead.quarantine WHERE tenant = bulkhead.own_tenant()
        ORDER BY id DESC OFFSET 10000 LIMIT 1
    );
    RETURN NULL;
END $$;
CREATE TRIGGER trim AFTER INSERT ON bulkhead.quarantine
    FOR EACH STATEMENT EXECUTE FUNCTION bulkhead.trim();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'measurements', 'nodes', 'checkpoints', 'gaps', 'quarantine', 'predictions'
    ] LOOP
        EXECUTE format('ALTER TABLE bulkhead.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE bulkhead.%I FORCE ROW LEVEL SECURITY', name);
        -- The sub-select is evaluated once for a statement, not once for a row.
        EXECUTE format(
            'CREATE POLICY own_tenant ON bulkhead.%I USING (tenant = (SELECT bulkhead.own_tenant()))',
            name
        );
    END LOOP;
END $$;

-- Ingest adds; it neither changes nor removes a value.
GRANT SELECT, INSERT ON bulkhead.measurements, bulkhead.gaps, bulkhead.quarantine TO bulkhead_ingest;
GRANT SELECT, INSERT, UPDATE ON bulkhead.nodes, bulkhead.checkpoints TO bulkhead_ingest;
GRANT SELECT ON bulkhead.losses TO bulkhead_ingest, bulkhead_inference;
GRANT SELECT ON bulkhead.measurements, bulkhead.nodes, bulkhead.gaps TO bulkhead_inference;
GRANT SELECT, INSERT ON bulkhead.predictions TO bulkhead_inference;
