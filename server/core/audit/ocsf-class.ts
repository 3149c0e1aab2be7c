/**
 * The classes of OCSF 1.3.0 (schema.ocsf.io) that the events of the log are told in, one function for each.
 * They give what only that class has; `ocsf.ts` adds what all events have.
 */

export const OCSF_VERSION = '1.3.0'

/** Status of an event: `status_id` and the caption that belongs to it. */
const STATUS = {
  success: { status_id: 1, status: 'Success' },
  failure: { status_id: 2, status: 'Failure' },
  /** It is not known whether it took effect. */
  unknown: { status_id: 0, status: 'Unknown' },
  /** Written down before it was done: its outcome is an event of its own. */
  intended: { status_id: 99, status: 'Intended' },
} as const

const SEVERITY = { info: 1, low: 2, medium: 3, high: 4 } as const

export type Outcome = {
  status?: keyof typeof STATUS
  severity?: keyof typeof SEVERITY
  /** The portal's own code of why it was refused or failed. */
  code?: string
}

export type User = {
  uid?: string
  name?: string
  email_addr?: string
  type_id: number
  groups?: { name: string }[]
}
export type Endpoint = { ip?: string; svc_name?: string; name?: string; hostname?: string }

/** Who did it and from where, in OCSF's words. */
export type About = {
  /** Of the person, or of nobody known. */
  user: User
  actor: { user: User } | { app_name: string }
  from: Endpoint | undefined
  subject: string | null
}

export type ClassPart = Record<string, unknown> & { class_uid: number; activity_id: number }

/** OCSF has milliseconds since 1970. Undefined where a text is no time. */
export const millis = (text: string | undefined): number | undefined => {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? undefined : time
}

export const personUser = (uid: string): User => ({ uid, type_id: 1 })

function part(
  class_uid: number,
  activity_id: number,
  { status = 'success', severity = 'info', code }: Outcome,
  attributes: object,
): ClassPart {
  return {
    class_uid,
    category_uid: Math.floor(class_uid / 1000),
    activity_id,
    type_uid: class_uid * 100 + activity_id,
    severity_id: SEVERITY[severity],
    ...STATUS[status],
    status_code: code,
    ...attributes,
  }
}

/** 3002. At the OpenID provider, over the network, to the portal. */
export const authentication = (
  activity: 'logon' | 'logoff',
  about: About,
  outcome: Outcome = {},
  attributes: object = {},
): ClassPart =>
  part(3002, activity === 'logon' ? 1 : 2, outcome, {
    actor: about.actor,
    user: about.user,
    src_endpoint: about.from,
    service: { name: 'Latchkey' },
    auth_protocol_id: 4,
    auth_protocol: 'OpenID',
    is_remote: true,
    ...attributes,
  })

/** 3003, privileges for a session: a token lets its holder open sessions as a database user. */
export const authorizeSession = (
  about: About,
  privileges: string[],
  outcome: Outcome,
  attributes: object,
): ClassPart =>
  part(3003, 1, outcome, {
    actor: about.actor,
    user: about.user,
    src_endpoint: about.from,
    privileges,
    ...attributes,
  })

const ENTITY_ACTIVITY = { create: 1, update: 3, delete: 4, deactivate: 11 } as const

/** 3004. `type` is a word of ours: OCSF has no list for such things. */
export const entityManagement = (
  activity: keyof typeof ENTITY_ACTIVITY,
  entity: { type: string; uid?: string; name?: string },
  about: About,
  outcome: Outcome = {},
  comment?: string | null,
): ClassPart =>
  part(3004, ENTITY_ACTIVITY[activity], outcome, {
    actor: about.actor,
    src_endpoint: about.from,
    entity,
    comment: comment ?? undefined,
  })

/** 3005. `user` is whose access it is, who may be another than who did it. */
export const userAccess = (
  activity: 'assign' | 'revoke',
  about: About,
  access: { user: User; privileges: string[]; database: string },
  outcome: Outcome = {},
): ClassPart =>
  part(3005, activity === 'assign' ? 1 : 2, outcome, {
    actor: about.actor,
    src_endpoint: about.from,
    user: access.user,
    privileges: access.privileges,
    resource: { type: 'database', name: access.database },
  })

const API_ACTIVITY = { create: 1, read: 2, update: 3, delete: 4, other: 99 } as const

/** 6003. What was asked of the portal, or what the portal asked of others. */
export const apiActivity = (
  activity: keyof typeof API_ACTIVITY,
  operation: string,
  about: About,
  outcome: Outcome = {},
  resources: { type: string; uid?: string; name?: string }[] = [],
): ClassPart =>
  part(6003, API_ACTIVITY[activity], outcome, {
    // OCSF asks for a name of what is none of its activities.
    activity_name: activity === 'other' ? 'Other' : undefined,
    actor: about.actor,
    // Required there; what the portal does by itself comes from itself.
    src_endpoint: about.from ?? { svc_name: 'latchkey' },
    api: { operation, service: { name: 'Latchkey' } },
    resources: resources.length > 0 ? resources : undefined,
  })

const LIFE = { start: 3, stop: 4, update: 8 } as const

/** 6002, the portal itself: it starts, stops, or what it goes by is another. */
export const applicationLife = (
  activity: keyof typeof LIFE,
  about: About,
  outcome: Outcome = {},
): ClassPart =>
  part(6002, LIFE[activity], outcome, {
    actor: about.actor,
    app: { name: 'Latchkey', vendor_name: 'Latchkey' },
  })

/** 0, for an action that this version does not know: a newer one wrote it. */
export const baseEvent = (): ClassPart => part(0, 0, { status: 'unknown' }, {})
