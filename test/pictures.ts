import sharp from 'sharp'

/** A small JPEG with EXIF data (a place and a camera), as a phone would make it. */
export function jpeg(width = 640, height = 480): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r: 27, g: 127, b: 90 } } })
    .withExif({ IFD0: { Make: 'PhoneMaker', Copyright: 'SecretOwner' } })
    .jpeg()
    .toBuffer()
}
