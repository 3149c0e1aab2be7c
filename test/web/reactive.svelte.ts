/** Props that a test may change after the component is mounted. */
export function reactive<T extends object>(props: T): T {
  const state = $state(props)
  return state
}
