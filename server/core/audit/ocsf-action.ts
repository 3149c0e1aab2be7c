import type { AuditAction, AuditDetail } from './event.ts'
import {
  type About,
  apiActivity,
  applicationLife,
  authentication,
  authorizeSession,
  type ClassPart,
  entityManagement,
  millis,
  type Outcome,
  personUser,
  userAccess,
} from './ocsf-class.ts'

/** What a class takes of a detail, and the rest of the detail. */
export type Told = readonly [part: ClassPart, rest: object]

type Ways = { [A in AuditAction]: (detail: AuditDetail[A], about: About) => Told }

const request = (uid: string, name?: string) => ({
  type: 'access request',
  uid,
  ...(name && { name }),
})
const personalKey = (uid?: string, name?: string) => ({
  type: 'personal key',
  ...(uid && { uid }),
  ...(name && { name }),
})
const grant = (uid: string) => ({ type: 'grant', uid })
const database = (name: string) => ({ type: 'database', name })
const refused = (code: string): Outcome => ({ status: 'failure', severity: 'low', code })
const failed = (code: string): Outcome => ({ status: 'failure', severity: 'medium', code })
/** Somebody must look, now. */
const ALARM: Outcome = { status: 'failure', severity: 'high' }
const urgent = (emergency?: boolean): Outcome => (emergency ? { severity: 'high' } : {})

const METHODS: Record<string, 'create' | 'read' | 'update' | 'delete'> = {
  GET: 'read',
  HEAD: 'read',
  POST: 'create',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
}

