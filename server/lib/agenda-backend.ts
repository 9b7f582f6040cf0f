import type { AgendaBackend } from './agenda.ts'
import { LocalChannel } from './agenda-channel.ts'
import { Leases } from './agenda-leases.ts'
import { jobRepository } from './agenda-repository.ts'
import type { Database } from './db.ts'

/**
 * Lets Agenda keep its jobs in our own database: `new Agenda({ backend: agendaBackend(database) })`.
 * One backend serves one Agenda instance; any number of processes may share the database.
 * Jobs run at least once: a process that dies leaves its locks to expire (`lockLifetime`) and another one takes over.
 */
export function agendaBackend(database: Database): AgendaBackend {
  const leases = new Leases(database)
  return {
    name: database.dialect === 'mysql' ? 'MySQL' : 'SQLite',
    repository: jobRepository(database, leases),
    // Agenda connects its channel when it starts, and disconnects it when it stops and when it has drained.
    notificationChannel: new LocalChannel({ onStart: () => leases.start(), onStop: () => leases.stop() }),
    // Whoever opened the database closes it.
    ownsConnection: false,
    connect: async () => leases.start(),
    disconnect: async () => undefined,
  }
}
