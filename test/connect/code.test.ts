import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mysql2, nodePostgres } from '../../server/core/connect/node.ts'
import type { Connection } from '../../server/core/connect/snippet.ts'
import { openAuthority } from '../lab/ca.ts'
import { aConnection, aName, aToken, AWKWARD_NAMES, HOST, textOf } from './connection.ts'
import { startRecorder } from './startup-recorder.ts'

const home = mkdtempSync(join(tmpdir(), 'latchkey-'))
let recorder: Awaited<ReturnType<typeof startRecorder>>
beforeAll(async () => {
  for (const folder of ['ca', '.latchkey']) mkdirSync(join(home, folder))
  const authority = await openAuthority(join(home, 'ca'))
  writeFileSync(join(home, '.latchkey', 'eu-west-1.pem'), authority.pem)
  recorder = await startRecorder(await authority.issue([HOST]))
})
afterAll(() => {
  recorder.close()
  rmSync(home, { recursive: true })
})

const names = [
  ...AWKWARD_NAMES.map((name, at) => [name, AWKWARD_NAMES.at(at - 1) ?? name] as const),
  ...fc.sample(fc.tuple(aName, aName), 100),
]

/** Runs code of a page as JavaScript does, with what it imports given to it. */
async function evaluate(code: string, given: Record<string, unknown>): Promise<void> {
  const body = code.replace(/^import .*\n/gm, '')
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  const all = { readFileSync, homedir: () => home, ...given }
  await (new AsyncFunction(...Object.keys(all), body)(...Object.values(all)) as Promise<void>)
}

test('node-postgres sends tokens and names as they are', async () => {
  recorder.logins.length = 0
  for (const [at, [dbname, user]] of names.entries()) {
    const token = aToken([778, 1990, 4754][at % 3])
    const dial = { host: '127.0.0.1', port: recorder.port }
    const code = textOf(nodePostgres(aConnection({ dbname, user, dial })), token)
    await expect(evaluate(code, { pg })).rejects.toThrow('recorded')
    expect(recorder.logins.at(-1)).toMatchObject({
      parameters: { user, database: dbname, application_name: 'latchkey/01HX' },
      password: token,
      serverName: HOST,
    })
  }
})

test('node-postgres refuses a server with another name', async () => {
  recorder.logins.length = 0
  const signing = { host: HOST.replace('orders', 'billing'), port: 5432 }
  const dial = { host: '127.0.0.1', port: recorder.port }
  const connect = (over: Partial<Connection>) =>
    evaluate(textOf(nodePostgres(aConnection({ signing, dial, ...over }))), { pg })

  await expect(connect({})).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  expect(recorder.logins).toEqual([])
  const tls = { mode: 'verify-ca', why: 'it has another name' } as const
  await expect(connect({ tls })).rejects.toThrow('recorded')
})

test('mysql2 is given every value as it is, and a tunnel as its stream', async () => {
  for (const [dbname, user] of names) {
    const asked: Record<string, unknown>[] = []
    const mysql = { createConnection: async (options: (typeof asked)[0]) => asked.push(options) }
    const token = aToken(1990)
    const through = { engine: 'mysql', dial: { host: '127.0.0.1', port: 6543 } } as const
    const code = textOf(mysql2(aConnection({ ...through, dbname, user })), token)
    await evaluate(code, { mysql, connect: (...to: unknown[]) => to })

    const [{ stream, ...options } = { stream: null }] = asked
    expect(options).toEqual({
      host: HOST,
      port: 6543,
      database: dbname,
      user,
      password: token,
      enableCleartextPlugin: true,
      ssl: {
        ca: readFileSync(join(home, '.latchkey', 'eu-west-1.pem'), 'utf8'),
        verifyIdentity: true,
      },
    })
    expect((stream as () => unknown)()).toEqual([6543, '127.0.0.1'])
  }
})