/** How each action of the closed list is told. An action that is missing here does not compile. */
export const WAYS: Ways = {
  'portal.started': (detail, about) => [applicationLife('start', about), detail],
  'portal.stopped': (detail, about) => [applicationLife('stop', about), detail],
  'migration.applied': (detail, about) => [applicationLife('update', about), detail],
  'catalog.loaded': (detail, about) => [applicationLife('update', about), detail],
  'catalog.followed': ({ database, ...rest }, about) => [
    entityManagement('update', { type: 'Database', name: database }, about),
    rest,
  ],
  'catalog.refused': ({ first, ...rest }, about) => [
    { ...applicationLife('update', about, failed('catalog_refused')), status_detail: first },
    rest,
  ],
  'session.started': ({ issuer, groups, ...rest }, about) => [
    authentication(
      'logon',
      { ...about, user: { ...about.user, groups: groups.map((name) => ({ name })) } },
      {},
      { session: { issuer } },
    ),
    rest,
  ],
  'session.ended': (detail, about) => [authentication('logoff', about), detail],
  'signin.refused': ({ reason, ...rest }, about) => [
    authentication('logon', about, refused(reason)),
    rest,
  ],
  'refusals.counted': ({ reason, ...rest }, about) => [
    authentication('logon', about, refused(reason)),
    rest,
  ],
  'access.refused': ({ method, route, needs, ...rest }, about) => [
    apiActivity(METHODS[method] ?? 'other', `${method} ${route}`, about, refused(`needs_${needs}`)),
    rest,
  ],
  'view.refused': ({ what, id, why }, about) => [
    apiActivity('read', what, about, refused(why), id === null ? [] : [{ type: what, uid: id }]),
    {},
  ],
  'request.created': ({ request: uid, database: on, user, reason, ...rest }, about) => [
    entityManagement(
      'create',
      request(uid, `${user}@${on}`),
      about,
      urgent(rest.emergency),
      reason,
    ),
    { database: on, user, ...rest },
  ],
  'request.refused': ({ why, ...rest }, about) => [
    apiActivity('create', 'access request', about, refused(why), [database(rest.database)]),
    rest,
  ],
  'request.approved': ({ request: uid, ...rest }, about) => [
    entityManagement('update', request(uid, `${rest.user}@${rest.database}`), about),
    rest,
  ],
  'request.denied': ({ request: uid, comment, ...rest }, about) => [
    entityManagement(
      'deactivate',
      request(uid, `${rest.user}@${rest.database}`),
      about,
      {},
      comment,
    ),
    rest,
  ],
  'withdrawal.refused': ({ request: uid, why, ...rest }, about) => [
    apiActivity('delete', 'access request', about, refused(why), [request(uid)]),
    rest,
  ],
  'request.withdrawn': ({ request: uid, ...rest }, about) => [
    entityManagement('deactivate', request(uid, `${rest.user}@${rest.database}`), about),
    rest,
  ],
  'request.cancelled': ({ request: uid, reason, ...rest }, about) => [
    entityManagement(
      'deactivate',
      request(uid, `${rest.user}@${rest.database}`),
      about,
      {},
      reason,
    ),
    rest,
  ],
  'request.lapsed': ({ request: uid, ...rest }, about) => [
    entityManagement('deactivate', request(uid, `${rest.user}@${rest.database}`), about),
    rest,
  ],
  'decision.made': ({ request: uid, comment, ...rest }, about) => [
    entityManagement('update', request(uid, `${rest.user}@${rest.database}`), about, {}, comment),
    rest,
  ],
  'decision.refused': ({ request: uid, why, ...rest }, about) => [
    apiActivity('update', 'decision', about, refused(why), [request(uid)]),
    rest,
  ],
  'emergency.reviewed': ({ grant: uid, comment, ...rest }, about) => [
    entityManagement('update', grant(uid), about, {}, comment),
    rest,
  ],
  'review.refused': ({ grant: uid, why, ...rest }, about) => [
    apiActivity('update', 'review', about, refused(why), [grant(uid)]),
    rest,
  ],
  'grant.started': ({ database: on, user, person, ...rest }, about) => [
    userAccess('assign', about, accessOf(on, user, person, about), urgent(rest.emergency)),
    rest,
  ],
  'grant.ended': ({ database: on, user, person, ...rest }, about) => [
    userAccess('revoke', about, accessOf(on, user, person, about)),
    rest,
  ],
  'grant.refused': ({ grant: uid, why, ...rest }, about) => [
    apiActivity('delete', 'grant', about, refused(why), [grant(uid)]),
    rest,
  ],
  'access.ended': (detail, about) => [
    apiActivity('delete', 'all access', about, {}, endedOf(detail)),
    detail,
  ],
  'ending.refused': ({ why, ...rest }, about) => [
    apiActivity('delete', 'all access', about, refused(why), endedOf(rest)),
    rest,
  ],
  'key.created': ({ key: uid, name, ...rest }, about) => [
    entityManagement('create', personalKey(uid, name), about),
    rest,
  ],
  'key.ended': ({ key: uid, name, ...rest }, about) => [
    entityManagement('deactivate', personalKey(uid, name), about),
    rest,
  ],
  'key.refused': ({ why, key: uid, name, what, ...rest }, about) => [
    apiActivity(
      what === 'end' ? 'delete' : 'create',
      what === 'token' ? 'token' : 'personal key',
      about,
      refused(why),
      uid === undefined && name === undefined ? [] : [personalKey(uid, name)],
    ),
    { what, ...rest },
  ],
  'token.refused': ({ grant: uid, why, ...rest }, about) => [
    apiActivity('create', 'token', about, refused(why), [grant(uid)]),
    rest,
  ],
  'token.intent': ({ user, sessionName, role, ...rest }, about) => [
    authorizeSession(
      about,
      [user],
      { status: 'intended' },
      { session: { uid: sessionName, issuer: role } },
    ),
    rest,
  ],
  'token.issued': (detail, about) => {
    const { user, sessionName, role, accessKeyId, expiresAt, host, port, ...rest } = detail
    const session = {
      uid: sessionName,
      issuer: role,
      credential_uid: accessKeyId,
      expiration_time: millis(expiresAt),
    }
    const dst_endpoint = { hostname: host, port, name: rest.database }
    return [authorizeSession(about, [user], {}, { session, dst_endpoint }), rest]
  },
  'token.failed': ({ grant: uid, code, ...rest }, about) => [
    apiActivity('create', 'token', about, failed(code), [grant(uid), database(rest.database)]),
    rest,
  ],
  'token.unknown': ({ grant: uid, ...rest }, about) => [
    apiActivity('create', 'token', about, { status: 'unknown', severity: 'medium' }, [
      grant(uid),
      database(rest.database),
    ]),
    rest,
  ],
  'notification.failed': ({ request: uid, code, ...rest }, about) => [
    apiActivity('create', 'notification', about, failed(code), [request(uid)]),
    rest,
  ],
  'requests.read': ({ filter, ...rest }, about) => [
    apiActivity('read', 'access requests', about, {}, [{ type: 'access requests', name: filter }]),
    rest,
  ],
  'map.exported': ({ filter, ...rest }, about) => [
    apiActivity('read', 'access map', about, {}, [{ type: 'access map', name: filter }]),
    rest,
  ],
  'kit.downloaded': ({ grant: uid, ...rest }, about) => [
    apiActivity('read', 'client kit', about, {}, [grant(uid), database(rest.database)]),
    rest,
  ],
  'ca.downloaded': ({ region, ...rest }, about) => [
    apiActivity('read', 'CA bundle', about, {}, [{ type: 'CA bundle', name: region }]),
    rest,
  ],
  'ca.offered': ({ offer: uid, origin, ...rest }, about) => [
    entityManagement('create', { type: 'CA bundle', uid, name: origin }, about),
    rest,
  ],
  'ca.accepted': ({ offer: uid, origin, ...rest }, about) => [
    entityManagement('update', { type: 'CA bundle', uid, name: origin }, about),
    rest,
  ],
  'ca.refused': ({ origin, why, ...rest }, about) => [
    apiActivity('update', 'CA bundle', about, refused(why), [{ type: 'CA bundle', name: origin }]),
    rest,
  ],
  'tls.probed': (detail, about) => [apiActivity('read', 'TLS certificates', about), detail],
  'check.intent': ({ user, sessionName, role, ...rest }, about) => [
    authorizeSession(
      about,
      [user],
      { status: 'intended' },
      { session: { uid: sessionName, issuer: role } },
    ),
    rest,
  ],
  'check.done': ({ outcome, step, ...rest }, about) => [
    apiActivity(
      'read',
      'database check',
      about,
      outcome === 'failed' ? failed(`step_${step}`) : {},
      [database(rest.database)],
    ),
    { outcome, step, ...rest },
  ],
  'export.started': ({ filter, ...rest }, about) => [
    apiActivity('read', 'audit export', about, {}, [{ type: 'audit log', name: filter }]),
    rest,
  ],
  'export.ended': ({ how, ...rest }, about) => [
    apiActivity('read', 'audit export', about, how === 'failed' ? failed(how) : {}),
    { how, ...rest },
  ],
  'audit.read': ({ filter, ...rest }, about) => [
    apiActivity('read', 'audit log', about, {}, [{ type: 'audit log', name: filter }]),
    rest,
  ],
  'key.rotated': ({ to, ...rest }, about) => [
    entityManagement('update', { type: 'signing key', name: to }, about, { severity: 'low' }),
    rest,
  ],
  'log.verified': (detail, about) => [
    apiActivity('read', 'audit log verification', about, detail.holds ? {} : ALARM),
    detail,
  ],
  'anchor.failed': ({ place, code, ...rest }, about) => [
    apiActivity('create', 'anchor', about, { ...ALARM, code }, [{ type: 'anchor', name: place }]),
    rest,
  ],
  'anchor.recovered': ({ place, ...rest }, about) => [
    apiActivity('create', 'anchor', about, {}, [{ type: 'anchor', name: place }]),
    rest,
  ],
  'stream.failed': ({ stream, code, ...rest }, about) => [
    apiActivity('create', 'stream', about, failed(code), [{ type: 'stream', name: stream }]),
    rest,
  ],
  'stream.recovered': ({ stream, ...rest }, about) => [
    apiActivity('create', 'stream', about, {}, [{ type: 'stream', name: stream }]),
    rest,
  ],
  'audit.pruned': ({ partition, ...rest }, about) => [
    entityManagement('delete', { type: 'audit log partition', name: partition }, about),
    rest,
  ],
}

/** What all access of, or to, was ended. */
const endedOf = ({ person, database: on }: { person?: string; database?: string }) => [
  ...(person === undefined ? [] : [{ type: 'person', uid: person }]),
  ...(on === undefined ? [] : [database(on)]),
]

/** Without `person` it is the access of who did it. */
const accessOf = (on: string, user: string, person: string | undefined, about: About) => ({
  database: on,
  privileges: [user],
  user: person === undefined ? about.user : personUser(person),
})
