import { isIPv6 } from 'node:net'
import { quote } from '../catalog/visible.ts'
import type { FieldFault } from '../error.ts'
import type { GuideWish } from './guide.ts'

/** What is wrong with where clients come from. */
export function clientFaults({ cidr, securityGroup }: GuideWish['client']): FieldFault[] {
  const faults: FieldFault[] = []
  const wrong = cidr === null ? undefined : cidrFault(cidr)
  if (wrong) faults.push({ field: 'client/cidr', ...wrong })
  if (securityGroup !== null && !/^sg-(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(securityGroup))
    faults.push({
      field: 'client/securityGroup',
      message: `${quote(securityGroup)} is no id of a security group`,
      mend: 'write its id, not its name: sg-0123456789abcdef0',
    })
  return faults
}

function cidrFault(cidr: string): Omit<FieldFault, 'field'> | undefined {
  const [address = '', length = '', ...more] = cidr.split('/')
  const bits = /^(?:0|[1-9]\d{0,2})$/.test(length) ? Number(length) : NaN
  const parts = address.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : NaN))
  const four = parts.length === 4 && parts.every((part) => part <= 255)
  if (more.length > 0 || !(four ? bits <= 32 : isIPv6(address) && bits <= 128))
    return {
      message: `${quote(cidr)} is no range of addresses`,
      mend: 'write it with its length: 10.20.0.0/16, or 203.0.113.7/32 for one address',
    }
  if (bits === 0)
    return {
      message: 'is the whole internet',
      mend: 'write the addresses of your office, VPN or bastion: 10.20.0.0/16',
    }
  if (!four) return undefined
  const written = parts.reduce((sum, part) => sum * 256 + part, 0)
  const size = 2 ** (32 - bits)
  const first = Math.floor(written / size) * size
  if (first === written) return undefined
  const better = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')
  return {
    message: `${cidr} begins in the middle of its range`,
    mend: `write ${better}/${bits}, or ${address}/32 for one address`,
  }
}

/** Whether a checked range is one of IPv6. */
export const isIpv6Range = (cidr: string) => cidr.includes(':')
