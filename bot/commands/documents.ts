import { NotFound } from '../../server/lib/errors.ts'
import { sendDocument } from '../cards/documents.ts'
import type { Command } from '../command.ts'
import { turnIn } from './subject.ts'

/** The newest document of a matter, once more. */
export const documents: Command = {
  name: 'documents',
  words: ['报价单', 'document', '报价', '文件'],
  group: 'work',
  async run(tx, staff, rest) {
    const { turn } = await turnIn(tx, staff, rest, '报价单 7K2QD')
    const { subjectId, facts } = turn.run
    if (!(await sendDocument(tx, staff.id, subjectId))) throw new NotFound('document_none', { number: facts.number })
    return []
  },
}
