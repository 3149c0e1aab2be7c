import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'

/**
 * Text signed by one or more Ed25519 keys: a note of c2sp.org/signed-note.
 * Its text must not be believed before `openNote` returned it.
 */

export type NoteFault =
  | 'malformed_key'
  | 'malformed_note'
  | 'malformed_signature'
  | 'malformed_checkpoint'
  | 'too_large'
  /** No signature is of a key that was asked for. */
  | 'unknown_key'
  /** A signature claims a known key and is not of it: the note was changed, or forged. */
  | 'wrong_signature'
  /** Signed, by a key that speaks for another log. */
  | 'other_origin'

/** Why a note or a key is refused. The message is a sentence, and never holds the note. */
export class NoteError extends Error {
  override readonly name = 'NoteError'
  readonly code: NoteFault

  constructor(code: NoteFault, message: string) {
    super(message)
    this.code = code
  }
}

export type NoteSigner = { name: string; id: string; key: string; sign(text: string): Buffer }

/** `key` is the whole verifier key as text, `id` its eight hexadecimal digits. */
export type NoteVerifier = {
  name: string
  id: string
  key: string
  verify(text: string, signature: Buffer): boolean
}

/** The byte that tells a log's key from others. */
const ED25519 = 1
const MOST_CHARACTERS = 1_000_000
const MOST_SIGNATURES = 100
const SIGNATURE_LINE = /^— (\S+) (\S+)$/u

/** @throws NoteError `malformed_key` where the key is not Ed25519 or the name could not stand in a note */
export function makeSigner(name: string, privateKey: KeyObject): NoteSigner {
  const key = verifierKey(name, createPublicKey(privateKey))
  return {
    name,
    id: parseVerifierKey(key).id,
    key,
    sign: (text) => sign(null, Buffer.from(text), privateKey),
  }
}

/** A public key as one line for configuration and command lines: `name+id+base64(0x01 ‖ 32 bytes)`. */
export function verifierKey(name: string, publicKey: KeyObject): string {
  if (publicKey.asymmetricKeyType !== 'ed25519')
    throw new NoteError('malformed_key', 'The key is not an Ed25519 key.')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const encoded = Buffer.concat([Buffer.of(ED25519), raw])
  return `${checkedName(name)}+${keyId(name, encoded)}+${encoded.toString('base64')}`
}

/** @throws NoteError `malformed_key` */
export function parseVerifierKey(text: string): NoteVerifier {
  const { name, id, publicKey } = readKeyLine(text, ED25519, 'a verifier key')
  return {
    name,
    id,
    key: text.trim(),
    verify: (signed, signature) => verify(null, Buffer.from(signed), publicKey, signature),
  }
}

/**
 * A public key of Ed25519 as one line, `name+id+base64(kind ‖ 32 bytes)`. `kind` is the byte that says what it signs,
 * `what` says it in words.
 * @throws NoteError `malformed_key`
 */
export function readKeyLine(text: string, kind: number, what: string) {
  const [name, id, ...rest] = text.trim().split('+')
  // Base64 has plus signs of its own.
  const encoded = decode(rest.join('+'))
  if (name === undefined || encoded?.length !== 33 || encoded[0] !== kind)
    throw new NoteError(
      'malformed_key',
      `The key is not ${what}: it looks like NAME+8 HEX DIGITS+BASE64, and is of Ed25519.`,
    )
  if (id !== keyId(checkedName(name), encoded))
    throw new NoteError(
      'malformed_key',
      'The key is damaged: its digits do not fit. Copy it again, whole.',
    )
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: encoded.subarray(1).toString('base64url') },
    format: 'jwk',
  })
  return { name, id, publicKey }
}

/** The note of `text`, which ends with a line end. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!isText(text) || !text.endsWith('\n') || signers.length === 0)
    throw new NoteError('malformed_note', 'Only whole lines can be signed, by at least one key.')
  return `${text}\n${signers
    .map(({ name, id, sign }) => {
      const signature = Buffer.concat([Buffer.from(id, 'hex'), sign(text)])
      return `— ${name} ${signature.toString('base64')}\n`
    })
    .join('')}`
}

/**
 * The text of a note and which of the keys signed it, at least one. Signatures of other keys are passed over, as the format demands.
 * @throws NoteError also where a signature claims one of the keys and does not hold
 */
export function openNote(
  note: string,
  verifiers: readonly NoteVerifier[],
): { text: string; signedBy: NoteVerifier[] } {
  const { text, signatures } = splitNote(note)
  const signedBy = new Set<NoteVerifier>()
  for (const { name, id, signature } of signatures) {
    const verifier = verifiers.find((each) => each.name === name && each.id === id)
    if (!verifier || signedBy.has(verifier)) continue
    if (!verifier.verify(text, signature))
      throw new NoteError(
        'wrong_signature',
        `The signature of ${name} (${id}) does not hold: the note was changed after it was signed, or that key never signed it.`,
      )
    signedBy.add(verifier)
  }
  if (signedBy.size === 0)
    throw new NoteError(
      'unknown_key',
      `The note is signed by ${signatures.map(({ name, id }) => `${name} (${id})`).join(', ')}, and by none of the trusted keys.`,
    )
  return { text, signedBy: [...signedBy] }
}

type NoteSignature = { name: string; id: string; signature: Buffer }

/** Takes a note apart without believing it. */
export function splitNote(note: string): { text: string; signatures: NoteSignature[] } {
  if (note.length > MOST_CHARACTERS) throw new NoteError('too_large', 'The note is too long.')
  const end = note.lastIndexOf('\n\n')
  if (!isText(note) || end < 0)
    throw new NoteError(
      'malformed_note',
      'That is not a signed note: text, an empty line, signatures.',
    )
  const lines = note.slice(end + 2).split('\n')
  if (lines.pop() !== '' || lines.length === 0)
    throw new NoteError(
      'malformed_note',
      'The note is cut off: its signatures are not whole lines.',
    )
  if (lines.length > MOST_SIGNATURES)
    throw new NoteError('too_large', 'The note has too many signatures.')
  return { text: note.slice(0, end + 1), signatures: lines.map(readSignature) }
}

function readSignature(line: string): NoteSignature {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? []
  const bytes = decode(encoded ?? '')
  if (name === undefined || !isName(name) || !bytes || bytes.length < 5)
    throw new NoteError('malformed_signature', 'A signature line of the note cannot be read.')
  return { name, id: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) }
}

const keyId = (name: string, encoded: Buffer) =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), encoded])).slice(0, 8)

/** Strict: Node would pass over what is no base64, and two texts would be one signature. */
export function decode(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}

const isName = (name: string) => name !== '' && !/[\s\u0085+\0-\x1f]/u.test(name)
const isText = (text: string) => text.isWellFormed() && !/[\0-\x09\x0b-\x1f]/.test(text)

function checkedName(name: string): string {
  if (!isName(name) || !name.isWellFormed())
    throw new NoteError(
      'malformed_key',
      'The name of a key is not empty and has no space and no plus.',
    )
  return name
}
