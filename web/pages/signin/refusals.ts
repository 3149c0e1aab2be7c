/** What a refused sign-in means for the person, and what to do about it. */
export type Refused = { title: string; text: string; mend: string }

const RETRY = 'Start again. If it happens twice, give the reference to an administrator.'
const ADMIN = 'Trying again will not help. Give the reference to an administrator.'

const untrusted: Refused = {
  title: 'The sign-in could not be trusted',
  text: 'The answer of the identity provider did not pass our checks, so nobody was signed in.',
  mend: RETRY,
}
const clock: Refused = {
  title: 'The sign-in came at the wrong time',
  text: 'The clocks of the identity provider and of this portal do not agree.',
  mend: 'Try again in a minute. If it stays, give the reference to an administrator.',
}
const groups: Refused = {
  title: 'Your groups could not be read',
  text: 'You signed in, but the identity provider did not hand over your groups, and they decide what you may reach.',
  mend: ADMIN,
}
const stale: Refused = {
  title: 'This sign-in is no longer open',
  text: 'It took longer than ten minutes, was used already, or began in another browser.',
  mend: 'Start again.',
}
const provider: Refused = {
  title: 'The identity provider did not answer',
  text: 'Your access has not changed.',
  mend: 'Try again in a minute.',
}

const REFUSALS: Record<string, Refused> = {
  denied_by_provider: {
    title: 'The identity provider said no',
    text: 'You left the sign-in, or your account may not use this portal.',
    mend: 'Start again, or ask an administrator to let your account use Latchkey.',
  },
  provider_unavailable: provider,
  provider_error: { ...provider, title: 'The identity provider had a problem' },
  metadata_invalid: {
    title: 'The identity provider is not set up right',
    text: 'What it publishes about itself does not fit the configuration of this portal.',
    mend: ADMIN,
  },
  transaction_unknown: stale,
  transaction_expired: stale,
  parameters_invalid: stale,
  code_rejected: stale,
  id_token_expired: clock,
  id_token_not_yet: clock,
  id_token_issued_at: clock,
  id_token_auth_time: {
    title: 'The identity provider did not ask you again',
    text: 'For this it has to see you itself and say so, and it used a session of its own instead.',
    mend: 'Try again. If it stays, give the reference to an administrator: the provider must support max_age and send auth_time.',
  },
  groups_unresolved: groups,
  groups_invalid: groups,
}

export const refusal = (code: string): Refused => REFUSALS[code] ?? untrusted
