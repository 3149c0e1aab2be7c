import { type Database, isMySql } from '../catalog/catalog.ts'
import type { Step } from './finding.ts'
import type { LogInAnswer } from './ports.ts'
import { failed, ok, skipped, warning } from './step.ts'

type Who = { database: Database; user: string; connectArn: string; roleArn: string }

/**
 * The log-in, and whether the database user takes tokens. RDS tells neither apart in words, but in codes: with `rds_iam`
 * a refusal is `PAM authentication failed` (28000), without it the password is asked for and refused (28P01).
 */
export function checkLogIn(answer: LogInAnswer, who: Who): Step[] {
  const { database, user } = who
  if (answer.outcome === 'in')
    return [
      ok(
        'login',
        `${database.name} let ${user} in with the token, over TLS that the CA bundle proves.`,
      ),
      member(answer.member, who),
    ]
  if (answer.outcome === 'failed') return [unfinished(answer.code)]
  if (answer.by === 'password')
    return [
      skipped(
        'login',
        `${database.name} asked ${user} for a password, so it never looked at the token (${answer.code}).`,
      ),
      notMember(answer.code, who),
    ]
  if (answer.by === 'plugin')
    return [
      skipped(
        'login',
        `${database.name} has no plugin for tokens, so it never looked at the token (${answer.code}).`,
      ),
      failed(
        'membership',
        answer.code,
        'The plugin AWSAuthenticationPlugin is not loaded: IAM authentication is off.',
        'Turn IAM authentication on, and apply it at once.',
      ),
    ]
  return [answer.by === 'token' ? refused(answer.code, who) : inside(answer.code, who)]
}

function member(held: boolean | null, { database, user }: Who): Step {
  if (isMySql(database.engine))
    return ok('membership', `${user} logs in by AWSAuthenticationPlugin: the token was taken.`)
  return held === false
    ? warning(
        'membership',
        null,
        `${user} came in with a token, but says that it does not have rds_iam.`,
        `Run in the database: GRANT rds_iam TO ${quoted(user)};`,
      )
    : ok('membership', `${user} has rds_iam, by itself or by a role that it is in.`)
}

const notMember = (code: string, { database, user }: Who) =>
  failed(
    'membership',
    code,
    `${user} takes no tokens in ${database.name}: it does not exist there, does not have rds_iam, or IAM authentication is off.`,
    `Run in the database: GRANT rds_iam TO ${quoted(user)}; and see that IAM authentication is on.`,
  )

/** Everything that could be seen from outside was right before: what is left is what only AWS judges. */
function refused(code: string, { database, user, connectArn, roleArn }: Who): Step {
  const mysql = isMySql(database.engine)
  return failed(
    'login',
    code,
    mysql
      ? `${database.name} refused ${user} (${code}): the user does not exist, is not identified by AWSAuthenticationPlugin, or AWS did not allow rds-db:connect.`
      : `${database.name} looked at the token and refused it (${code}): AWS did not allow rds-db:connect for ${user}.`,
    `Allow rds-db:connect on ${connectArn} in the policies of ${roleArn}; a policy that names an older resource id, another region or another user opens nothing.` +
      (mysql
        ? ` In the database: CREATE USER … IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS';`
        : ''),
  )
}

const MENDS: Readonly<Record<string, (who: Who) => string>> = {
  '3D000': ({ database }) =>
    `There is no database ${database.dbname}: correct dbname in the catalog.`,
  '1049': ({ database }) =>
    `There is no database ${database.dbname}: correct dbname in the catalog.`,
  '42501': ({ user, database }) => `Grant CONNECT on ${database.dbname} to ${user}.`,
  '1044': ({ user, database }) => `Grant ${user} something on ${database.dbname}.`,
  '53300': () => 'It has no connection left: end some, or raise max_connections.',
  '1040': () => 'It has no connection left: end some, or raise max_connections.',
}

/** The token was taken; what is inside of the database kept the user out. */
const inside = (code: string, who: Who) =>
  failed(
    'login',
    code,
    `${who.database.name} did not let ${who.user} in (${code}).`,
    MENDS[code]?.(who) ??
      "Look the code up in the documentation of the engine, and in the database's own log.",
  )

const unfinished = (code: string) =>
  failed(
    'login',
    code,
    `The connection ended before the database had decided (${code}).`,
    'Try again. If it stays so, look at the load and the free memory of the database: IAM authentication needs some.',
  )

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
