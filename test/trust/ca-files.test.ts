import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadCaBundles } from '../../server/aws/ca-roots.ts'
import { aliases } from '../../server/core/trust/alias.ts'
import type { CaFormat } from '../../server/core/trust/ca-files.ts'
import { openAuthority } from '../lab/ca.ts'
import { readJks, readP7b, readPkcs12 } from './readers.ts'

const NOW = new Date('2026-11-25T00:00:00Z')
const bundles = await loadCaBundles(NOW)
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const fileOf = (region: string, format: CaFormat, from = bundles) =>
  from
    .bundle(region)!
    .files()
    .find((file) => file.format === format)!
const dersOf = (pem: Buffer) =>
  pem
    .toString()
    .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)!
    .map((text) => new X509Certificate(text).raw)
const sorted = (ders: readonly Buffer[]) => ders.map((der) => der.toString('hex')).toSorted()

describe.each(['eu-west-1', 'ap-southeast-3', 'global'])('the files of %s', (region) => {
  const ders = dersOf(fileOf(region, 'pem').bytes)

  test('hold the same certificates, byte for byte, in every format', () => {
    expect(ders).toHaveLength(bundles.bundle(region)!.certificates.length)
    expect(sorted(readP7b(fileOf(region, 'p7b').bytes))).toEqual(sorted(ders))
    for (const entries of [
      readPkcs12(fileOf(region, 'p12').bytes, 'changeit'),
      readJks(fileOf(region, 'jks').bytes, 'changeit'),
    ]) {
      expect(entries.map(({ der }) => der.toString('hex'))).toEqual(
        ders.map((der) => der.toString('hex')),
      )
      expect(new Set(entries.map(({ alias }) => alias)).size).toBe(ders.length)
    }
  })

  test('are the same bytes after another start, and their digests are of these bytes', async () => {
    const again = await loadCaBundles(new Date('2027-01-01T00:00:00Z'))
    for (const { format, bytes, sha256 } of bundles.bundle(region)!.files()) {
      expect(sha256).toBe(digest(bytes))
      expect(fileOf(region, format, again).sha256).toBe(sha256)
    }
  })
})

test('a store whose last byte was changed is not taken for whole', () => {
  const spoil = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes)
    copy[at]! ^= 1
    return copy
  }
  const p12 = fileOf('eu-west-1', 'p12').bytes
  const jks = fileOf('eu-west-1', 'jks').bytes
  expect(() => readPkcs12(spoil(p12, 200), 'changeit')).toThrow(/MAC/)
  expect(() => readPkcs12(p12, 'another')).toThrow(/MAC/)
  expect(() => readJks(spoil(jks, 200), 'changeit')).toThrow(/digest/)
})

describe('names in a Java store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const authority = await openAuthority(folder)
  const [one, two] = await Promise.all([authority.issue(['a']), authority.issue(['b'])])

  test('two certificates of one name get two, and the same ones each time', () => {
    const certificates = [one.cert, two.cert].map((pem) => new X509Certificate(pem))
    const named = aliases(certificates).map(({ alias }) => alias)
    expect(named[0]).toBe('latchkey-lab-database-this-is-not-aws')
    expect(named[1]).toMatch(/^latchkey-lab-database-this-is-not-aws-[0-9a-f]{16}$/)
    expect(aliases(certificates).map(({ alias }) => alias)).toEqual(named)
  })
})
