import { Customer, CustomerIdentity } from './domain/customers/customer.ts'
import { Session } from './domain/customers/session.ts'
import { Comment, Ticket } from './domain/tickets/ticket.ts'
import { Definition } from './engines/definitions/definition.ts'
import { Event } from './engines/events/event.ts'
import { Attachment } from './engines/files/attachment.ts'
import { FlowRun } from './engines/flows/run.ts'
import { FlowPause, FlowStep } from './engines/flows/step.ts'
import { Message, Received } from './engines/messages/message.ts'
import { Conversation } from './engines/staff/conversation.ts'
import { StaffLink } from './engines/staff/link.ts'
import { Staff, StaffAccount, StaffRole } from './engines/staff/staff.ts'
import { JobRow } from './lib/agenda-jobs.ts'
import { MainJob1763769600001 } from './migrations/0001-main-job.ts'
import { Jobs1763769600002 } from './migrations/0002-jobs.ts'

/** Every table's class, by hand. */
export const entities = [
  Event,
  Staff,
  StaffAccount,
  StaffRole,
  StaffLink,
  Conversation,
  Message,
  Received,
  Attachment,
  Definition,
  FlowRun,
  FlowStep,
  FlowPause,
  Customer,
  CustomerIdentity,
  Session,
  Ticket,
  Comment,
  JobRow,
]

/** Every migration, in order. */
export const migrations = [MainJob1763769600001, Jobs1763769600002]
