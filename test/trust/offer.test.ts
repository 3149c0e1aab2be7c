import { beforeAll, describe, expect, test } from 'vitest'
import { loadCaBundles } from '../../server/aws/ca-roots.ts'
import { DomainError } from '../../server/core/error.ts'
import type { LiveBundles } from '../../server/core/trust/live-bundles.ts'
import { readOffer } from '../../server/core/trust/offer.ts'
import { writePem } from '../../server/core/trust/pem.ts'
import { aRoot, makeKeys, RSA_1024 } from './roots.ts'

const NOW = new Date()
let accepted: string[] = []
let bundles: LiveBundles
beforeAll(async () => {
  bundles = await loadCaBundles(
    NOW,
    undefined,
    () => [],
    () => Promise.resolve(accepted),
  )
})
const read = (text: string) => readOffer(text, bundles.known(), NOW)
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).toSorted()
const ireland = () =>
  writePem(bundles.known().trusted.filter(({ subject }) => subject.includes('eu-west-1 ')))
const refusal = (text: string) => {
  try {
    read(text)
  } catch (error) {
    if (error instanceof DomainError) return error
  }
  throw new Error('it was not refused')
}

describe('an offer', () => {
  test('of what is trusted already changes nothing', () => {
    expect(read(ireland()).difference).toMatchObject({ added: [], gone: [], passedOver: 0 })
    expect(read(ireland()).difference.same).toHaveLength(3)
  })

  test('for a region that the portal lacks adds it, and touches no other', async () => {
    const { difference } = read(await aRoot('il-central-1'))
    expect(names(difference.added)).toEqual(['Amazon RDS il-central-1 Root CA ECC384 G1'])
    expect(difference).toMatchObject({ gone: [], same: [] })
  })

  test('that lacks a root of its region says that this one would be gone', async () => {
    const [first = ''] = ireland().match(/-----BEGIN[^]*?-----END CERTIFICATE-----\n/g) ?? []
    const { difference } = read(first + (await aRoot('eu-west-1', { kind: 'ECC521' })))
    expect(names(difference.added)).toEqual(['Amazon RDS eu-west-1 Root CA ECC521 G1'])
    expect(names(difference.gone)).toEqual([
      'Amazon RDS eu-west-1 Root CA ECC384 G1',
      'Amazon RDS eu-west-1 Root CA RSA4096 G1',
    ])
    expect(difference.same).toHaveLength(1)
  })

  test('passes over what it can do nothing with, and keeps only the rest', async () => {
    const stranger = (await loadCaBundles(NOW)).bundle('eu-west-1')!.pem
    const { difference, pem } = read(stranger + (await aRoot('il-central-1')))
    expect(difference.passedOver).toBe(5)
    expect(pem.match(/BEGIN/g)).toHaveLength(4)
  })

  test('a root may be issued again with its own key', async () => {
    const keys = await makeKeys()
    accepted = [await aRoot('il-central-1', { keys, days: 100 })]
    await bundles.reload()
    const { difference } = read(await aRoot('il-central-1', { keys, days: 4000 }))
    expect(difference.same).toHaveLength(1)
    expect(difference).toMatchObject({ added: [], gone: [] })
  })
})

describe('is refused', () => {
  test('where a known subject comes with another key: built in, accepted before, or in the same file', async () => {
    const known = await aRoot('eu-west-1')
    expect(refusal(known)).toMatchObject({ code: 'invalid', reason: 'key_changed' })
    expect(refusal(known).message).toContain('Amazon RDS eu-west-1 Root CA ECC384 G1')
    accepted = [await aRoot('mx-central-1')]
    await bundles.reload()
    expect(refusal(await aRoot('mx-central-1')).reason).toBe('key_changed')
    const twice = (await aRoot('ca-west-1')) + (await aRoot('ca-west-1'))
    expect(refusal(twice).reason).toBe('key_changed')
  })

  test('a root that another bundle has taken the place of stays pinned', async () => {
    accepted = [await aRoot('eu-west-2', { kind: 'ECC521' })]
    await bundles.reload()
    expect(names(bundles.bundle('eu-west-2')!.certificates)).not.toContain(
      'Amazon RDS eu-west-2 Root CA ECC384 G1',
    )
    expect(refusal(await aRoot('eu-west-2', { kind: 'ECC384' })).reason).toBe('key_changed')
  })

  test.each([
    ['a short key', () => aRoot('il-central-1', { algorithm: RSA_1024 }), 'key_weak'],
    [
      'nothing usable',
      async () =>
        bundles
          .bundle('eu-west-1')!
          .pem.split('-----END CERTIFICATE-----\n')
          .slice(3)
          .join('-----END CERTIFICATE-----\n'),
      'bundle_unusable',
    ],
    ['garbage', async () => 'garbage', 'bundle_unusable'],
    ['a root that has ended', () => aRoot('il-central-1', { days: -1 }), 'bundle_unusable'],
    ['no CA', () => aRoot('il-central-1', { ca: false }), 'bundle_unusable'],
  ])('%s', async (_, text, reason) => expect(refusal(await text()).reason).toBe(reason))
})

describe('bundles that were accepted', () => {
  test('win for their regions, the newest of them, and are in the global one', async () => {
    const older = await aRoot('eu-west-3', { kind: 'OLD' })
    const newer = await aRoot('eu-west-3', { kind: 'NEW' })
    accepted = [older, newer]
    await bundles.reload()
    const own = (region: string) =>
      names(bundles.bundle(region)!.certificates).filter((name) => name.includes('eu-west-3'))
    expect(own('eu-west-3')).toEqual(['Amazon RDS eu-west-3 Root CA NEW G1'])
    expect(own('global')).toEqual(['Amazon RDS eu-west-3 Root CA NEW G1'])
    expect(bundles.bundle('eu-west-3')!.source).toBe('accepted')
    expect(bundles.bundle('eu-west-1')!.source).toBe('built_in')
    // RDS Proxy has public certificates everywhere.
    expect(names(bundles.bundle('eu-west-3')!.certificates)).toContain('Amazon Root CA 1')
  })

  test('are read again only when there is something new', async () => {
    const before = bundles.bundle('eu-west-1')
    await bundles.reload()
    expect(bundles.bundle('eu-west-1')).toBe(before)
  })
})
