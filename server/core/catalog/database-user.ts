import type { Engine } from './catalog.ts'
import { characters } from './shape-text.ts'
import { quote } from './visible.ts'

export const isPostgres = (engine: Engine) =>
  engine.endsWith('postgres') || engine.endsWith('postgresql')

/** The longest name of a user, and how it is measured: PostgreSQL's NAMEDATALEN, MySQL's and MariaDB's account names. */
const LONGEST: Record<Engine, { most: number; of: 'bytes' | 'characters' }> = {
  postgres: { most: 63, of: 'bytes' },
  'aurora-postgresql': { most: 63, of: 'bytes' },
  mysql: { most: 32, of: 'characters' },
  'aurora-mysql': { most: 32, of: 'characters' },
  mariadb: { most: 128, of: 'characters' },
}

/** Users and roles that belong to RDS or to the engine: nobody signs in as one of them. */
const RESERVED = /^rds(?:_.*|admin|repladmin|proxyadmin|topmgr|hm)?$/iu
const RESERVED_POSTGRES = /^(?:pg_.*|public|none)$/iu
const RESERVED_MYSQL = /^(?:mysql\.(?:sys|session|infoschema)|mariadb\.sys)$/iu

/** What is wrong with a name as a database user of that engine, as [message, mend]; undefined when nothing is. */
export function userFault(user: string, engine: Engine): [string, string] | undefined {
  const { most, of } = LONGEST[engine]
  const length = of === 'bytes' ? Buffer.byteLength(user) : characters(user)
  if (length > most)
    return [
      `is ${length} ${of} long; ${engine} cuts names at ${most}`,
      `name a database user of at most ${most} ${of}`,
    ]
  const own = isPostgres(engine) ? RESERVED_POSTGRES : RESERVED_MYSQL
  if (RESERVED.test(user) || own.test(user))
    return [
      `${quote(user)} belongs to RDS or to the engine`,
      'name a database user that you created for people',
    ]
  return undefined
}
