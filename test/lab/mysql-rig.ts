import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import mysql from 'mysql2/promise'
import type { Attempt, Outcome } from './door-clients.ts'
import { ENDPOINT, type Rig, startAround } from './door-rig.ts'
import { type MariaDb, type MariaDbPrograms, startMariaDb, usesTokens } from './mariadb.ts'
import { startMySqlDoor } from './mysql-door.ts'
import { hostsOf } from './own-hosts.ts'
import { sha256 } from './sigv4.ts'

export type MySqlRig = Rig & { mariadb: MariaDb }

const USERS = ['app_read', 'app_write', 'app_plain', 'app_super', 'ünïcode']

/** The same rig as that of PostgreSQL, down to the port, before a MariaDB: one table of cases serves both. */
export async function startMySqlRig(
  programs: MariaDbPrograms,
  options: { loginLimit?: number } = {},
): Promise<MySqlRig> {
  const { around, door: base, close } = await startAround()
  const mariadb = await startMariaDb(path.join(around.home, 'mariadb'), programs)
  const { admin, passwordOf } = mariadb
  for (const user of USERS)
    await admin.query(`create user ?@'%' identified by ?`, [user, passwordOf(user)])
  await admin.query(`
    grant rds_iam to app_read@'%', app_write@'%', app_super@'%', 'ünïcode'@'%';
    grant all on *.* to app_super@'%';
    create database postgres; create database secrets;
    create table postgres.public_things as select 1 as x;
    create table postgres.notes (x int);
    grant select on postgres.public_things to app_read@'%';
    grant select, insert on postgres.notes to app_write@'%'`)
  const door = await startMySqlDoor({
    ...base,
    socket: mariadb.socket,
    usesTokens: (user) => usesTokens(admin, user),
    passwordOf,
    ...options,
  })
  return Object.assign(around, {
    mariadb,
    door,
    close: async () => {
      await door.close()
      await mariadb.stop()
      await close()
    },
  })
}

const WHO =
  "select concat(substring_index(current_user(), '@', 1), substring_index(user(), '@', 1))"

export function mysqlConfig(rig: Rig, attempt: Attempt): mysql.ConnectionOptions {
  const { token, user = 'app_read', database = 'postgres', sslmode, ca } = attempt
  return {
    host: '127.0.0.1',
    port: rig.door.port,
    user,
    database,
    password: token,
    // The types of versions before 3.22 do not know it.
    ...{ enableCleartextPlugin: true },
    connectTimeout: 20_000,
    // It dials an address, so it is told by a look-up of its own which name to verify.
    ...(sslmode !== 'disable' && {
      host: ENDPOINT.host,
      stream: () => dial(rig.door.port),
      ssl: { ca: ca ?? rig.authority.pem, verifyIdentity: true },
    }),
  }
}

const dial = (port: number) => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  return socket
}

export async function withMySql2(rig: Rig, attempt: Attempt): Promise<Outcome> {
  try {
    const client = await mysql.createConnection(mysqlConfig(rig, attempt))
    client.on('error', () => undefined)
    const [rows] = await client.query<mysql.RowDataPacket[]>(`${WHO} as who`)
    await client.end()
    return { in: true, rows: String(rows[0]?.['who']) }
  } catch (error) {
    return { in: false, said: (error as Error).message }
  }
}

/** It verifies the name that it dials: so that name leads to the door, for this one program. */
export async function withMariaDb(rig: Rig, attempt: Attempt): Promise<Outcome> {
  const { token, user = 'app_read', database = 'postgres', sslmode, ca } = attempt
  const bundle = path.join(rig.home, `bundle-${sha256(ca ?? '').slice(0, 8)}.pem`)
  fs.writeFileSync(bundle, ca ?? rig.authority.pem)
  const tls = [`--ssl-ca=${bundle}`, '--ssl-verify-server-cert']
  const args = [
    '--no-defaults',
    `--host=${ENDPOINT.host}`,
    `--port=${rig.door.port}`,
    `--user=${user}`,
    ...(sslmode === 'disable' ? ['--skip-ssl'] : tls),
    ...['--batch', '--skip-column-names', `--database=${database}`, `--execute=${WHO}`],
  ]
  const env = { ...process.env, ...hostsOf(rig.home, [ENDPOINT.host]), MYSQL_PWD: token }
  return new Promise((resolve) => {
    execFile('mariadb', args, { env, timeout: 20_000 }, (error, stdout, stderr) =>
      resolve(error ? { in: false, said: stderr } : { in: true, rows: stdout.trim() }),
    )
  })
}
