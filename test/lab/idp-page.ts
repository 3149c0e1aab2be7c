import { randomBytes } from 'node:crypto'
import { fullName, type LabPerson } from './people.ts'

export type Page = { html: string; headers: Record<string, string> }

/** The sign-in page: five people, one click each. No script, nothing from elsewhere. */
export function signInPage(action: string, people: readonly LabPerson[], portal: string): Page {
  const buttons = people.map(
    (person) => `
      <li><button name="sub" value="${escape(person.sub)}">
        <span class="initials" aria-hidden="true">${escape(initials(person))}</span>
        <span><strong>${escape(fullName(person))}</strong><span class="title">${escape(person.title)}</span>
        <span class="can">${escape(person.can)}</span></span>
      </button></li>`,
  )
  return page(
    'Who are you today?',
    `<p>This is the OpenID provider of the demo. Choose a person to sign in to Latchkey as.</p>
    <form method="post" action="${escape(action)}"><ul>${buttons.join('')}</ul></form>`,
    portal,
  )
}

/**
 * What asks before signing out at the provider.
 * A portal that proved who is to be signed out has asked already: then the button presses itself.
 */
export function signOutPage(form: string, proved: boolean, portal: string): Page {
  return page(
    'Sign out?',
    `${form}<p class="actions">
      <button form="op.logoutForm" name="logout" value="yes" id="yes">Sign out</button>
      <button form="op.logoutForm">Stay signed in</button></p>`,
    portal,
    proved ? `document.getElementById('yes').click()` : undefined,
  )
}

export function messagePage(title: string, text: string, portal: string): Page {
  const back = `<p><a href="${escape(portal)}">Back to Latchkey</a></p>`
  return page(title, `<p>${escape(text)}</p>${back}`, portal)
}

function page(title: string, body: string, portal: string, script?: string): Page {
  const nonce = randomBytes(16).toString('base64')
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escape(title)} · Latchkey demo</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body><main><h1>${escape(title)}</h1>${body}</main>
<footer>Part of the demo on this machine. No password is asked for, and none is stored.</footer>
${script === undefined ? '' : `<script nonce="${nonce}">${script}</script>`}</body>
</html>`
  const scripts = script === undefined ? `'none'` : `'nonce-${nonce}'`
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      // Browsers hold the redirects after a form to `form-action`, and they end at the portal.
      'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; script-src ${scripts}; form-action 'self' ${portal}; base-uri 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  }
}

const initials = ({ givenName, familyName }: LabPerson) => `${givenName[0]}${familyName[0]}`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escape = (text: string) => text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c)

const STYLE = `
:root { --page: #f6f7f9; --card: #fff; --text: #1a1f2b; --quiet: #566074; --line: #d8dde6; --mark: #2f5bd8; --soft: #e8eefc }
@media (prefers-color-scheme: dark) {
  :root { --page: #12151c; --card: #1b202a; --text: #eceff5; --quiet: #a3adbf; --line: #323a49; --mark: #8fb0ff; --soft: #24304d }
}
* { box-sizing: border-box }
body { margin: 0; padding: 8vh 16px 32px; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 480px; margin: 0 auto; padding: 32px; background: var(--card); border: 1px solid var(--line); border-radius: 16px }
h1 { margin: 0 0 8px; font-size: 24px; line-height: 1.25; letter-spacing: -0.01em }
p { margin: 0 0 20px; color: var(--quiet) }
ul { margin: 0; padding: 0; list-style: none; display: grid; gap: 10px }
button { font: inherit; color: inherit; cursor: pointer; background: var(--card); border: 1px solid var(--line); border-radius: 12px }
li button { width: 100%; padding: 12px 14px; display: flex; gap: 14px; align-items: center; text-align: left }
button:hover { border-color: var(--mark); background: var(--soft) }
button:focus-visible, a:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px }
.initials { flex: none; width: 40px; height: 40px; display: grid; place-items: center; border-radius: 50%; background: var(--soft); color: var(--mark); font-weight: 600 }
.title { margin-left: 8px; color: var(--quiet) }
.can { display: block; font-size: 14px; color: var(--quiet) }
.actions { display: flex; gap: 10px; margin: 16px 0 0 }
.actions button { padding: 10px 18px }
.actions #yes { background: var(--mark); border-color: var(--mark); color: var(--card) }
a { color: var(--mark) }
footer { max-width: 480px; margin: 16px auto 0; text-align: center; font-size: 14px; color: var(--quiet) }
@media (max-width: 420px) { main { padding: 24px 16px } .title { display: block; margin-left: 0 } }
`
