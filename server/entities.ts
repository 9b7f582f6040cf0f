import { Appointment, AppointmentCell } from './domain/appointments/appointment.ts'
import { Asset, AssetEvent, AssetService } from './domain/assets/asset.ts'
import { Booking } from './domain/bookings/booking.ts'
import { AssetSpan, BookingCar } from './domain/bookings/span.ts'
import { Company, CompanyContact } from './domain/companies/company.ts'
import { Consent } from './domain/customers/consent.ts'
import { Customer, CustomerIdentity, IdentityClaim } from './domain/customers/customer.ts'
import { EmailConfirmation } from './domain/customers/email-confirmation.ts'
import { CustomerMerge } from './domain/customers/journal.ts'
import { CustomerKey } from './domain/customers/key.ts'
import { LookAlike } from './domain/customers/look-alike.ts'
import { Session } from './domain/customers/session.ts'
import { CustomerStop } from './domain/customers/stop.ts'
import { Import, ImportError } from './domain/intake/import.ts'
import { Lead, LeadHold } from './domain/leads/lead.ts'
import { LedgerLine, LedgerMove } from './domain/ledger/movement.ts'
import { Coupon, CouponStock, CouponUse } from './domain/loyalty/coupon.ts'
import { PointsAccount, PointsEntry, PointsLot, PointsMove } from './domain/loyalty/lot.ts'
import { Order, OrderMove } from './domain/orders/order.ts'
import { OrderPaper } from './domain/orders/paper.ts'
import { BillDay } from './domain/payments/bill-day.ts'
import { Deposit, DepositDeduction } from './domain/payments/deposit.ts'
import { MoneyDifference } from './domain/payments/difference.ts'
import { Payment } from './domain/payments/payment.ts'
import { Refund } from './domain/payments/refund.ts'
import { PrivacyJob, PrivacyPart } from './domain/privacy/job.ts'
import { CustomerDetail } from './domain/profile/detail.ts'
import { CustomerDocument } from './domain/profile/document.ts'
import { Quote } from './domain/quotes/quote.ts'
import { Contract } from './domain/rentals/contract.ts'
import { Rental } from './domain/rentals/rental.ts'
import { RentalViolation } from './domain/rentals/violation.ts'
import { RideCard, RideCardDay, RideCardTurn } from './domain/rides/card.ts'
import { LockCommand, Ride } from './domain/rides/ride.ts'
import { CustomerFacts } from './domain/segments/known.ts'
import { RfmEdges } from './domain/segments/quantiles.ts'
import { SegmentMember } from './domain/segments/segment.ts'
import { CustomerStage } from './domain/segments/stage.ts'
import { CustomerTag } from './domain/segments/tag.ts'
import { CustomerTally } from './domain/segments/tally.ts'
import { StockAllocation, StockCart, StockGood, StockMove } from './domain/stock/good.ts'
import { TicketLink, TicketReporter, TicketRequest, TicketTag, TicketWatcher } from './domain/tickets/relations.ts'
import { Comment, Ticket } from './domain/tickets/ticket.ts'
import { AccessRead } from './engines/access/read.ts'
import { ApiKey, ApiRequest } from './engines/api/key.ts'
import { AuditPass, Finding } from './engines/audit/finding.ts'
import { Definition } from './engines/definitions/definition.ts'
import { DispatchOffer, DispatchWait } from './engines/dispatch/offer.ts'
import { Worker } from './engines/dispatch/worker.ts'
import { CustomerAlias } from './engines/events/aliases.ts'
import { Event } from './engines/events/event.ts'
import { Attachment } from './engines/files/attachment.ts'
import { Document } from './engines/files/document.ts'
import { StepAck } from './engines/flows/ack.ts'
import { StepSubmission, StepVote } from './engines/flows/approval-vote.ts'
import { CardReminder } from './engines/flows/card-reminder.ts'
import { Room } from './engines/flows/room.ts'
import { FlowRun } from './engines/flows/run.ts'
import { FlowPause, FlowStep } from './engines/flows/step.ts'
import { KeyRoot, KeyRotation } from './engines/keys/key.ts'
import { Message, Received } from './engines/messages/message.ts'
import { RuleClock, RuleDate } from './engines/rules/clock.ts'
import { FollowUp } from './engines/rules/follow-up.ts'
import { RuleContact, RuleHeard, RuleLook, RuleSeen, RuleSwitch } from './engines/rules/heard.ts'
import { RuleRun, RuleTrace } from './engines/rules/run.ts'
import { AddressBook, ContactChange } from './engines/staff/book.ts'
import { Conversation } from './engines/staff/conversation.ts'
import { Department } from './engines/staff/department.ts'
import { StaffHours } from './engines/staff/hours.ts'
import { StaffLink } from './engines/staff/link.ts'
import { LinkRequest } from './engines/staff/link-request.ts'
import { Memo } from './engines/staff/memo.ts'
import { StaffMerge } from './engines/staff/merge.ts'
import { Staff, StaffAccount, StaffRole } from './engines/staff/staff.ts'
import { JobRow } from './lib/agenda-jobs.ts'
import { Lease } from './lib/lease.ts'
import { MainJob1763769600001 } from './migrations/0001-main-job.ts'
import { Jobs1763769600002 } from './migrations/0002-jobs.ts'
import { Chats1795305600003 } from './migrations/0003-chats.ts'
import { AddressBook1795305600004 } from './migrations/0004-address-book.ts'
import { Manners1795305600005 } from './migrations/0005-manners.ts'
import { Commands1795305600006 } from './migrations/0006-commands.ts'
import { Truth1795305600007 } from './migrations/0007-truth.ts'
import { Rooms1795305600008 } from './migrations/0008-rooms.ts'
import { LighterOutbox1795305600009 } from './migrations/0009-lighter-outbox.ts'
import { Leases1795305600010 } from './migrations/0010-leases.ts'
import { FlowTokens1795305600011 } from './migrations/0011-flow-tokens.ts'
import { Approvals1795305600012 } from './migrations/0012-approvals.ts'
import { Dispatch1795305600013 } from './migrations/0013-dispatch.ts'
import { Assets1795305600014 } from './migrations/0014-assets.ts'
import { Tickets1795305600015 } from './migrations/0015-tickets.ts'
import { Leads1795305600016 } from './migrations/0016-leads.ts'
import { Quotes1795305600017 } from './migrations/0017-quotes.ts'
import { Evidence1795305600018 } from './migrations/0018-evidence.ts'
import { SealedAnswers1795305600019 } from './migrations/0019-sealed-answers.ts'
import { Arrivals1795305600020 } from './migrations/0020-arrivals.ts'
import { Identities1795305600021 } from './migrations/0021-identities.ts'
import { Companies1795305600022 } from './migrations/0022-companies.ts'
import { Segments1795305600023 } from './migrations/0023-segments.ts'
import { ApiKeys1795305600025 } from './migrations/0025-api-keys.ts'
import { Orders1795305600026 } from './migrations/0026-orders.ts'
import { Rules1795305600027 } from './migrations/0027-rules.ts'
import { FollowUps1795305600028 } from './migrations/0028-follow-ups.ts'
import { Ways1795305600029 } from './migrations/0029-ways.ts'
import { Loyalty1795305600030 } from './migrations/0030-loyalty.ts'
import { Keys1795305600031 } from './migrations/0031-keys.ts'
import { Privacy1795305600032 } from './migrations/0032-privacy.ts'
import { CustomerLooks1795305600033 } from './migrations/0033-customer-looks.ts'
import { Outcomes1795305600034 } from './migrations/0034-outcomes.ts'
import { Ledger1795305600035 } from './migrations/0035-ledger.ts'
import { Payments1795305600036 } from './migrations/0036-payments.ts'
import { AssetSpans1795305600037 } from './migrations/0037-asset-spans.ts'
import { Bookings1795305600038 } from './migrations/0038-bookings.ts'
import { Appointments1795305600039 } from './migrations/0039-appointments.ts'
import { PapersRead1795305600040 } from './migrations/0040-papers-read.ts'
import { Rentals1795305600041 } from './migrations/0041-rentals.ts'
import { Rides1795305600042 } from './migrations/0042-rides.ts'
import { RideCards1795305600043 } from './migrations/0043-ride-cards.ts'
import { Stock1795305600044 } from './migrations/0044-stock.ts'
import { BillFees1795564800047 } from './migrations/0047-bill-fees.ts'
import { Violations1795651200048 } from './migrations/0048-violations.ts'
import { HoldSlots1795737600049 } from './migrations/0049-hold-slots.ts'
import { NaturalKeys1795824000050 } from './migrations/0050-natural-keys.ts'
import { Turns1795910400051 } from './migrations/0051-turns.ts'

