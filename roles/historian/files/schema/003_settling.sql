-- Brings tenants, roles and partitions to what the estate declares. Run by the superuser on the
-- socket alone; each function returns one line for each thing that it changed.
CREATE FUNCTION bulkhead.settle_tenant(wanted text, wanted_issuer text) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text := 'measurements_' || wanted;
    known text := (SELECT issuer FROM bulkhead.tenants WHERE tenant = wanted);
BEGIN
    IF known IS DISTINCT FROM wanted_issuer THEN
        INSERT INTO bulkhead.tenants VALUES (wanted, wanted_issuer)
            ON CONFLICT (tenant) DO UPDATE SET issuer = excluded.issuer;
        RETURN NEXT 'tenant ' || wanted;
    END IF;
    IF to_regclass(format('bulkhead.%I', part)) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE bulkhead.%I PARTITION OF bulkhead.measurements FOR VALUES IN (%L)',
            part, wanted
        );
        EXECUTE format('ALTER TABLE bulkhead.%I OWNER TO bulkhead_owner', part);
        RETURN NEXT 'partition ' || part;
    END IF;
END $$;

CREATE FUNCTION bulkhead.settle_client(wanted text, wanted_tenant text, wanted_kind text)
RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other regrole;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
        EXECUTE format(
            'CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS IN ROLE %I',
            wanted, 'bulkhead_' || wanted_kind
        );
        RETURN NEXT 'role ' || wanted;
    END IF;
    IF NOT EXISTS (SELECT FROM bulkhead.clients WHERE role = wanted) THEN
        INSERT INTO bulkhead.clients VALUES (wanted, wanted_tenant, wanted_kind);
        RETURN NEXT 'client ' || wanted;
    END IF;
    -- A role that anybody widened is narrowed again.
    FOR other IN
        SELECT roleid::regrole FROM pg_auth_members
        WHERE member = quote_ident(wanted)::regrole AND roleid <> ('bulkhead_' || wanted_kind)::regrole
    LOOP
        EXECUTE format('REVOKE %s FROM %I', other, wanted);
        RETURN NEXT wanted || ' is no longer ' || other;
    END LOOP;
    IF EXISTS (
        SELECT FROM pg_roles WHERE rolname = wanted AND (
            rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR NOT rolcanlogin
            OR rolconnlimit <> 8
        )
    ) THEN
        EXECUTE format(
            'ALTER ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB CONNECTION LIMIT 8',
            wanted
        );
        RETURN NEXT 'limits of ' || wanted;
    END IF;
END $$;

-- Clients that are no longer declared may not log in; rows stay.
CREATE FUNCTION bulkhead.settle_rest(wanted text[]) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone name;
BEGIN
    FOR gone IN SELECT role FROM bulkhead.clients WHERE role <> ALL (wanted) LOOP
        EXECUTE format('ALTER ROLE %I NOLOGIN', gone);
        DELETE FROM bulkhead.clients WHERE role = gone;
        RETURN NEXT 'closed ' || gone;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION bulkhead.settle_tenant, bulkhead.settle_client, bulkhead.settle_rest FROM PUBLIC;
