import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What stands on the first page of a PDF, by Debian's poppler-utils; with a path, a picture of the page is left there. */
export async function firstPage(pdf: Buffer, picture?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'yingke-paper-'))
  try {
    const file = join(folder, 'paper.pdf')
    await writeFile(file, pdf)
    if (picture) execFileSync('pdftoppm', ['-png', '-r', '80', '-f', '1', '-l', '1', '-singlefile', file, picture])
    return execFileSync('pdftotext', ['-f', '1', '-l', '1', file, '-']).toString()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Error('there is no pdftotext: run "apt-get install -y poppler-utils"')
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
