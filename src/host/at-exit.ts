type Action = () => void

const actions = new Set<Action>()

/**
 * Has `action` run, synchronously, if the process exits while work is still under way, as on a second Ctrl-C.
 * Returns the function that takes it back once the work was ended properly.
 */
export function atExit(action: Action): () => void {
  if (actions.size === 0) process.on('exit', runAll)
  actions.add(action)
  return () => {
    if (actions.delete(action) && actions.size === 0) process.off('exit', runAll)
  }
}

function runAll(): void {
  for (const action of actions) {
    try {
      action()
    } catch {
      // Nobody is left to tell, and the next action still has to run.
    }
  }
}
