import type { GuideUser } from './guide.ts'
import type { Plan } from './plan.ts'
import { pgName, pgText, remark } from './sql.ts'

/** What a preset gives on the tables and the sequences of a schema. */
const RIGHTS = {
  none: null,
  read: { tables: 'SELECT', sequences: null },
  write: { tables: 'SELECT, INSERT, UPDATE, DELETE', sequences: 'USAGE, SELECT' },
} as const

const WHO_HAS_TOKENS =
  "SELECT rolname AS signs_in_by_token FROM pg_roles\n WHERE pg_has_role(oid, 'rds_iam', 'USAGE') AND rolcanlogin AND NOT rolsuper ORDER BY rolname;"

/**
 * Stops the transaction if whoever runs it would lose the password by it: `rds_iam` counts by way of other roles too,
 * and who has it signs in by token only (Amazon RDS user guide, "Creating a database account using IAM authentication").
 */
const LOCK_OUT_CHECK = `DO $latchkey$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = session_user AND NOT rolsuper
                AND pg_has_role(oid, 'rds_iam', 'USAGE')) THEN
    RAISE EXCEPTION 'The role % would sign in by token only, and lose its password', session_user
      USING HINT = 'Nothing was changed. Revoke the database users from it, or grant them WITH INHERIT FALSE.';
  END IF;
END
$latchkey$;`

/** Makes the database users, in one transaction: all of it or nothing. */
export function postgresSql({ database, users }: Plan): string {
  return `${[
    remark(
      `Run it in the database ${database.dbname}, as the administrator or as the owner of the tables.`,
    ),
    remark(
      'Before: who signs in by token today. Whoever holds rds_iam, also by way of other roles, can use no password.',
    ),
    WHO_HAS_TOKENS,
    '',
    'BEGIN;',
    remark(
      'From PostgreSQL 16 on, an administrator may be set to hold each role that it makes. Not these.',
    ),
    "SELECT set_config(name, '', true) FROM pg_settings WHERE name = 'createrole_self_grant';",
    ...users.flatMap((user) => ['', ...makeUser(user, database.dbname)]),
    '',
    remark('After: if this would lock you out, nothing of it happens.'),
    LOCK_OUT_CHECK,
    'COMMIT;',
    '',
    WHO_HAS_TOKENS,
  ].join('\n')}\n`
}

function makeUser({ name, preset, schema }: GuideUser, dbname: string): string[] {
  const [user, inSchema] = [pgName(name), pgName(schema)]
  const rights = RIGHTS[preset]
  return [
    `CREATE USER ${user};`,
    `GRANT rds_iam TO ${user};`,
    `GRANT CONNECT ON DATABASE ${pgName(dbname)} TO ${user};`,
    ...(rights
      ? [
          `GRANT USAGE ON SCHEMA ${inSchema} TO ${user};`,
          `GRANT ${rights.tables} ON ALL TABLES IN SCHEMA ${inSchema} TO ${user};`,
          ...(rights.sequences
            ? [`GRANT ${rights.sequences} ON ALL SEQUENCES IN SCHEMA ${inSchema} TO ${user};`]
            : []),
          remark(
            'And on tables that you make later. Another role that makes tables runs these lines too.',
          ),
          `ALTER DEFAULT PRIVILEGES IN SCHEMA ${inSchema} GRANT ${rights.tables} ON TABLES TO ${user};`,
          ...(rights.sequences
            ? [
                `ALTER DEFAULT PRIVILEGES IN SCHEMA ${inSchema} GRANT ${rights.sequences} ON SEQUENCES TO ${user};`,
              ]
            : []),
        ]
      : []),
  ]
}

/** Takes the database users away: first nobody comes in, then nobody is in, then nothing is left. */
export function postgresTakeAwaySql({ database, users }: Plan): string {
  const names = users.map(({ name }) => name)
  return `${[
    remark(
      `Run it in the database ${database.dbname}, as who ran the counterpart: default privileges belong to who set them.`,
    ),
    'BEGIN;',
    ...names.map((name) => `ALTER ROLE ${pgName(name)} NOLOGIN;`),
    ...names.map((name) => `REVOKE rds_iam FROM ${pgName(name)};`),
    'COMMIT;',
    '',
    remark('A session that is open goes on otherwise.'),
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity',
    ` WHERE usename IN (${names.map(pgText).join(', ')});`,
    '',
    remark(
      'If a user owns something, or holds a right that this guide did not give, DROP says what, and nothing of this happens.',
    ),
    'BEGIN;',
    ...users.flatMap((user) => dropUser(user, database.dbname)),
    'COMMIT;',
  ].join('\n')}\n`
}

function dropUser({ name, preset, schema }: GuideUser, dbname: string): string[] {
  const [user, inSchema] = [pgName(name), pgName(schema)]
  return [
    ...(RIGHTS[preset]
      ? [
          `ALTER DEFAULT PRIVILEGES IN SCHEMA ${inSchema} REVOKE ALL ON TABLES FROM ${user};`,
          `ALTER DEFAULT PRIVILEGES IN SCHEMA ${inSchema} REVOKE ALL ON SEQUENCES FROM ${user};`,
          `REVOKE ALL ON ALL TABLES IN SCHEMA ${inSchema} FROM ${user};`,
          `REVOKE ALL ON ALL SEQUENCES IN SCHEMA ${inSchema} FROM ${user};`,
          `REVOKE ALL ON SCHEMA ${inSchema} FROM ${user};`,
        ]
      : []),
    `REVOKE ALL ON DATABASE ${pgName(dbname)} FROM ${user};`,
    `DROP ROLE ${user};`,
  ]
}
