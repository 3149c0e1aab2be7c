import { derOf, explicit0, implicit0, integer, oid, sequence, setOf } from './der.ts'

const DATA = '1.2.840.113549.1.7.1'
const SIGNED_DATA = '1.2.840.113549.1.7.2'

/**
 * Certificates and nothing else as DER: a SignedData without content and signers
 * (RFC 2315, 9.1, "degenerate case"; RFC 5652, 5.1). What Windows and `openssl pkcs7` read.
 */
export const writeP7b = (certificates: readonly Uint8Array[]): Buffer =>
  derOf(
    sequence(
      oid(SIGNED_DATA),
      explicit0(
        sequence(integer(1), setOf(), sequence(oid(DATA)), implicit0(certificates), setOf()),
      ),
    ),
  )
