/**
 * One plain mail address: no name before it, no comment, no quotes, nothing that could end a header or begin a second address.
 * Narrower than RFC 5321 §4.1.2 on purpose; the limits of 64 and 253 are its §4.5.3.1.
 */
export const MAIL_ADDRESS =
  /^(?=.{3,254}$)[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)*[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u

export const isMailAddress = (text: string) => MAIL_ADDRESS.test(text)

/** `ada@example.com` or `Ada Marín <ada@example.com>`; undefined when it is neither. */
export function parseMailbox(text: string): { name: string; address: string } | undefined {
  const named = /^(?<name>[^<>"\p{C}\p{Zl}\p{Zp}]{0,100}?) *<(?<address>[^<>]+)>$/u.exec(text)
  const { name = '', address = text } = named?.groups ?? {}
  return isMailAddress(address) ? { name: name.trim(), address } : undefined
}
