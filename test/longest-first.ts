import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What starts whole portals, browsers and database servers takes longest, and alone at the end it would keep one worker only. */
const ORDER = ['e2e', 'access', 'lab', 'http', 'store', 'sso']

/** Folders in this order, the others after them and those of the web last; within one, what vitest thinks: what took longest, or is largest. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b))
  }
}

function rankOf({ moduleId, project }: TestSpecification): number {
  if (project.name === 'web') return ORDER.length + 1
  const rank = ORDER.findIndex((folder) => moduleId.includes(`/test/${folder}/`))
  return rank === -1 ? ORDER.length : rank
}
