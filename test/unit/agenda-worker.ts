import { Agenda } from 'agenda'
import { agendaBackend } from '../../server/lib/agenda-backend.ts'
import { openJobs } from './agenda-house.ts'

/** A process of its own that works through the jobs of the database given to it and tells what it did. */
const [url = '', name = '', lockLifetime = ''] = process.argv.slice(2)
const agenda = new Agenda({ backend: agendaBackend(await openJobs(url)), processEvery: 20, name })

agenda.define(
  'work',
  async (job) => {
    process.send?.({ began: String(job.attrs._id) })
    await new Promise((resolve) => setTimeout(resolve, 15))
    process.send?.({ ended: String(job.attrs._id) })
  },
  { concurrency: 5, lockLimit: 10, lockLifetime: Number(lockLifetime) },
)
await agenda.start()
process.send?.('ready')
