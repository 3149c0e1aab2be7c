import { createHash, createHmac } from 'node:crypto'
import { BmpString, Null } from 'asn1js'
import type { StoreEntry } from './alias.ts'
import { derOf, explicit0, integer, octets, oid, sequence, setOf } from './der.ts'
import { deriveMacKey } from './pkcs12-key.ts'

const DATA = '1.2.840.113549.1.7.1'
const CERT_BAG = '1.2.840.113549.1.12.10.1.3'
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1'
const FRIENDLY_NAME = '1.2.840.113549.1.9.20'
const SHA256 = '2.16.840.1.101.3.4.2.1'
/** Oracle's: without it Java reads the file and trusts nothing in it. */
const TRUSTED_KEY_USAGE = '2.16.840.1.113894.746875.1.1'
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'

const ITERATIONS = 2_048

/**
 * A trust store for Java 8u301 and newer, and for `openssl pkcs12` (RFC 7292): certificate bags in the clear, marked as
 * trusted, under a MAC by SHA-256. Nothing is encrypted, for nothing is secret; Java refuses a store whose MAC is wrong.
 * The salt follows from the content, so that the same certificates make the same bytes.
 */
export function writePkcs12(entries: readonly StoreEntry[], password: string): Buffer {
  const bags = derOf(sequence(...entries.map(bagOf)))
  const safe = derOf(sequence(sequence(oid(DATA), explicit0(octets(bags)))))
  const salt = createHash('sha256').update(safe).digest().subarray(0, 20)
  const key = deriveMacKey(password, salt, ITERATIONS)
  const mac = createHmac('sha256', key).update(safe).digest()
  return derOf(
    sequence(
      integer(3),
      sequence(oid(DATA), explicit0(octets(safe))),
      sequence(
        sequence(sequence(oid(SHA256), new Null()), octets(mac)),
        octets(salt),
        integer(ITERATIONS),
      ),
    ),
  )
}

const bagOf = ({ alias, der }: StoreEntry) =>
  sequence(
    oid(CERT_BAG),
    explicit0(sequence(oid(X509_CERTIFICATE), explicit0(octets(der)))),
    setOf(
      sequence(oid(FRIENDLY_NAME), setOf(new BmpString({ value: alias }))),
      sequence(oid(TRUSTED_KEY_USAGE), setOf(oid(ANY_EXTENDED_KEY_USAGE))),
    ),
  )
