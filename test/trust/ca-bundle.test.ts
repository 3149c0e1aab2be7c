import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadCaBundles } from '../../server/aws/ca-roots.ts'
import { openAuthority } from '../lab/ca.ts'

const NOW = new Date('2026-11-25T00:00:00Z')
const certificatesOf = (pem = '') =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (text) => new X509Certificate(text),
  )
const namesOf = (pem?: string) =>
  certificatesOf(pem).map(({ subject }) => /CN=(.*)/.exec(subject)?.[1])

describe('the built-in bundles', async () => {
  const bundles = await loadCaBundles(NOW)

  test('a region has its three roots and the public ones of RDS Proxy', () => {
    const bundle = bundles.bundle('eu-west-1')
    expect(bundle).toMatchObject({ region: 'eu-west-1', source: 'built_in' })
    expect(bundle?.certificates).toHaveLength(8)
    expect(bundle?.certificates[0]).toEqual({
      name: 'Amazon RDS eu-west-1 Root CA RSA2048 G1',
      subject: expect.stringContaining('O=Amazon Web Services\\, Inc., OU=Amazon RDS'),
      key: 'RSA 2048',
      sha256: '6f7e01b62af24058417130b21e5fb9ad9f29b29c775c5107b657419010975886',
      expiresAt: new Date('2061-05-20T17:49:12Z'),
    })
    expect(bundle?.certificates.map(({ key }) => key).toSorted()).toEqual([
      'EC P-256',
      'EC P-384',
      'EC P-384',
      'RSA 2048',
      'RSA 2048',
      'RSA 2048',
      'RSA 4096',
      'RSA 4096',
    ])
    expect(namesOf(bundle?.pem).toSorted()).toEqual([
      'Amazon RDS eu-west-1 Root CA ECC384 G1',
      'Amazon RDS eu-west-1 Root CA RSA2048 G1',
      'Amazon RDS eu-west-1 Root CA RSA4096 G1',
      'Amazon Root CA 1',
      'Amazon Root CA 2',
      'Amazon Root CA 3',
      'Amazon Root CA 4',
      'Starfield Services Root Certificate Authority - G2',
    ])
    expect(bundle?.expiresAt).toEqual(new Date('2037-12-31T23:59:59Z'))
  })

  test('the global bundle has the roots of all regions, each once', () => {
    const all = namesOf(bundles.bundle('global')?.pem)
    expect(all).toHaveLength(27 * 3 + 5)
    expect(new Set(all).size).toBe(all.length)
  })

  test('there are 27 regions, each with roots that live and sign themselves', () => {
    const [global, ...list] = bundles.list()
    expect(global?.region).toBe('global')
    expect(list).toHaveLength(27)
    expect(list.map(({ region }) => region)).toEqual(list.map(({ region }) => region).toSorted())
    for (const { region, certificates } of list) {
      const all = certificatesOf(bundles.bundle(region)?.pem)
      expect(all).toHaveLength(certificates.length)
      for (const certificate of all) {
        expect(certificate.checkIssued(certificate)).toBe(true)
        expect(new Date(certificate.validTo) > NOW).toBe(true)
        expect(certificate.subject).not.toMatch(/Beta|Preview|2019/)
      }
    }
  })

  test.each([
    'il-central-1',
    'us-gov-west-1',
    'cn-north-1',
    '',
    'Beta',
    '__proto__',
    'eu-west-1.pem',
  ])('a region that is not in the set has no bundle: %s', (region) =>
    expect(bundles.bundle(region)).toBeUndefined(),
  )

  test('what has expired by now is left out', async () => {
    const later = await loadCaBundles(new Date('2062-01-01T00:00:00Z'))
    expect(namesOf(later.bundle('eu-west-1')?.pem)).toEqual([
      'Amazon RDS eu-west-1 Root CA RSA4096 G1',
      'Amazon RDS eu-west-1 Root CA ECC384 G1',
    ])
  })
})

describe('a file in their place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const authority = await openAuthority(folder)
  const server = await authority.issue(['localhost'])
  const now = new Date()
  const write = (text: string) => {
    const file = join(folder, 'bundle.pem')
    writeFileSync(file, text)
    return file
  }

  test('serves every region and is listed for those of the catalog', async () => {
    const bundles = await loadCaBundles(now, authority.file, () => ['il-central-1', 'eu-west-1'])
    const bundle = bundles.bundle('il-central-1')
    expect(bundle).toMatchObject({ region: 'il-central-1', source: 'file' })
    expect(bundle?.certificates).toHaveLength(1)
    expect(bundle?.pem.trim()).toBe(authority.pem.trim())
    expect(bundles.list().map(({ region }) => region)).toEqual([
      'global',
      'il-central-1',
      'eu-west-1',
    ])
  })

  test('what has expired in it is left out, and what it has twice is there once', async () => {
    const expired = (await loadCaBundles(new Date('2030-01-01'))).bundle('eu-west-1')?.pem ?? ''
    const bundles = await loadCaBundles(
      now,
      write(`a comment\r\n${authority.pem}\n${expired}${authority.pem}`),
    )
    expect(bundles.bundle('eu-west-1')?.certificates).toHaveLength(9)
    const late = new Date(now.getTime() + 20 * 365 * 86_400_000)
    const later = await loadCaBundles(late, write(authority.pem + expired))
    expect(namesOf(later.bundle('x')?.pem)).not.toContain('Latchkey lab root (this is not AWS)')
  })

  test.each([
    ['nothing', () => '', /no certificate/],
    ['garbage', () => '\0\xff garbage', /no certificate/],
    [
      'a certificate that is none',
      () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      /Certificate 1 cannot be read/,
    ],
    ['a private key', () => authority.pem + server.key, /private key/],
    [
      'a server certificate',
      () => certificatesOf(server.cert)[0]?.toString() ?? '',
      /a server certificate proves nothing/,
    ],
  ])('%s is refused with the reason', async (_, text, reason) => {
    await expect(loadCaBundles(now, write(text()))).rejects.toThrow(reason)
    await expect(loadCaBundles(now, write(text()))).rejects.toThrow(/^CA_BUNDLE_FILE /)
  })

  test('only expired certificates are refused', async () => {
    const late = new Date(now.getTime() + 20 * 365 * 86_400_000)
    await expect(loadCaBundles(late, authority.file)).rejects.toThrow(/have expired/)
  })

  test('a file that is not there is refused', async () => {
    await expect(loadCaBundles(now, join(folder, 'absent.pem'))).rejects.toThrow(
      /CA_BUNDLE_FILE .*ENOENT/,
    )
  })
})
