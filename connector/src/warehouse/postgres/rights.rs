//! How PostgreSQL is asked what the connector's role may do.
//!
//! Privileges are read out of the access lists themselves, for the role, for every role that it may become and for
//! PUBLIC, so that each finding knows the grant behind it and with it the statement that ends it. Every text is run by the
//! role itself: the catalogues it reads are open to every role. The session's search path is empty, so a bare name is
//! pg_catalog's.

use futures_util::future::try_join_all;
use tokio_postgres::{Client, types::Type};

use crate::warehouse::rights::{Check, Excess, check};

/// The role; those whose rights it has, with their names as they are written; schemas that are neither the system's nor
/// the one that is served, which is `$1`.
macro_rules! with {
    () => {
        "WITH me AS (SELECT oid, rolname, rolsuper FROM pg_roles WHERE rolname = current_user), \
    held AS (SELECT 0::oid AS grantee, 'PUBLIC' AS name UNION ALL SELECT r.oid, quote_ident(r.rolname) FROM pg_roles r, me \
        WHERE r.oid = me.oid OR (NOT me.rolsuper AND pg_has_role(me.oid, r.oid, 'MEMBER'))), \
    own AS (SELECT oid, nspname, nspowner, nspacl, nspname = $1 AS served FROM pg_namespace \
        WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND nspname !~ '^pg_(toast_)?temp_')"
    };
}

/// Tables, views, sequences and what is like them, with one line for each privilege that is held.
macro_rules! relations {
    () => {
        concat!(with!(), ", relations AS (SELECT n.served, c.relkind = 'S' AS sequence, format('%I.%I', n.nspname, c.relname) AS object, \
        a.privilege_type AS privilege, h.name AS grantee \
    FROM own n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
    CROSS JOIN LATERAL aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner))) a \
    JOIN held h ON h.grantee = a.grantee) \
            SELECT object, format('REVOKE %s ON %s %s FROM %s', privilege, CASE WHEN sequence THEN 'SEQUENCE' ELSE 'TABLE' END, object, grantee) ")
    };
}

/// Functions that are not the database's own, with who may call them. Code outside the database's languages is powerful but
/// for extensions that PostgreSQL itself marks as trusted (pgcrypto is, dblink is not).
macro_rules! functions {
    () => {
        concat!(with!(), ", trusted AS MATERIALIZED (SELECT name, version FROM pg_available_extension_versions WHERE trusted AND installed), functions AS (SELECT p.oid::regprocedure::text AS object, h.name AS grantee, \
        p.prosecdef OR (NOT l.lanpltrusted AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid \
        JOIN trusted t ON t.name = e.extname AND t.version = e.extversion \
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e')) AS powerful \
    FROM own n JOIN pg_proc p ON p.pronamespace = n.oid JOIN pg_language l ON l.oid = p.prolang CROSS JOIN me \
    CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a JOIN held h ON h.grantee = a.grantee \
    WHERE has_schema_privilege(me.oid, n.oid, 'USAGE')) \
            SELECT object, format('REVOKE EXECUTE ON ROUTINE %s FROM %s', object, grantee) FROM functions ")
    };
}

/// A check, and the query for what it finds: object and remedy.
struct Probe(&'static Check, &'static str);

