import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { DeliveryError } from './delivery-error.ts'

/** Where no receiver of messages lives, but credentials may: link-local (instance and task metadata), unspecified, multicast. */
const NEVER = new BlockList()
NEVER.addSubnet('0.0.0.0', 8, 'ipv4')
NEVER.addSubnet('169.254.0.0', 16, 'ipv4')
NEVER.addSubnet('224.0.0.0', 3, 'ipv4')
NEVER.addAddress('::', 'ipv6')
NEVER.addSubnet('fe80::', 10, 'ipv6')
NEVER.addSubnet('ff00::', 8, 'ipv6')
// The metadata service of EC2 over IPv6 (EC2 user guide, "Instance metadata").
NEVER.addAddress('fd00:ec2::254', 'ipv6')

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

const within = (list: BlockList, address: string) =>
  list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** Whether a host is this machine by its own words. */
export const isLoopback = (host: string) => /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host)

const mayReach = (address: string, loopback: boolean) =>
  !within(NEVER, address) && (loopback || !within(LOOPBACK, address))

/**
 * Refuses, at the moment of connecting, what a name or an address may not lead to: whoever writes the address of a
 * webhook must not reach the portal's own machine or its cloud credentials through it. Throws DeliveryError.
 */
export function lookupFor(hostname: string): LookupFunction {
  const loopback = isLoopback(hostname)
  const literal = hostname.replace(/^\[|\]$/g, '')
  const refused = new DeliveryError({ code: 'address_refused' })
  if (isIP(literal) !== 0 && !mayReach(literal, loopback)) throw refused
  return (name, options, callback) =>
    lookup(name, { ...options, all: true }, (error, found) => {
      const good = error ? [] : found.filter(({ address }) => mayReach(address, loopback))
      const first = good[0]
      if (!first) callback(error ?? refused, [])
      else if (options.all) callback(null, good)
      else callback(null, first.address, first.family)
    })
}
