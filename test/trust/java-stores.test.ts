import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadCaBundles } from '../../server/aws/ca-roots.ts'
import { javaImport } from '../../server/core/trust/java-import.ts'
import { has, run } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-'))
afterAll(() => rmSync(folder, { recursive: true }))
const bundles = await loadCaBundles(new Date())
const REGIONS = ['eu-west-1', 'global']
const write = (region: string, format: string) => {
  const path = join(folder, `${region}.${format}`)
  const file = bundles
    .bundle(region)!
    .files()
    .find((each) => each.format === format)!
  writeFileSync(path, file.bytes)
  return path
}
/** As keytool and openssl write them, without colons. */
const digestsIn = (text: string) =>
  [...text.matchAll(/SHA-?256[^:=]*[:=] ?([0-9A-F:]{95})/gi)]
    .map(([, digest = '']) => digest.replaceAll(':', '').toLowerCase())
    .toSorted()
const digestsOf = (region: string) =>
  bundles
    .bundle(region)!
    .certificates.map(({ sha256 }) => sha256)
    .toSorted()

describe.skipIf(!has('keytool', ['-help']))('keytool', () => {
  const list = (store: string) =>
    run('keytool', ['-list', '-keystore', store, '-storepass', 'changeit'])

  test.each(REGIONS.flatMap((region) => ['p12', 'jks'].map((format) => [region, format] as const)))(
    'lists every certificate of %s.%s as trusted',
    (region, format) => {
      const { status, text } = list(write(region, format))
      expect(status, text).toBe(0)
      expect(digestsIn(text)).toEqual(digestsOf(region))
      expect(text.match(/trustedCertEntry/g)).toHaveLength(digestsOf(region).length)
    },
  )

  test.each(['p12', 'jks'])('refuses the %s under another password', (format) => {
    const args = ['-list', '-keystore', write('eu-west-1', format), '-storepass', 'changeme']
    expect(run('keytool', args).status).not.toBe(0)
  })

  test('brings all of them into another store by the line of the page', () => {
    const into = join(folder, 'cacerts')
    const line = javaImport(write('eu-west-1', 'p12'), into)
    const { status, text } = run('sh', ['-c', line])
    expect(status, text).toBe(0)
    expect(digestsIn(list(into).text)).toEqual(digestsOf('eu-west-1'))
  })
})

describe.skipIf(!has('openssl', ['version']))('openssl', () => {
  const count = (text: string) => text.match(/-----BEGIN CERTIFICATE-----/g)?.length

  test.each(REGIONS)('reads all of %s as PKCS7 and as PKCS12', (region) => {
    const p7b = run('openssl', [
      'pkcs7',
      '-inform',
      'DER',
      '-in',
      write(region, 'p7b'),
      '-print_certs',
    ])
    expect(p7b.status, p7b.text).toBe(0)
    expect(count(p7b.text)).toBe(digestsOf(region).length)
    const path = write(region, 'p12')
    const p12 = run('openssl', ['pkcs12', '-in', path, '-passin', 'pass:changeit', '-nokeys'])
    expect(p12.status, p12.text).toBe(0)
    expect(count(p12.text)).toBe(digestsOf(region).length)
  })
})
