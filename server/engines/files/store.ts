import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NotFound } from '../../lib/errors.ts'

let folder = ''

/** Says where the bytes of pictures and documents stand (DATA_DIR/files). */
export function useFolder(path: string): void {
  folder = path
}

/** Writes a file, whole or not at all. */
export async function writeStored(id: string, ending: string, bytes: Uint8Array): Promise<void> {
  const path = pathOf(id, ending)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.part`, bytes)
  await rename(`${path}.part`, path)
}

/** The bytes of a stored file; throws NotFound. */
export async function readStored(id: string, ending: string): Promise<Buffer> {
  try {
    return await readFile(pathOf(id, ending))
  } catch {
    throw new NotFound('file')
  }
}

/** Takes a file away for good; one that is gone already is as good. */
export async function removeStored(id: string, ending: string): Promise<void> {
  await rm(pathOf(id, ending), { force: true })
}

function pathOf(id: string, ending: string): string {
  if (!/^[0-9A-Z]{26}$/.test(id)) throw new NotFound('file')
  return join(folder, id.slice(0, 5), `${id}.${ending}`)
}

/** Takes a file in as it is, whole or not at all: what is large does not pass through the memory. */
export async function adoptStored(id: string, ending: string, from: string): Promise<void> {
  const path = pathOf(id, ending)
  await mkdir(dirname(path), { recursive: true })
  await copyFile(from, `${path}.part`)
  await chmod(`${path}.part`, 0o600)
  await rename(`${path}.part`, path)
}

/** Where a stored file stands, for who reads it part by part; throws NotFound for what can be no file of ours. */
export function storedPath(id: string, ending: string): string {
  return pathOf(id, ending)
}

/** Deletes a stored file, there or not. */
export async function dropStored(id: string, ending: string): Promise<void> {
  await rm(pathOf(id, ending), { force: true })
}
