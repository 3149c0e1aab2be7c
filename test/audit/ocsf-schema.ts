/**
 * What OCSF 1.3.0 (github.com/ocsf/ocsf-schema, tag 1.3.0) demands of the classes and objects that the portal sends.
 * Written down as facts, so that a mapping that drifts from the schema fails here, not at the collector.
 */
type Shape = { required: string; optional: string; oneOf?: string }

const BASE: Shape = {
  required: 'activity_id category_uid class_uid type_uid time metadata severity_id',
  optional:
    'activity_name category_name class_name type_name count duration end_time start_time timezone_offset enrichments message observables raw_data severity status status_code status_detail status_id unmapped',
}
/** Categories iam, and application with the profile "host". */
const IAM = 'actor device http_request src_endpoint'

export const CLASSES: Record<number, Shape & { activities: readonly number[] }> = {
  0: { required: '', optional: '', activities: [0, 99] },
  3002: {
    required: 'user',
    optional: `${IAM} auth_factors auth_protocol auth_protocol_id certificate dst_endpoint is_cleartext is_mfa is_new_logon is_remote logon_process logon_type logon_type_id service session`,
    oneOf: 'service dst_endpoint',
    activities: [0, 1, 2, 3, 4, 5, 6, 99],
  },
  3003: {
    required: 'user',
    optional: `${IAM} dst_endpoint group privileges session`,
    oneOf: 'privileges group',
    activities: [0, 1, 2, 99],
  },
  3004: {
    required: 'entity',
    optional: `${IAM} comment entity_result access_mask access_list`,
    activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 99],
  },
  3005: { required: 'user privileges', optional: `${IAM} resource`, activities: [0, 1, 2, 99] },
  6002: {
    required: 'app',
    optional: 'actor device',
    activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 99],
  },
  6003: {
    required: 'actor api src_endpoint',
    optional: 'dst_endpoint http_request resources',
    activities: [0, 1, 2, 3, 4, 99],
  },
}

const OBJECTS: Record<string, Shape> = {
  metadata: {
    required: 'product version',
    optional:
      'data_classification correlation_uid event_code extension extensions labels log_level log_name log_provider log_version logged_time modified_time loggers original_time processed_time profiles sequence tenant_uid uid',
  },
  product: {
    required: 'vendor_name',
    optional: 'name uid data_classification feature cpe_name lang path url_string version',
  },
  actor: {
    required: '',
    optional: 'authorizations idp',
    oneOf: 'process user invoked_by session app_name app_uid',
  },
  user: {
    required: '',
    optional:
      'credential_uid domain email_addr full_name groups ldap_person org risk_level risk_level_id risk_score type type_id uid_alt',
    oneOf: 'account name uid',
  },
  network_endpoint: {
    required: '',
    optional:
      'container namespace_pid agent_list domain hw_info location mac os owner subnet_uid type type_id vlan_uid vpc_uid zone autonomous_system intermediate_ips proxy_endpoint port',
    oneOf: 'ip uid name hostname svc_name instance_uid interface_uid interface_name',
  },
  managed_entity: {
    required: '',
    optional: 'data type type_id email version',
    oneOf: 'name uid device group org policy user',
  },
  api: { required: 'operation', optional: 'group request response service version' },
  service: { required: '', optional: 'name uid labels version' },
  session: {
    required: '',
    optional:
      'count created_time credential_uid expiration_time expiration_reason is_remote is_mfa is_vpn issuer terminal uid uid_alt uuid',
  },
  group: { required: '', optional: 'name uid data_classification desc domain privileges type' },
  resource_details: {
    required: '',
    optional:
      'name uid data_classification data labels type agent_list cloud_partition criticality group namespace owner region version',
  },
}

/** Which object stands in which attribute. */
const KIND: Record<string, string> = {
  metadata: 'metadata',
  product: 'product',
  app: 'product',
  actor: 'actor',
  user: 'user',
  src_endpoint: 'network_endpoint',
  dst_endpoint: 'network_endpoint',
  entity: 'managed_entity',
  api: 'api',
  service: 'service',
  session: 'session',
  groups: 'group',
  resource: 'resource_details',
  resources: 'resource_details',
}

const words = (text = '') => text.split(' ').filter(Boolean)

/** Everything that a collector that knows the schema would complain of. */
export function faultsOf(event: Record<string, unknown>): string[] {
  const shape = CLASSES[Number(event['class_uid'])]
  if (!shape) return [`class ${String(event['class_uid'])} is not one of ours`]
  const faults = faultsIn('event', event, {
    required: `${BASE.required} ${shape.required}`,
    optional: `${BASE.optional} ${shape.optional}`,
    ...(shape.oneOf && { oneOf: shape.oneOf }),
  })
  const { class_uid, category_uid, activity_id, type_uid, status_id, status, time } = event
  if (!shape.activities.includes(Number(activity_id))) faults.push('activity_id')
  if (type_uid !== Number(class_uid) * 100 + Number(activity_id)) faults.push('type_uid')
  if (category_uid !== Math.floor(Number(class_uid) / 1000)) faults.push('category_uid')
  const captions: Record<string, string> = { 0: 'Unknown', 1: 'Success', 2: 'Failure' }
  if (status !== (captions[String(status_id)] ?? status) || status === undefined)
    faults.push('status is not the caption of status_id')
  if (activity_id === 99 && !event['activity_name']) faults.push('activity_name')
  if (!Number.isSafeInteger(time) || Number(time) < 1e12) faults.push('time is not milliseconds')
  if (![0, 1, 2, 3, 4, 5, 6, 99].includes(Number(event['severity_id']))) faults.push('severity_id')
  return faults
}

function faultsIn(where: string, object: Record<string, unknown>, shape: Shape): string[] {
  const names = Object.keys(object)
  const known = [...words(shape.required), ...words(shape.optional), ...words(shape.oneOf)]
  return [
    ...words(shape.required)
      .filter((name) => !names.includes(name))
      .map((name) => `${where} lacks ${name}`),
    ...names.filter((name) => !known.includes(name)).map((name) => `${where} has no ${name}`),
    ...(shape.oneOf && !words(shape.oneOf).some((name) => names.includes(name))
      ? [`${where} needs one of ${shape.oneOf}`]
      : []),
    ...names.flatMap((name) => {
      const kind = OBJECTS[KIND[name] ?? '']
      if (!kind) return []
      return [object[name]]
        .flat()
        .flatMap((inner) => faultsIn(`${where}.${name}`, inner as Record<string, unknown>, kind))
    }),
  ]
}
