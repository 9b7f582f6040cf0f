import createDebug, { type Debugger } from 'debug'

/**
 * Makes each debug function once: Agenda asks for a new one at every line that it might log, some hundred times a
 * second. Each brings a shape of its own, which lives until the old generation is swept: two thirds of an idle house's
 * garbage, and five times the pause of a collection in a busy one.
 */
const made = new Map<string, Debugger>()
const { init } = createDebug as unknown as { init: (one: Debugger) => void }

// The package calls this for each debug function that it makes.
Object.assign(createDebug, {
  init(one: Debugger) {
    init(one)
    one.extend = (name, delimiter = ':') => {
      const whole = `${one.namespace}${delimiter}${name}`
      const known = made.get(whole)
      if (known) return known
      const fresh = createDebug(whole)
      fresh.log = one.log
      made.set(whole, fresh)
      return fresh
    }
  },
})
