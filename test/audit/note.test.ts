import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  makeSigner,
  NoteError,
  openNote,
  parseVerifierKey,
  signNote,
  verifierKey,
} from '../../server/core/audit/note.ts'

/** The key and the note of the reference implementation's documentation: public, and signed by nobody real. */
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const PETERS_SEED = 'gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM='
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const SIGNATURE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
const NOTE = `${TEXT}\n${SIGNATURE}`

const fresh = (name: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    signer: makeSigner(name, privateKey),
    verifier: parseVerifierKey(verifierKey(name, publicKey)),
  }
}
const peter = parseVerifierKey(PETER)

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof NoteError) return error.code
    throw error
  }
  return 'accepted'
}

describe('the reference example', () => {
  test('is opened with its key', () => {
    expect(openNote(NOTE, [peter])).toEqual({ text: TEXT, signedBy: [peter] })
  })

  test('is made byte for byte', () => {
    const seed = Buffer.from(PETERS_SEED, 'base64')
    const key = createPrivateKey({
      // PKCS #8 of an Ed25519 key is this head and the seed (RFC 8410 §7).
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
      format: 'der',
      type: 'pkcs8',
    })
    const signer = makeSigner('PeterNeumann', key)
    expect(signer.key).toBe(PETER)
    expect(signNote(TEXT, [signer])).toBe(NOTE)
  })

  test('the key of the Go checksum database has the id it is known by', () => {
    const key = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'
    expect(parseVerifierKey(key)).toMatchObject({ name: 'sum.golang.org', id: '033de0ae', key })
  })
})

