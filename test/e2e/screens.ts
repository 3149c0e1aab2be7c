import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { SCENES, settle } from './scenes.ts'
import { openStage, signInAs, type Visitor } from './stage.ts'

/** `npm run screens`: photographs every scene, light and dark, for the guide. */
const FOLDER = 'docs/screens'
mkdirSync(FOLDER, { recursive: true })

const stage = await openStage()
try {
  for (const dark of [false, true]) {
    const visitors = new Map<string | undefined, Visitor>()
    for (const scene of SCENES) {
      const visitor = visitors.get(scene.person) ?? (await stage.visitor({ dark }))
      if (scene.person && !visitors.has(scene.person)) await signInAs(visitor.page, scene.person)
      visitors.set(scene.person, visitor)
      await visitor.page.goto(scene.path)
      await settle(visitor.page)
      await scene.act?.(visitor.page)
      await settle(visitor.page)
      const name = `${scene.name}-${dark ? 'dark' : 'light'}.png`
      await visitor.page.screenshot({ path: join(FOLDER, name), fullPage: scene.name !== 'audit' })
      process.stdout.write(`${name}\n`)
    }
  }
} finally {
  await stage.close()
}