/** Every table's class, by hand. */
export const entities = [
  Event,
  Staff,
  StaffAccount,
  StaffRole,
  StaffMerge,
  Department,
  AddressBook,
  ContactChange,
  LinkRequest,
  StaffHours,
  CardReminder,
  StaffLink,
  Memo,
  Conversation,
  Message,
  Received,
  Attachment,
  Document,
  Definition,
  FlowRun,
  FlowStep,
  FlowPause,
  StepAck,
  StepVote,
  StepSubmission,
  Worker,
  DispatchOffer,
  DispatchWait,
  Room,
  Finding,
  AuditPass,
  RuleRun,
  RuleTrace,
  RuleHeard,
  RuleLook,
  RuleSeen,
  RuleClock,
  RuleDate,
  RuleSwitch,
  RuleContact,
  FollowUp,
  ApiKey,
  ApiRequest,
  Customer,
  CustomerIdentity,
  IdentityClaim,
  CustomerAlias,
  CustomerMerge,
  LookAlike,
  Company,
  CompanyContact,
  CustomerKey,
  CustomerStop,
  Consent,
  EmailConfirmation,
  CustomerDetail,
  CustomerDocument,
  PrivacyJob,
  PrivacyPart,
  Coupon,
  CouponStock,
  CouponUse,
  PointsAccount,
  PointsLot,
  PointsMove,
  PointsEntry,
  Session,
  CustomerTally,
  CustomerFacts,
  CustomerTag,
  CustomerStage,
  SegmentMember,
  RfmEdges,
  Order,
  OrderMove,
  OrderPaper,
  LedgerMove,
  LedgerLine,
  Payment,
  Refund,
  Deposit,
  DepositDeduction,
  BillDay,
  MoneyDifference,
  Import,
  ImportError,
  Ticket,
  TicketReporter,
  TicketRequest,
  TicketLink,
  TicketTag,
  TicketWatcher,
  Comment,
  Asset,
  AssetEvent,
  AssetService,
  BookingCar,
  AssetSpan,
  Booking,
  Appointment,
  AppointmentCell,
  Quote,
  Lead,
  LeadHold,
  Ride,
  LockCommand,
  RideCard,
  RideCardDay,
  RideCardTurn,
  StockGood,
  StockAllocation,
  StockMove,
  StockCart,
  AccessRead,
  KeyRoot,
  KeyRotation,
  JobRow,
  Lease,
  Rental,
  RentalViolation,
  Contract,
]

