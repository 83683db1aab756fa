"""What operators have attached to the tables that serve, on PostgreSQL: some of it can be given to the tables that take
their place, the rest would stay with the old ones without a word."""

from collections.abc import Collection

from django.db.backends.base.base import BaseDatabaseWrapper


class Attached(Exception):
    """Something refers to the tables themselves, and so cannot follow when others take their place."""


def refuse_attachments(connection: BaseDatabaseWrapper, schema: str, tables: Collection[str]) -> None:
    """Raises Attached, which names them."""
    with connection.cursor() as cursor:
        cursor.execute(_ATTACHED, {"schema": schema, "tables": list(tables)})
        attached = [f"{kind} {name} (of {table})" for kind, name, table in cursor.fetchall()]
    if attached:
        raise Attached(
            f"these would stay with the old tables: {', '.join(attached)}. "
            "Drop them before, and create them again afterwards"
        )


def settings_of(connection: BaseDatabaseWrapper, schema: str, tables: Collection[str]) -> list[str]:
    """Statements that give tables of these names in the schema the owner, privileges and storage parameters that those
    which stand there now have."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS, {"schema": schema, "tables": list(tables)})
        return [statement for (statement,) in cursor.fetchall()]


_ATTACHED = """
WITH served AS (
    SELECT oid, relname FROM pg_class WHERE relnamespace = %(schema)s::regnamespace AND relname = ANY(%(tables)s)
)
SELECT DISTINCT 'view', rule.ev_class::regclass::text, relname
FROM served
JOIN pg_depend AS reference ON reference.refclassid = 'pg_class'::regclass AND reference.refobjid = served.oid
JOIN pg_rewrite AS rule ON reference.classid = 'pg_rewrite'::regclass AND rule.oid = reference.objid
WHERE rule.ev_class <> served.oid
UNION ALL SELECT 'trigger', tgname, relname FROM served JOIN pg_trigger ON tgrelid = served.oid WHERE NOT tgisinternal
UNION ALL SELECT 'policy', polname, relname FROM served JOIN pg_policy ON polrelid = served.oid
UNION ALL SELECT 'publication', pubname, relname FROM served JOIN pg_publication_rel ON prrelid = served.oid
JOIN pg_publication AS publication ON publication.oid = prpubid
UNION ALL SELECT 'foreign key', conname, relname FROM served
JOIN pg_constraint ON contype = 'f' AND confrelid = served.oid
WHERE conrelid NOT IN (SELECT oid FROM served)
ORDER BY 1, 2, 3
"""

_SETTINGS = """
WITH served AS (
    SELECT format('%%I.%%I', %(schema)s::text, relname) AS name, relowner, relacl, reloptions
    FROM pg_class WHERE relnamespace = %(schema)s::regnamespace AND relname = ANY(%(tables)s)
)
SELECT format('ALTER TABLE %%s OWNER TO %%I', name, pg_get_userbyid(relowner))
FROM served WHERE pg_get_userbyid(relowner) <> current_user
UNION ALL SELECT format('ALTER TABLE %%s SET (%%s)', name, array_to_string(reloptions, ', '))
FROM served WHERE reloptions IS NOT NULL
UNION ALL SELECT format(
    'GRANT %%s ON %%s TO %%s%%s', privilege_type, name,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
) FROM served, aclexplode(relacl) WHERE grantee <> relowner
"""
