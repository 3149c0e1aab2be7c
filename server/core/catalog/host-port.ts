import type { Address } from './catalog.ts'

/** A host name or an IPv4 address, a colon, a port. */
export const HOST_PORT = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?:[1-9][0-9]{0,4}$/u

/** Host in lower case, as it is signed and as names compare. Undefined when it is not written `host:port`. */
export function parseHostPort(text: string): Address | undefined {
  if (!HOST_PORT.test(text)) return undefined
  const colon = text.lastIndexOf(':')
  const host = text.slice(0, colon).toLowerCase()
  const port = Number(text.slice(colon + 1))
  const labels = host.split('.')
  const good = labels.every(
    (label) => label.length <= 63 && /^[a-z0-9_](?:.*[a-z0-9_])?$/u.test(label),
  )
  return good && isHost(labels) && port <= 65_535 ? { host, port } : undefined
}

/** What looks like an IPv4 address must be one. */
const isHost = (labels: readonly string[]) =>
  !/^[0-9]+$/u.test(labels.at(-1) ?? '') ||
  (labels.length === 4 && labels.every((part) => /^[0-9]{1,3}$/u.test(part) && Number(part) <= 255))

/** What somebody who wrote this in place of `host:port` most likely meant. */
export function mendHostPort(written: string): string {
  const rest = written
    .replace(/^(?:jdbc:)?[a-z0-9+]+:\/\//iu, '')
    .replace(/^[^@/]*@/u, '')
    .replace(/[/?].*$/u, '')
    .replace(/\.(?=:|$)/u, '')
  if (rest.includes('[') || rest.split(':').length > 2)
    return 'write host:port with a name or an IPv4 address as host'
  if (parseHostPort(rest)) return `write ${rest}`
  if (parseHostPort(`${rest}:5432`))
    return `write the port too: ${rest}:5432, or the one of your database`
  return 'write host:port, for example orders.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432'
}
