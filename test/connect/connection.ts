import fc from 'fast-check'
import type { Connection, Snippet } from '../../server/core/connect/snippet.ts'
import { formsOf } from '../../server/core/connect/token-form.ts'
import { lines } from './fill.ts'

export const HOST = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'

/** As the signer writes them: with every character that a real one has. */
export const aToken = (length = 1200) =>
  `${HOST}:5432/?Action=connect&DBUser=jane.doe%40corp.example&X-Amz-Signature=~_.-`.padEnd(
    length,
    '%2Ffa0%2B%3D',
  )

export const aConnection = (connection: Partial<Connection> = {}): Connection => ({
  database: 'orders',
  endpoint: 'writer',
  engine: 'aurora-postgresql',
  signing: { host: HOST, port: 5432 },
  dial: { host: HOST, port: 5432 },
  dbname: 'orders',
  user: 'orders_reader',
  caFile: '~/.latchkey/eu-west-1.pem',
  applicationName: 'latchkey/01HX',
  shell: 'posix',
  system: 'linux',
  home: null,
  tls: 'verify-full',
  portal: 'https://latchkey.example.com',
  helper: null,
  ...connection,
})

/** What one would paste. */
export const textOf = (snippet: Snippet, token = aToken()) => lines(snippet, formsOf(token))

/** As libpq reads a URI: what stands between host and parameters, decoded. `URL` would take dots for steps. */
export const databaseIn = (address = '') =>
  decodeURIComponent(/^\w+:\/\/[^/]*\/([^?]*)/.exec(address)?.[1] ?? '')

/** What an address cannot have for a path. */
export const isDots = (name: string) => /^\.\.?$/.test(name)

/** Names that break what quotes carelessly. */
export const AWKWARD_NAMES = [
  "o'neil",
  'a b',
  '100%',
  '%41',
  'a|b',
  '$HOME',
  '${x}',
  '$(id)',
  '`id`',
  'jane.doe@corp.example',
  'back\\slash',
  "\\'",
  '"quoted"',
  "'",
  'Ünïcödé',
  'データ',
  '🙂🙂',
  'a&b=c#d?e/f',
  '!history!!',
  '-rf',
  '--help',
  '~root',
  '.',
  '..',
  '*',
  'a;b',
  'line\nbreak',
  'tab\ttab',
  'postgresql://x',
  'host=evil',
  ' ',
]

/** Any text that can be the name of something in a database: no NUL, well-formed. */
export const aName = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    fc
      .array(fc.constantFrom(...AWKWARD_NAMES), { minLength: 1, maxLength: 3 })
      .map((a) => a.join('')),
  )
  .filter((name) => !name.includes('\0') && name.isWellFormed())