/** Every migration, in order. */
export const migrations = [
  MainJob1763769600001,
  Jobs1763769600002,
  Chats1795305600003,
  AddressBook1795305600004,
  Manners1795305600005,
  Commands1795305600006,
  Truth1795305600007,
  Rooms1795305600008,
  LighterOutbox1795305600009,
  Leases1795305600010,
  FlowTokens1795305600011,
  Approvals1795305600012,
  Dispatch1795305600013,
  Assets1795305600014,
  Tickets1795305600015,
  Leads1795305600016,
  Quotes1795305600017,
  Evidence1795305600018,
  SealedAnswers1795305600019,
  Arrivals1795305600020,
  Identities1795305600021,
  Companies1795305600022,
  Segments1795305600023,
  ApiKeys1795305600025,
  Orders1795305600026,
  Rules1795305600027,
  FollowUps1795305600028,
  Ways1795305600029,
  Loyalty1795305600030,
  Outcomes1795305600034,
  Keys1795305600031,
  Privacy1795305600032,
  CustomerLooks1795305600033,
  Ledger1795305600035,
  Payments1795305600036,
  AssetSpans1795305600037,
  Bookings1795305600038,
  Appointments1795305600039,
  PapersRead1795305600040,
  Rentals1795305600041,
  Rides1795305600042,
  RideCards1795305600043,
  Stock1795305600044,
  BillFees1795564800047,
  Violations1795651200048,
  HoldSlots1795737600049,
  NaturalKeys1795824000050,
  Turns1795910400051,
]
