import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { nameOf, turn } from './looks.ts'
import { SCENES, settle } from './scenes.ts'
import { openStage, signInAs, type Visitor } from './stage.ts'
import { STATES } from './states.ts'

/**
 * `npm run screens`: photographs every scene of the guide, light and dark.
 * With a folder, `npm run screens -- FOLDER`, every state there is, in more looks, to be looked through.
 */
const [, , everything] = process.argv
const folder = everything ?? 'docs/screens'
const scenes = everything ? [...SCENES, ...STATES] : SCENES
const looks = [
  { name: 'light', look: { width: 1280, still: true } },
  { name: 'dark', look: { width: 1280, dark: true, still: true } },
  ...(everything
    ? [
        { width: 320, still: true },
        { width: 1280, forced: true, still: true },
      ].map((look) => ({
        name: nameOf(look).replaceAll(/\W+/g, '-'),
        look,
      }))
    : []),
]
mkdirSync(folder, { recursive: true })

const stage = await openStage()
try {
  const visitors = new Map<string | undefined, Visitor>()
  for (const { person, path, name, given, act, shows } of scenes) {
    const visitor = visitors.get(person) ?? (await stage.visitor())
    if (person && !visitors.has(person)) await signInAs(visitor.page, person)
    visitors.set(person, visitor)
    const { page } = visitor
    await turn(page, looks[0]!.look)
    await page.goto(path)
    await settle(page)
    const restore = await given?.(stage, page)
    await act?.(page)
    await page.getByText(shows).filter({ visible: true }).first().waitFor()
    // A pointer that stays on what it pressed would be in the picture.
    await page.mouse.move(640, 0)
    for (const { name: lookName, look } of looks) {
      await turn(page, look)
      const file = join(folder, `${name}-${lookName}.png`)
      await page.screenshot({ path: file, fullPage: !name.startsWith('audit') })
      process.stdout.write(`${file}\n`)
    }
    await restore?.()
  }
} finally {
  await stage.close()
}
