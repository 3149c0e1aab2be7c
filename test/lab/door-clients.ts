import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import pg from 'pg'
import { ENDPOINT, type Rig } from './door-rig.ts'
import { sha256 } from './sigv4.ts'
import { CANCEL_REQUEST } from './startup-packet.ts'

/** What a person tries at the door. `ca` is the bundle to verify with, unless it is the rig's own. */
export type Attempt = {
  token: string
  user?: string
  database?: string
  sslmode?: string
  ca?: string
}
export type Outcome = { in: true; rows: string } | { in: false; said: string }

export async function withNode(rig: Rig, attempt: Attempt): Promise<Outcome> {
  const client = new pg.Client(nodeConfig(rig, attempt))
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ who: string }>(
      'select current_user || session_user as who',
    )
    return { in: true, rows: rows[0]?.who ?? '' }
  } catch (error) {
    return { in: false, said: (error as Error).message }
  } finally {
    await client.end().catch(() => undefined)
  }
}

export async function withPsql(rig: Rig, attempt: Attempt): Promise<Outcome> {
  const { token, user = 'app_read', database = 'postgres', sslmode = 'verify-full', ca } = attempt
  const bundle = path.join(rig.home, `bundle-${sha256(ca ?? '').slice(0, 8)}.pem`)
  fs.writeFileSync(bundle, ca ?? rig.authority.pem)
  const connection = `host=${ENDPOINT.host} hostaddr=127.0.0.1 port=${rig.door.port} user=${user} dbname=${database} sslmode=${sslmode} sslrootcert=${bundle}`
  const query = 'select current_user || session_user'
  const settings = { env: { ...process.env, PGPASSWORD: token }, timeout: 20_000 }
  return new Promise((resolve) => {
    execFile('psql', ['-XAtw', connection, '-c', query], settings, (error, stdout, stderr) => {
      resolve(error ? { in: false, said: stderr } : { in: true, rows: stdout.trim() })
    })
  })
}

/** What node-postgres needs to know; it dials an address, so it is told which name to verify. */
export function nodeConfig(
  rig: Rig,
  { token, user, database, sslmode, ca }: Attempt,
): pg.ClientConfig {
  return {
    host: '127.0.0.1',
    port: rig.door.port,
    user: user ?? 'app_read',
    database: database ?? 'postgres',
    password: token,
    ssl: sslmode === 'disable' ? false : { ca: ca ?? rig.authority.pem, servername: ENDPOINT.host },
  }
}

/** What a client sends, on a connection of its own, to have a query cancelled. */
export function cancelThroughDoor(port: number, processId: number, key: number): Promise<void> {
  const request = Buffer.alloc(16)
  ;[16, CANCEL_REQUEST, processId, key].forEach((word, i) => request.writeInt32BE(word, i * 4))
  return new Promise((resolve, reject) => {
    connect(port, '127.0.0.1')
      .on('error', reject)
      .on('close', () => resolve())
      .end(request)
  })
}
