import {
  type AsnType,
  Constructed,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  Set as AsnSet,
} from 'asn1js'

const CONTEXT = 3

export const sequence = (...value: AsnType[]) => new Sequence({ value })
export const oid = (value: string) => new ObjectIdentifier({ value })
export const integer = (value: number) => new Integer({ value })
export const octets = (valueHex: Uint8Array) => new OctetString({ valueHex })

/** DER orders the elements of a SET OF by their bytes (X.690, 11.6). */
export const setOf = (...value: AsnType[]) =>
  new AsnSet({ value: value.toSorted((a, b) => Buffer.compare(derOf(a), derOf(b))) })

/** `[0] EXPLICIT`. */
export const explicit0 = (...value: AsnType[]) =>
  new Constructed({ idBlock: { tagClass: CONTEXT, tagNumber: 0 }, value })

/** `[0] IMPLICIT SET OF`, of elements that are encoded already: certificates stay as they were signed. */
export function implicit0(elements: readonly Uint8Array[]): AsnType {
  const block = new Primitive({
    idBlock: { tagClass: CONTEXT, tagNumber: 0 },
    valueHex: Buffer.concat(elements.toSorted((a, b) => Buffer.compare(a, b))),
  })
  block.idBlock.isConstructed = true
  return block
}

export const derOf = (value: AsnType): Buffer => Buffer.from(value.toBER())
