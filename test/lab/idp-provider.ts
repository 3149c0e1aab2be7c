import type { JWK } from 'jose'
import type { Configuration, JWKS } from 'oidc-provider'
import { makeMemory } from './idp-memory.ts'
import { messagePage, type Page, signOutPage } from './idp-page.ts'
import { findPerson, fullName } from './people.ts'

export const CLIENT_ID = 'latchkey'

/** What stays in the home folder: the portal's secret, and the keys that sign cookies and tokens. */
export type Kept = { clientSecret: string; cookieKey: string; jwk: JWK }

/** `oidc-provider` as a company would set it up for the portal. */
export async function makeProvider(
  issuer: string,
  portal: string,
  { clientSecret, cookieKey, jwk }: Kept,
) {
  const configuration: Configuration = {
    adapter: makeMemory(),
    clients: [
      {
        client_id: CLIENT_ID,
        client_name: 'Latchkey',
        client_secret: clientSecret,
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'RS256',
        response_types: ['code'],
        grant_types: ['authorization_code'],
        redirect_uris: [`${portal}/auth/callback`],
        post_logout_redirect_uris: [`${portal}/signed-out`],
      },
    ],
    jwks: { keys: [jwk] } as JWKS,
    cookies: {
      keys: [cookieKey],
      // Cookies know no ports: on localhost these would mix with anybody's.
      names: {
        session: 'latchkey_lab_session',
        interaction: 'latchkey_lab_interaction',
        resume: 'latchkey_lab_resume',
      },
    },
    scopes: ['openid', 'profile', 'email', 'groups'],
    claims: {
      openid: ['sub'],
      profile: ['name', 'given_name', 'family_name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    // Claims of scopes go into the ID token too, as most companies' providers have it.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    clientBasedCORS: () => false,
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(ctx, form) {
          show(ctx, signOutPage(form, ctx.oidc.entities.IdTokenHint !== undefined, portal))
        },
        postLogoutSuccessSource(ctx) {
          show(ctx, messagePage('Signed out', 'You are signed out of the provider.', portal))
        },
      },
    },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      IdToken: 600,
      Interaction: 3600,
      Session: 36_000,
      Grant: 36_000,
    },
    findAccount: (_, sub) => {
      const person = findPerson(sub)
      return (
        person && {
          accountId: sub,
          claims: () => ({
            sub,
            name: fullName(person),
            given_name: person.givenName,
            family_name: person.familyName,
            preferred_username: person.email.split('@')[0],
            email: person.email,
            email_verified: true,
            groups: [...person.groups],
          }),
        }
      )
    },
    // The company has agreed for everybody: nobody is asked for consent.
    async loadExistingGrant({ oidc }) {
      const { Client: client, Session: session } = oidc.entities
      const grant = new oidc.provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      })
      grant.addOIDCScope('openid profile email groups')
      await grant.save()
      return grant
    },
    renderError(ctx, out) {
      show(ctx, messagePage('That did not work', out.error_description ?? out.error, portal))
    },
  }
  const Provider = await loadProvider()
  return new Provider(issuer, configuration)
}

/**
 * As it loads, the library complains of Node 20, whose support it has ended; what we use of it is tested there.
 * A newcomer would take that line for a fault of the demo's.
 */
async function loadProvider() {
  const { warn } = console
  console.warn = (...said: unknown[]) => {
    if (!String(said[0]).includes('Unsupported runtime')) warn(...said)
  }
  try {
    return (await import('oidc-provider')).default
  } finally {
    console.warn = warn
  }
}

type Shown = { body: unknown; set(headers: Record<string, string>): void }
function show(ctx: Shown, { html, headers }: Page): void {
  ctx.set(headers)
  ctx.body = html
}
