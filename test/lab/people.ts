/** Somebody who can sign in at the lab's provider. */
export type LabPerson = {
  /** The subject: what the portal knows a person by, never the e-mail. */
  sub: string
  givenName: string
  familyName: string
  email: string
  /** What they are, in the demo's words. */
  title: string
  /** What they can try. */
  can: string
  groups: readonly string[]
}

export const PEOPLE: readonly LabPerson[] = [
  {
    sub: 'person-1001',
    givenName: 'Ada',
    familyName: 'Marín',
    email: 'ada.marin@example.com',
    title: 'Engineer, payments',
    can: 'reads orders at once; to write to it would need an approval',
    groups: ['payments-engineers'],
  },
  {
    sub: 'person-1002',
    givenName: 'Li',
    familyName: 'Wei',
    email: 'li.wei@example.com',
    title: 'Team lead, payments',
    can: 'does what Ada does, and is in the group that rules name as approvers',
    groups: ['payments-engineers', 'payments-leads'],
  },
  {
    sub: 'person-1003',
    givenName: 'Tom',
    familyName: 'Okafor',
    email: 'tom.okafor@example.com',
    title: 'Engineer, logistics',
    can: 'reaches shipments, and never learns that orders exists',
    groups: ['logistics-engineers'],
  },
  {
    sub: 'person-1004',
    givenName: 'Noor',
    familyName: 'Haddad',
    email: 'noor.haddad@example.com',
    title: 'Auditor, security',
    can: 'reads the audit log, and nothing else',
    groups: ['security'],
  },
  {
    sub: 'person-1005',
    givenName: 'Sam',
    familyName: 'Rivera',
    email: 'sam.rivera@example.com',
    title: 'Administrator, platform',
    can: 'reads the audit log, and sees whether the set-up is right',
    groups: ['platform-admins'],
  },
]

export const fullName = ({ givenName, familyName }: LabPerson) => `${givenName} ${familyName}`

export const findPerson = (sub: string) => PEOPLE.find((person) => person.sub === sub)
