import type { GuideWish } from '../../server/contract/guide.ts'

/** A database that no catalog has yet, for a team that is new too. */
export const aWish = (over: Partial<GuideWish> = {}): GuideWish => ({
  name: 'invoices',
  engine: 'postgres',
  account: '111122223333',
  region: 'eu-west-1',
  form: 'instance',
  identifier: 'invoices',
  resource: 'db-INVOICESABCDEFGH12345',
  dbname: 'invoices',
  port: 5432,
  endpoints: [{ name: 'instance', host: 'invoices.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com' }],
  team: 'billing',
  groups: ['billing-engineers'],
  roleName: 'latchkey-billing',
  externalId: '0d4b6b0e-3c0f-4d4a-8e0e-6f2b5a1c9d7e',
  portal: 'arn:aws:iam::111122223333:role/latchkey',
  users: [
    {
      name: 'invoices_reader',
      preset: 'read',
      schema: 'public',
      duration: '8h',
      approvalGroups: [],
    },
  ],
  client: { cidr: '10.20.0.0/16', securityGroup: null },
  ...over,
})
