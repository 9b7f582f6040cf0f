// Comes before Agenda, whose modules make their debug functions when they are loaded.
import './debug-once.ts'

export * from 'agenda'
