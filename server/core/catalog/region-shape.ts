import { partitionOf, REGION } from './region.ts'
import { text } from './shape-text.ts'

export const region = (about: string) =>
  text({
    about,
    examples: ['eu-west-1', 'us-gov-west-1', 'cn-north-1'],
    pattern: REGION,
    fault: 'is no AWS region',
    mend: (written) => {
      const better = written.toLowerCase().replace(/(?<=[0-9])[a-z]$/u, '')
      return `write ${partitionOf(better) ? better : 'a region such as eu-west-1'}`
    },
  })