describe('notes', () => {
  const text = fc.string({ unit: 'grapheme' }).map((line) => `${line.replace(/[\0-\x1f]/g, '')}\n`)

  test('what is signed by some keys is opened by any of them, and tells which', () => {
    const keys = ['a.example', 'b.example', 'b.example'].map(fresh)
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1 }).map((lines) => lines.join('')),
        fc.subarray(keys, { minLength: 1 }),
        fc.subarray(keys, { minLength: 1 }),
        (written, signing, trusted) => {
          const note = signNote(
            written,
            signing.map(({ signer }) => signer),
          )
          const both = trusted.filter((key) => signing.includes(key)).map((key) => key.verifier)
          const open = () =>
            openNote(
              note,
              trusted.map(({ verifier }) => verifier),
            )
          if (both.length === 0) expect(codeOf(open)).toBe('unknown_key')
          else {
            expect(open().text).toBe(written)
            expect(new Set(open().signedBy)).toEqual(new Set(both))
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  test('no changed character of a note is accepted', () => {
    for (let at = 0; at < NOTE.length; at++) {
      const changed = `${NOTE.slice(0, at)}${NOTE[at] === 'x' ? 'y' : 'x'}${NOTE.slice(at + 1)}`
      expect(
        codeOf(() => openNote(changed, [peter])),
        `character ${at}`,
      ).not.toBe('accepted')
    }
  })

  test('no beginning and no end of a note is accepted', () => {
    for (let at = 0; at < NOTE.length; at++)
      expect(codeOf(() => openNote(NOTE.slice(0, at), [peter]))).not.toBe('accepted')
    for (let at = 1; at < NOTE.length; at++)
      expect(codeOf(() => openNote(NOTE.slice(at), [peter]))).not.toBe('accepted')
  })

  test('a signature of an unknown key is passed over, also when it shares name or id with a known one', () => {
    const other = fresh('PeterNeumann').signer
    const idOfPeter = { ...fresh('other.example').signer, id: peter.id }
    const line = (signer: typeof other) => signNote(TEXT, [signer]).slice(TEXT.length + 1)
    const note = `${TEXT}\n${line(other)}${line(idOfPeter)}${SIGNATURE}`
    expect(openNote(note, [peter]).signedBy).toEqual([peter])
  })

  test('a signature that claims a known key and does not hold spoils the note, whoever else signed', () => {
    const other = fresh('other.example')
    const forged = { ...fresh('PeterNeumann').signer, id: peter.id }
    const note = signNote(TEXT, [other.signer, forged])
    expect(codeOf(() => openNote(note, [peter, other.verifier]))).toBe('wrong_signature')
    expect(openNote(note, [other.verifier]).signedBy).toEqual([other.verifier])
  })

  test('a key that signed twice counts once', () => {
    expect(openNote(`${TEXT}\n${SIGNATURE}${SIGNATURE}`, [peter]).signedBy).toEqual([peter])
  })

  const signatures = (count: number) =>
    Array.from(
      { length: count },
      (_, at) => `— k${at}.example ${Buffer.alloc(68, at).toString('base64')}\n`,
    )

  test('as many signatures as the format demands are read, and not without end', () => {
    const note = (count: number) => `${TEXT}\n${signatures(count).join('')}${SIGNATURE}`
    expect(openNote(note(99), [peter]).signedBy).toEqual([peter])
    expect(codeOf(() => openNote(note(100), [peter]))).toBe('too_large')
    expect(codeOf(() => openNote(`${'x'.repeat(1_000_000)}\n${NOTE}`, [peter]))).toBe('too_large')
  })

  test.each([
    ['empty', '', 'malformed_note'],
    ['without an empty line', `${TEXT}${SIGNATURE}`, 'malformed_note'],
    ['without signatures', `${TEXT}\n`, 'malformed_note'],
    ['without its last line end', NOTE.slice(0, -1), 'malformed_note'],
    ['with a tab', NOTE.replace(' ', '\t'), 'malformed_note'],
    ['with a zero byte', NOTE.replace('I', '\0'), 'malformed_note'],
    ['with line ends of another system', NOTE.replaceAll('\n', '\r\n'), 'malformed_note'],
    ['with half a character', NOTE.replace('I', '\ud800'), 'malformed_note'],
    ['with a line after the signatures', `${NOTE}more\n`, 'malformed_signature'],
    ['with a hyphen for the dash', NOTE.replace('—', '-'), 'malformed_signature'],
    ['without a name', NOTE.replace(' PeterNeumann', ' '), 'malformed_signature'],
    [
      'with a plus in the name',
      NOTE.replace('PeterNeumann', 'Peter+Neumann'),
      'malformed_signature',
    ],
    ['with two spaces', NOTE.replace('n x08', 'n  x08'), 'malformed_signature'],
    ['with base64 for addresses', NOTE.replaceAll('/', '_'), 'malformed_signature'],
    ['without padding', NOTE.replace('=\n', '\n'), 'malformed_signature'],
    ['with loose bits in the padding', NOTE.replace('AM=', 'AN='), 'malformed_signature'],
    ['with a signature too short', `${TEXT}\n— PeterNeumann x08goA==\n`, 'malformed_signature'],
    ['with a cut signature', `${TEXT}\n— PeterNeumann x08go/ZJkuBS\n`, 'wrong_signature'],
    ['of nobody known', NOTE.replace('PeterNeumann', 'Peter'), 'unknown_key'],
  ])('a note %s is refused', (_what, note, code) => {
    expect(codeOf(() => openNote(note, [peter]))).toBe(code)
  })

  test.each([
    ['no line end', 'text'],
    ['nothing', ''],
    ['a control character', 'te\u0007xt\n'],
    ['half a character', 'te\udc00xt\n'],
  ])('text with %s is not signed', (_what, written) => {
    expect(codeOf(() => signNote(written, [fresh('a.example').signer]))).toBe('malformed_note')
  })

  test('nobody signs nothing', () => {
    expect(codeOf(() => signNote(TEXT, []))).toBe('malformed_note')
  })
})

describe('verifier keys', () => {
  test('no part of a key and no key with another character is a key', () => {
    for (let from = 0; from < PETER.length; from++)
      for (let to = from + 1; to <= PETER.length; to++)
        if (to - from < PETER.length)
          expect(codeOf(() => parseVerifierKey(PETER.slice(from, to)))).toBe('malformed_key')
    for (let at = 0; at < PETER.length; at++) {
      const next = String.fromCharCode(PETER.charCodeAt(at) + 1)
      const changed = `${PETER.slice(0, at)}${next}${PETER.slice(at + 1)}`
      expect(
        codeOf(() => parseVerifierKey(changed)),
        changed,
      ).toBe('malformed_key')
    }
  })

  test('a key that was copied with the line end is a key', () => {
    expect(parseVerifierKey(`${PETER}\n`).key).toBe(PETER)
  })

  test('a key of another kind is refused', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(codeOf(() => verifierKey('a.example', publicKey))).toBe('malformed_key')
    expect(codeOf(() => makeSigner('a.example', privateKey))).toBe('malformed_key')
  })

  test.each(['', 'a b', 'a+b', 'a\u00a0b', 'a\u0085b', 'a\nb'])('%j names no key', (name) => {
    const { publicKey } = generateKeyPairSync('ed25519')
    expect(codeOf(() => verifierKey(name, publicKey))).toBe('malformed_key')
  })
})
