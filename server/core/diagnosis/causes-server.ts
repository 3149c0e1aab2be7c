import type { Cause } from './cause.ts'

/** What is wrong at the database, in AWS or in how the portal is set up: the person can only tell whoever can mend it. */
export const SERVER_CAUSES = {
  'rds-iam-missing': {
    title: 'The database user may not log in by token',
    confirm:
      "SELECT pg_has_role('the user', 'rds_iam', 'USAGE') says false; in the MySQL family, SHOW CREATE USER does not name AWSAuthenticationPlugin.",
    fix: "GRANT rds_iam TO the user; in the MySQL family: identified with AWSAuthenticationPlugin as 'RDS', and REQUIRE SSL.",
    who: 'database_owner',
  },
  'user-missing': {
    title: 'The database has no such user',
    confirm: 'Capitals count, and each cluster has users of its own: look there, not in a copy.',
    fix: 'Create the user with the SQL that the set-up of this portal gives for it.',
    who: 'database_owner',
  },
  'iam-off': {
    title: 'IAM authentication is off for this database, or its change is still pending',
    confirm:
      'The RDS console shows IAM DB authentication under Configuration; a pending change waits for the maintenance window.',
    fix: 'Enable it and apply immediately.',
    who: 'aws_owner',
  },
  'not-allowed': {
    title: 'IAM does not allow rds-db:connect for this user on this database',
    confirm:
      'The log group iam-db-auth-error says NotAuthorized. Compare the resource id in the policy with that of the database: a restored cluster or a replica has a new one.',
    fix: 'The policy of the team’s role must name this resource id, region, account and user, with the action rds-db:connect.',
    who: 'aws_owner',
  },
  'other-region': {
    title: 'The token is signed for another region than the database is in',
    confirm:
      'Paste the token itself into the field above: it names the region. After a switchover of a global database the primary is elsewhere.',
    fix: 'The catalog must name the region where the database is now.',
    who: 'administrator',
  },
  'database-gone': {
    title: 'AWS does not know this database as the catalog describes it',
    confirm: 'The portal’s inventory of the account does not have it, or has it with another id.',
    fix: 'The catalog must follow what was renamed, restored or moved.',
    who: 'administrator',
  },
  clock: {
    title: 'The clock of the portal is wrong, so that each token is too old or not yet valid',
    confirm: 'It fails for everybody and for all databases.',
    fix: 'The portal’s host must take its time from NTP.',
    who: 'administrator',
  },
  throttled: {
    title: 'The database takes no more logins by token just now',
    confirm:
      'The log group iam-db-auth-error says ThrottlingException: RDS checks 200 new connections a second.',
    fix: 'Wait and try again; programs should keep their connections open.',
    who: 'you',
  },
  'low-memory': {
    title: 'The database is short of memory, so logins by token fail now and then',
    confirm: 'It works when you try again. FreeableMemory in CloudWatch is low.',
    fix: 'IAM authentication needs 300 to 1000 MiB: a larger class, or smaller buffers.',
    who: 'aws_owner',
  },
  'admin-locked-out': {
    title: 'A user with a password became a member of rds_iam, so that only a token opens it',
    confirm: "SELECT rolname FROM pg_roles WHERE pg_has_role(oid, 'rds_iam', 'USAGE') lists it.",
    fix: 'Revoke the role that brings rds_iam with it, or grant it WITH INHERIT FALSE (PostgreSQL 16). Until then that user gets in by a token of its own.',
    who: 'database_owner',
  },
  'user-elsewhere': {
    title: 'The database knows the user from other addresses only',
    confirm: 'SELECT user, host FROM mysql.user shows a row that is not for your address.',
    fix: "Create the user as 'user'@'%', or for the address of the tunnel.",
    who: 'database_owner',
  },
  'database-missing': {
    title: 'There is no database of that name on this server',
    confirm: 'Without a name, PostgreSQL takes that of the user.',
    fix: 'Give the name of the database as this card has it.',
    who: 'you',
  },
  'privilege-missing': {
    title: 'You are in, but the user lacks a privilege for what you did',
    confirm: 'The message names the object. The token has done its part.',
    fix: 'The owner of the database grants it, or you ask for access as another database user.',
    who: 'database_owner',
  },
  'proxy-place': {
    title: 'The proxy got a token that was signed for the database behind it',
    confirm:
      'Paste the token itself into the field above: the host in it must be that of the proxy.',
    fix: 'Choose the proxy’s endpoint on this card and get a token for it.',
    who: 'you',
  },
  'proxy-policy': {
    title: 'IAM allows the database, but not the proxy',
    confirm: 'The policy names cluster-… or db-…; for a proxy it must name prx-….',
    fix: 'The policy of the team’s role needs the ARN of the proxy.',
    who: 'aws_owner',
  },
  'proxy-secret': {
    title: 'The proxy has no secret for this database user',
    confirm: 'aws rds describe-db-proxies lists its secrets.',
    fix: 'Add a secret for the user, or let the proxy log in by IAM too.',
    who: 'aws_owner',
  },
  'proxy-iam-off': {
    title: 'IAM authentication is off at the proxy',
    confirm: 'aws rds describe-db-proxies shows IAMAuth DISABLED.',
    fix: 'Set IAMAuth to REQUIRED.',
    who: 'aws_owner',
  },
  'role-refused': {
    title: 'AWS does not let the portal take the role of the team',
    confirm:
      'CloudTrail has the AssumeRole call with its reason: principal, ExternalId, or no sts:SetSourceIdentity.',
    fix: 'The trust policy of the role must be the one that the set-up of this portal gives.',
    who: 'aws_owner',
  },
  'policy-too-large': {
    title: 'The session policy and tags are larger than AWS takes',
    confirm: 'CloudTrail has the AssumeRole call with PackedPolicyTooLarge.',
    fix: 'Fewer session tags on the role; the portal’s own policy names one ARN.',
    who: 'aws_owner',
  },
  'sts-region': {
    title: 'The session comes from a part of AWS that this region does not trust',
    confirm: 'The region must be enabled by hand, and the session is of the global STS endpoint.',
    fix: 'The portal must use the STS endpoint of the region.',
    who: 'administrator',
  },
} as const satisfies Record<string, Cause>
