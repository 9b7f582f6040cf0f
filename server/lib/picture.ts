import { createRequire } from 'node:module'

const FONTS = '@expo-google-fonts/noto-sans-sc'
const WEIGHTS = ['400Regular', '700Bold']
const { resolve } = createRequire(import.meta.url)

/** How many pixels a unit of the drawing becomes: sharp on the screens of today. */
const SCALE = 2

/**
 * The picture of an SVG drawing, as PNG. It is set in Noto Sans SC, which comes with the product: in a font that is not
 * there, Chinese text would silently be missing.
 */
export async function drawPng(svg: string): Promise<Buffer> {
  // Loaded with the first picture only: the fonts take memory that most processes never need.
  const { renderAsync } = await import('@resvg/resvg-js')
  const image = await renderAsync(svg, {
    fitTo: { mode: 'zoom', value: SCALE },
    font: {
      loadSystemFonts: false,
      fontFiles: WEIGHTS.map((weight) => resolve(`${FONTS}/${weight}/NotoSansSC_${weight}.ttf`)),
      defaultFontFamily: 'Noto Sans SC',
    },
  })
  return image.asPng()
}
