import { isIP } from 'node:net'
import type { Dialect, Value } from './dialect.ts'
import { shellWord } from './shell.ts'
import type { Connection } from './snippet.ts'

/**
 * The client connects to one host and verifies another: the one that the token is signed for and the certificate names.
 * libpq can, by `host` and `hostaddr`, and `hostaddr` must be an address in numbers.
 */
export type Tunnel = { address: string } | { name: string }

/** Undefined when the client connects where the token is signed for. */
export function tunnelOf({
  signing,
  dial,
}: Pick<Connection, 'signing' | 'dial'>): Tunnel | undefined {
  if (dial.host === signing.host) return undefined
  const host = dial.host.replace(/^\[(.*)\]$/, '$1')
  if (host === 'localhost') return { address: '127.0.0.1' }
  return isIP(host) ? { address: host } : { name: host }
}

/** The address for a shell: as it is, or looked up when the line runs. */
export const addressValue = (tunnel: Tunnel): Value =>
  'address' in tunnel ? { text: tunnel.address } : { lookUp: tunnel.name }

/** Why this shell cannot go through this tunnel, or null. */
export const whyNoTunnel = (tunnel: Tunnel | undefined, { looksUp }: Dialect): string | null =>
  tunnel && 'name' in tunnel && !looksUp
    ? `This client wants the address of ${tunnel.name} in numbers, and this shell cannot look it up: give the tunnel as an IP address.`
    : null

/** `$(…)` that prints the first address of a name: `getent` is Linux's way, `dscacheutil` a Mac's. */
export function addressCommand(name: string): string {
  const host = shellWord(name)
  const lookUp = `{ getent ahosts ${host} || dscacheutil -q host -a name ${host}; } 2>/dev/null`
  const pick = `awk '$1 == "ip_address:" { print $2; exit } /^[0-9a-f]*[.:]/ { print $1; exit }'`
  return `$(${lookUp} | ${pick})`
}

/** For clients that verify the name that they dial and know no other way. */
export function hostsHint(connection: Connection): string | null {
  const tunnel = tunnelOf(connection)
  if (!tunnel) return null
  const address = 'address' in tunnel ? tunnel.address : `the address of ${tunnel.name}`
  const file =
    connection.system === 'windows' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts'
  return `This client can only verify the name that it connects to. So that ${connection.signing.host} leads through your tunnel and is still verified, put it into ${file} beside ${address}. It takes an administrator of your computer, and holds for every program until you take it out again.`
}
