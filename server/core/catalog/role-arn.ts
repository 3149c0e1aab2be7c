import { nearest } from './near.ts'
import { PARTITION_NAMES, type Partition } from './region.ts'

/** A role by its ARN, with its path (IAM user guide, "IAM identifiers"). */
export const ROLE_ARN = new RegExp(
  `^arn:(${PARTITION_NAMES.join('|')}):iam::([0-9]{12}):` +
    'role/(?:[!-.0-~]{1,510}/){0,64}[A-Za-z0-9_+=,.@-]{1,64}$',
  'u',
)

export const ROLE_EXAMPLE = 'arn:aws:iam::111122223333:role/latchkey-payments'

export function partsOfRole(arn: string): { partition: Partition; account: string } | undefined {
  const [, name, account] = ROLE_ARN.exec(arn) ?? []
  const partition = PARTITION_NAMES.find((known) => known === name)
  return partition && account ? { partition, account } : undefined
}

/** What somebody who wrote this in place of a role's ARN most likely has to do. */
export function mendRoleArn(written: string): string {
  const [head, partition = '', service, , , ...rest] = written.split(':')
  if (/^arn:[a-z-]+:iam:[0-9]/u.test(written))
    return `an IAM ARN has no region, so two colons stand after iam: ${written.replace(':iam:', ':iam::')}`
  if (service === 'sts') return `that is a session; write the ARN of its role: ${ROLE_EXAMPLE}`
  if (head === 'arn' && service === 'iam' && !rest.join(':').startsWith('role/'))
    return `write the ARN of a role, for example ${ROLE_EXAMPLE}`
  if (head === 'arn' && !PARTITION_NAMES.some((known) => known === partition)) {
    const near = nearest(partition, PARTITION_NAMES)
    const all = `partitions are ${PARTITION_NAMES.join(', ')}`
    return near ? `did you mean arn:${near}:…? ${all}` : all
  }
  return `write, for example, ${ROLE_EXAMPLE}, with an account of 12 digits`
}
