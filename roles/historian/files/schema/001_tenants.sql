-- Who may connect, and whose rows they see. Applied once, in a transaction of its own, by
-- bulkhead-historian-settle; a file that was applied is never changed again.
CREATE ROLE bulkhead_owner NOLOGIN;
CREATE ROLE bulkhead_ingest NOLOGIN;
CREATE ROLE bulkhead_inference NOLOGIN;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON DATABASE historian FROM PUBLIC;

CREATE SCHEMA bulkhead AUTHORIZATION bulkhead_owner;
CREATE EXTENSION sslinfo SCHEMA bulkhead;
GRANT CONNECT ON DATABASE historian TO bulkhead_ingest, bulkhead_inference;
GRANT USAGE ON SCHEMA bulkhead TO bulkhead_ingest, bulkhead_inference;

SET LOCAL ROLE bulkhead_owner;

-- issuer: the distinguished name of the one authority that may name clients of this tenant, as
-- sslinfo prints it. On a shared historian a name alone proves nothing: every tenant's authority
-- is trusted by the same server, and another's could sign a certificate with this tenant's name.
CREATE TABLE bulkhead.tenants (
    tenant text COLLATE "C" PRIMARY KEY CHECK (tenant ~ '^[a-z][a-z0-9-]{0,30}$'),
    issuer text NOT NULL
);

-- role: what a certificate's name is mapped to (pg_ident.conf): TENANT_KIND.
CREATE TABLE bulkhead.clients (
    role name PRIMARY KEY,
    tenant text COLLATE "C" NOT NULL REFERENCES bulkhead.tenants,
    kind text NOT NULL CHECK (kind IN ('ingest', 'inference')),
    UNIQUE (tenant, kind)
);

-- The tenant of this session: by its role, and by the issuer of its certificate. NULL, and then
-- no row of anybody's, for a session that is not exactly that.
CREATE FUNCTION bulkhead.own_tenant() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.tenant
    FROM bulkhead.clients c JOIN bulkhead.tenants t USING (tenant)
    WHERE c.role = session_user AND t.issuer = bulkhead.ssl_issuer_dn()
$$;
REVOKE ALL ON FUNCTION bulkhead.own_tenant() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bulkhead.own_tenant() TO bulkhead_ingest, bulkhead_inference;