const PROBES: &[Probe] = &[
    Probe(
        check::ROLE_ATTRIBUTE,
        concat!(
            with!(),
            " SELECT a.name, format('ALTER ROLE %I NO%s', r.rolname, a.name) FROM pg_roles r JOIN me ON me.oid = r.oid CROSS JOIN LATERAL \
         (VALUES ('SUPERUSER', r.rolsuper), ('BYPASSRLS', r.rolbypassrls), ('CREATEROLE', r.rolcreaterole), \
         ('CREATEDB', r.rolcreatedb), ('REPLICATION', r.rolreplication)) a(name, held) WHERE a.held"
        ),
    ),
    Probe(
        check::MEMBERSHIP,
        concat!(
            with!(),
            " SELECT r.rolname::text, (SELECT format('REVOKE %I FROM %I', r.rolname, me.rolname) FROM pg_auth_members m \
         WHERE m.roleid = r.oid AND m.member = me.oid LIMIT 1) FROM pg_roles r, me \
         WHERE r.oid <> me.oid AND NOT me.rolsuper AND pg_has_role(me.oid, r.oid, 'MEMBER')"
        ),
    ),
    Probe(
        check::OWNERSHIP,
        concat!(
            with!(),
            " SELECT o.name, format('REASSIGN OWNED BY %I TO CURRENT_USER', me.rolname) FROM me JOIN (\
         SELECT relowner AS owner, format('%I.%I', n.nspname, relname) AS name FROM pg_class c JOIN own n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
         UNION ALL SELECT nspowner, quote_ident(nspname) FROM own \
         UNION ALL SELECT proowner, p.oid::regprocedure::text FROM pg_proc p JOIN own n ON n.oid = p.pronamespace \
         UNION ALL SELECT datdba, quote_ident(datname) FROM pg_database) o ON o.owner = me.oid"
        ),
    ),
    Probe(
        check::DATABASE_CREATE,
        concat!(
            with!(),
            " SELECT datname::text, format('REVOKE CREATE ON DATABASE %I FROM %s', datname, h.name) FROM pg_database d \
         CROSS JOIN LATERAL aclexplode(coalesce(datacl, acldefault('d', datdba))) a JOIN held h ON h.grantee = a.grantee \
         WHERE datname = current_database() AND a.privilege_type = 'CREATE'"
        ),
    ),
    Probe(
        check::DATABASE_TEMPORARY,
        concat!(
            with!(),
            " SELECT datname::text, format('REVOKE TEMPORARY ON DATABASE %I FROM %s', datname, h.name) FROM pg_database d \
         CROSS JOIN LATERAL aclexplode(coalesce(datacl, acldefault('d', datdba))) a JOIN held h ON h.grantee = a.grantee \
         WHERE datname = current_database() AND a.privilege_type = 'TEMPORARY'"
        ),
    ),
    Probe(
        check::DATABASE_CONNECT,
        concat!(
            with!(),
            " SELECT datname::text, format('REVOKE CONNECT ON DATABASE %I FROM %s', datname, h.name) FROM pg_database d \
         CROSS JOIN LATERAL aclexplode(coalesce(datacl, acldefault('d', datdba))) a JOIN held h ON h.grantee = a.grantee \
         WHERE datname <> current_database() AND datallowconn AND a.privilege_type = 'CONNECT'"
        ),
    ),
    Probe(
        check::SCHEMA_CREATE,
        concat!(
            with!(),
            " SELECT nspname::text, format('REVOKE CREATE ON SCHEMA %I FROM %s', nspname, h.name) FROM own \
         CROSS JOIN LATERAL aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a JOIN held h ON h.grantee = a.grantee \
         WHERE a.privilege_type = 'CREATE' AND NOT EXISTS (SELECT FROM me WHERE me.oid = nspowner)"
        ),
    ),
    Probe(
        check::SCHEMA_USAGE,
        concat!(
            with!(),
            " SELECT nspname::text, format('REVOKE USAGE ON SCHEMA %I FROM %s', nspname, h.name) FROM own \
         CROSS JOIN LATERAL aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a JOIN held h ON h.grantee = a.grantee \
         WHERE a.privilege_type = 'USAGE' AND NOT served AND NOT EXISTS (SELECT FROM me WHERE me.oid = nspowner)"
        ),
    ),
    Probe(
        check::RELATION_OUTSIDE,
        concat!(relations!(), "FROM relations WHERE NOT served"),
    ),
    Probe(
        check::RELATION_WRITE,
        concat!(
            relations!(),
            "FROM relations WHERE served AND (sequence OR privilege <> 'SELECT')"
        ),
    ),
    Probe(
        check::COLUMN_OUTSIDE,
        concat!(
            with!(),
            " SELECT format('%I.%I.%I', n.nspname, c.relname, t.attname), \
         format('REVOKE %s (%I) ON %I.%I FROM %s', a.privilege_type, t.attname, n.nspname, c.relname, h.name) \
         FROM own n JOIN pg_class c ON c.relnamespace = n.oid JOIN pg_attribute t ON t.attrelid = c.oid AND t.attacl IS NOT NULL \
         CROSS JOIN LATERAL aclexplode(t.attacl) a JOIN held h ON h.grantee = a.grantee \
         WHERE NOT n.served OR a.privilege_type <> 'SELECT'"
        ),
    ),
    Probe(
        check::CATALOGUE_SECRET,
        concat!(
            with!(),
            " SELECT format('pg_catalog.%I', c.relname), \
             format('REVOKE %s ON pg_catalog.%I FROM %s', a.privilege_type, c.relname, h.name) \
             FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN held h ON h.grantee = a.grantee \
             WHERE c.relnamespace = 'pg_catalog'::regnamespace AND a.privilege_type = 'SELECT' AND c.relname IN ('pg_authid', 'pg_shadow', 'pg_statistic', 'pg_statistic_ext_data', 'pg_largeobject', \
    'pg_user_mapping', 'pg_hba_file_rules', 'pg_ident_file_mappings', 'pg_file_settings', 'pg_config', \
    'pg_backend_memory_contexts', 'pg_shmem_allocations', 'pg_replication_origin_status', 'pg_subscription')"
        ),
    ),
    Probe(check::FUNCTION_TRUSTED, concat!(functions!(), "WHERE powerful")),
    Probe(
        check::FUNCTION_EXECUTABLE,
        concat!(functions!(), "WHERE NOT powerful"),
    ),
    Probe(
        check::SERVER_FUNCTION,
        concat!(
            with!(),
            " SELECT p.oid::regprocedure::text, format('REVOKE EXECUTE ON ROUTINE pg_catalog.%s FROM %s', p.oid::regprocedure, h.name) \
             FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a JOIN held h ON h.grantee = a.grantee \
             WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ '^(pg_read_file$|pg_read_binary_file$|pg_ls_|pg_stat_file$|lo_import|lo_export|pg_file_|pg_reload_conf|pg_promote|\
    pg_switch_wal|pg_create_restore_point|pg_(start|stop)_backup|pg_backup_(start|stop)|pg_stat_reset|pg_log_backend|\
    pg_replication_origin_|pg_wal_replay)'"
        ),
    ),
    Probe(
        check::VIEW_ESCAPE,
        concat!(
            with!(),
            " SELECT DISTINCT format('%I.%I reading %I.%I', vn.nspname, v.relname, tn.nspname, t.relname), \
         CASE WHEN v.relkind = 'm' THEN format('DROP MATERIALIZED VIEW %I.%I', vn.nspname, v.relname) \
         WHEN current_setting('server_version_num')::int >= 150000 \
         THEN format('ALTER VIEW %I.%I SET (security_invoker = true)', vn.nspname, v.relname) \
         ELSE format('DROP VIEW %I.%I', vn.nspname, v.relname) END \
         FROM own vn JOIN pg_class v ON v.relnamespace = vn.oid AND v.relkind IN ('v', 'm') JOIN pg_rewrite w ON w.ev_class = v.oid \
         JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass \
         JOIN pg_class t ON t.oid = d.refobjid AND t.oid <> v.oid JOIN pg_namespace tn ON tn.oid = t.relnamespace \
         WHERE vn.served AND tn.nspname <> $1 \
         AND NOT coalesce(v.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)"
        ),
    ),
    Probe(
        check::FOREIGN_TABLE,
        concat!(
            with!(),
            " SELECT format('%I.%I', n.nspname, c.relname), format('DROP FOREIGN TABLE %I.%I', n.nspname, c.relname) \
         FROM own n JOIN pg_class c ON c.relnamespace = n.oid WHERE n.served AND c.relkind = 'f'"
        ),
    ),
    Probe(
        check::FOREIGN_SERVER,
        concat!(
            with!(),
            " SELECT srvname::text, format('REVOKE USAGE ON FOREIGN SERVER %I FROM %s', srvname, h.name) FROM pg_foreign_server s \
         CROSS JOIN LATERAL aclexplode(coalesce(srvacl, acldefault('S', srvowner))) a JOIN held h ON h.grantee = a.grantee"
        ),
    ),
    Probe(
        check::INHERITANCE_OUTSIDE,
        concat!(
            with!(),
            " SELECT format('%I.%I', cn.nspname, c.relname), \
         CASE WHEN c.relispartition THEN format('ALTER TABLE %I.%I DETACH PARTITION %I.%I', pn.nspname, p.relname, cn.nspname, c.relname) \
         ELSE format('ALTER TABLE %I.%I NO INHERIT %I.%I', cn.nspname, c.relname, pn.nspname, p.relname) END \
         FROM own pn JOIN pg_class p ON p.relnamespace = pn.oid JOIN pg_inherits i ON i.inhparent = p.oid \
         JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace \
         WHERE pn.served AND cn.nspname <> $1 AND p.relkind IN ('r', 'p')"
        ),
    ),
    Probe(
        check::IMPLICIT_CAST,
        concat!(
            with!(),
            " SELECT format('%s to %s', format_type(castsource, NULL), format_type(casttarget, NULL)), \
         format('DROP CAST (%s AS %s)', format_type(castsource, NULL), format_type(casttarget, NULL)) \
         FROM pg_cast WHERE oid >= 16384 AND castcontext IN ('i', 'a') AND castfunc <> 0"
        ),
    ),
    Probe(
        check::CATALOGUE_OBJECT,
        concat!(
            with!(),
            " SELECT name, remedy FROM (SELECT oid::regprocedure::text AS name, format('DROP ROUTINE %s', oid::regprocedure) AS remedy \
         FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND oid >= 16384 \
         UNION ALL SELECT oid::regclass::text, NULL FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND oid >= 16384 \
         UNION ALL SELECT oid::regoperator::text, NULL FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oid >= 16384 \
         UNION ALL SELECT format_type(oid, NULL), NULL FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND oid >= 16384) o"
        ),
    ),
    Probe(
        check::DEFAULT_PRIVILEGES,
        concat!(
            with!(),
            " SELECT format('objects of %I in %s', o.rolname, coalesce(quote_ident(n.nspname), 'every schema')), \
         format('ALTER DEFAULT PRIVILEGES FOR ROLE %I %sREVOKE %s ON %s FROM %s', o.rolname, coalesce(format('IN SCHEMA %I ', n.nspname), ''), \
         a.privilege_type, CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' \
         WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END, h.name) \
         FROM pg_default_acl d JOIN pg_roles o ON o.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace \
         CROSS JOIN LATERAL aclexplode(d.defaclacl) a JOIN held h ON h.grantee = a.grantee \
         WHERE n.nspname IS DISTINCT FROM $1 OR d.defaclobjtype <> 'r' OR a.privilege_type <> 'SELECT'"
        ),
    ),
    Probe(
        check::ROW_POLICY,
        concat!(
            with!(),
            " SELECT format('%I on %I.%I', p.polname, n.nspname, c.relname), NULL::text FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid \
         JOIN own n ON n.oid = c.relnamespace WHERE n.served"
        ),
    ),
    Probe(
        check::ROLE_SETTING,
        concat!(
            with!(),
            " SELECT s.name, format('ALTER ROLE %I SET %s = %L', me.rolname, s.name, s.want) FROM me JOIN pg_roles r ON r.oid = me.oid \
         CROSS JOIN (VALUES ('default_transaction_read_only', 'on'), ('statement_timeout', '10min'), ('lock_timeout', '5s'), \
         ('idle_in_transaction_session_timeout', '10s')) s(name, want) \
         WHERE NOT EXISTS (SELECT FROM unnest(r.rolconfig) x WHERE x LIKE s.name || '=%')"
        ),
    ),
    Probe(
        check::CONNECTION_LIMIT,
        concat!(
            with!(),
            " SELECT r.rolname::text, format('ALTER ROLE %I CONNECTION LIMIT 8', r.rolname) FROM me JOIN pg_roles r ON r.oid = me.oid \
         WHERE r.rolconnlimit < 0"
        ),
    ),
];

/// Everything that the role may do beyond reading this schema.
pub(super) async fn excess(client: &Client, schema: &str) -> Result<Vec<Excess>, tokio_postgres::Error> {
    let probes = PROBES.iter().map(async |probe| {
        let Probe(check, query) = probe;
        let rows = client.query_typed(query, &[(&schema, Type::TEXT)]).await?;
        rows.iter()
            .map(|row| {
                Ok(Excess {
                    check,
                    object: row.try_get(0)?,
                    remedy: row.try_get(1)?,
                })
            })
            .collect::<Result<Vec<_>, tokio_postgres::Error>>()
    });
    Ok(try_join_all(probes).await?.into_iter().flatten().collect())
}
