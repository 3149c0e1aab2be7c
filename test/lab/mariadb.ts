import { spawnSync } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mysql from 'mysql2/promise'
import { keepFile } from './kept-file.ts'
import { claimHome, type Home, makeData } from './server-home.ts'
import { runProgram, supervise } from './supervise.ts'

export type MariaDbPrograms = { server: string; install: string }

export type MariaDb = {
  /** The folder of its socket, `mysqld.sock`. */
  socket: string
  /** Its administrator, `root`. */
  admin: mysql.Pool
  /** What the door shows for a user; on RDS a user for tokens has no password at all. */
  passwordOf(user: string): string
  stop(): Promise<void>
}

const PLACES = ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
const START_LIMIT = 60_000

/** Debian's `mariadb-server`, or another of its layout. Undefined where there is none: nothing but its own tests needs it. */
export function findMariaDb(): MariaDbPrograms | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), ...PLACES]
  const find = (name: string) =>
    folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file))
  const [server, install] = [find('mariadbd'), find('mariadb-install-db')]
  if (server === undefined || install === undefined) return undefined
  return spawnSync(server, ['--no-defaults', '--version']).status === 0
    ? { server, install }
    : undefined
}

/**
 * A private, real MariaDB that listens on nothing but a Unix socket and ends with this process, however that ends.
 * `home` is its own folder, made when absent; the data stays.
 * @throws Error in words for the person at the terminal
 */
export async function startMariaDb(home: string, programs: MariaDbPrograms): Promise<MariaDb> {
  const place = claimHome(home)
  await makeData(place, 'mysql', (beside) =>
    runProgram(
      programs.install,
      ['--no-defaults', `--datadir=${beside}`, ...FIRST_START],
      place.account,
    ),
  )
  const secret = await keepFile(place.home, 'secret', () => randomBytes(32).toString('hex'))
  const passwordOf = (user: string) => createHmac('sha256', secret).update(user).digest('hex')
  const server = supervise([programs.server, ...flagsFor(place, passwordOf('root'))], {
    log: place.log,
    account: place.account,
    signal: 'TERM',
  })
  const socketPath = path.join(place.socket, 'mysqld.sock')
  const admin = mysql.createPool({
    socketPath,
    user: 'root',
    password: passwordOf('root'),
    connectionLimit: 2,
    multipleStatements: true,
  })
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= admin.end().then(() => server.stop()))
  const deadline = Date.now() + START_LIMIT
  while (!(await answers(admin))) {
    if (server.gone() || Date.now() > deadline) {
      await stop()
      throw new Error(`MariaDB did not start: ${fs.readFileSync(place.log, 'utf8').slice(-600)}`)
    }
    await sleep(20)
  }
  return { socket: place.socket, admin, passwordOf, stop }
}

const FIRST_START = [
  '--auth-root-authentication-method=normal',
  '--skip-test-db',
  '--innodb-log-file-size=8M',
]

function flagsFor({ home, data, socket, account }: Home, rootPassword: string): string[] {
  const first = path.join(home, 'first.sql')
  fs.writeFileSync(first, firstSql(rootPassword), { mode: 0o600 })
  if (account) fs.chownSync(first, account.uid, account.gid)
  return [
    '--no-defaults',
    `--datadir=${data}`,
    `--socket=${path.join(socket, 'mysqld.sock')}`,
    `--pid-file=${path.join(home, 'server.pid')}`,
    `--init-file=${first}`,
    '--skip-networking',
    '--character-set-server=utf8mb4',
    '--default-time-zone=+00:00',
    '--innodb-buffer-pool-size=16M',
    '--innodb-log-file-size=8M',
    '--max-connections=300',
    // The door has its own limit, and the server must not give up before it.
    '--connect-timeout=70',
  ]
}

/**
 * What the server runs before it lets anybody in, one statement a line.
 * Everybody who is let in could otherwise become `root`, by asking to change the user of the session.
 */
const firstSql = (rootPassword: string) =>
  [
    `delete from mysql.global_priv where User = '' or (User = 'root' and Host <> 'localhost');`,
    `flush privileges;`,
    `alter user 'root'@'localhost' identified by '${rootPassword}';`,
    `create role if not exists rds_iam with admin 'root'@'localhost';`,
    '',
  ].join('\n')

async function answers(admin: mysql.Pool): Promise<boolean> {
  try {
    await admin.query('select 1')
    return true
  } catch {
    return false
  }
}

/**
 * Whether a user logs in with a token. RDS tells by the plugin `AWSAuthenticationPlugin`, which is nobody's but Amazon's;
 * here it is the role `rds_iam`, as in PostgreSQL. Who may do everything is none: no such user can come in at a door.
 */
export async function usesTokens(admin: mysql.Pool, user: string): Promise<boolean> {
  const [rows] = await admin.execute<mysql.RowDataPacket[]>(
    `select 1 from mysql.roles_mapping m join mysql.user u on u.User = m.User and u.Host = m.Host
      where m.Role = 'rds_iam' and m.User = ? and m.Host = '%' and u.Super_priv = 'N'`,
    [user],
  )
  return rows.length > 0
}
