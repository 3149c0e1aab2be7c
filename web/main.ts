import { mount } from 'svelte'
import App from './App.svelte'
import { clock } from './lib/clock.svelte.ts'
import { safeReturn } from './lib/router.svelte.ts'
import { session } from './lib/session.svelte.ts'
import { links, router } from './routes.ts'
import './style/app.css'

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no #app')

clock.start()
void router.start()
void arrive()
mount(App, { target })

/** Who is it? Nobody goes to the sign-in page, somebody who is signed in already does not stay there. */
async function arrive() {
  const { pathname, search } = location
  const isSignIn = pathname === '/signin'
  if (router.audience === 'everyone' && !isSignIn) return
  await session.load()
  if (session.out && !isSignIn) await router.go(links.signIn(pathname + search), { replace: true })
  if (session.me && isSignIn) {
    await router.go(safeReturn(router.query('return')), { replace: true })
  }
}

// A page that comes back from the browser's cache may belong to a session that is over
addEventListener('pageshow', (event) => {
  if (event.persisted && session.me) void session.load()
})
