import type { UserConfigExport } from '@tarojs/cli'
import { version } from '../package.json'

const platform = process.env.TARO_ENV === 'h5' ? 'h5' : 'weapp'

/** px stay px: the layout is fluid, and a target of 44 px is 44 px on every phone. */
const postcss = { pxtransform: { enable: false }, cssModules: { enable: false } }

const config: UserConfigExport<'webpack5'> = {
  projectName: 'yingke',
  date: '2026-1-1',
  designWidth: 375,
  deviceRatio: { 375: 2, 640: 1.17, 750: 1, 828: 0.905 },
  sourceRoot: 'src',
  outputRoot: `dist/${platform}`,
  framework: 'react',
  compiler: { type: 'webpack5', prebundle: { enable: false } },
  cache: { enable: false },
  jsMinimizer: 'esbuild',
  cssMinimizer: 'lightningcss',
  esbuild: { minify: { enable: true, config: { target: 'es2018' } } },
  plugins: ['@tarojs/plugin-framework-react', `@tarojs/plugin-platform-${platform}`],
  defineConstants: {
    API_BASE: JSON.stringify(process.env.TARO_APP_API_BASE ?? 'http://127.0.0.1:8080'),
    APP_VERSION: JSON.stringify(version),
    // Keeps DingTalk's SDK out of a WeChat app.
    'process.env.SUPPORT_DINGTALK_NAVIGATE': JSON.stringify('disabled'),
  },
  mini: { postcss, miniCssExtractPluginOption: { ignoreOrder: true } },
  h5: {
    publicPath: '/app/',
    staticDirectory: 'static',
    router: { mode: 'hash' },
    postcss,
    webpackChain(chain) {
      // All pages come at once: most of what they are drawn with they share, and one that is opened first when the
      // network is gone must be there.
      chain.optimization.splitChunks({
        chunks: 'async',
        cacheGroups: {
          default: false,
          defaultVendors: false,
          pages: { name: 'pages', minChunks: 1, priority: 1 },
        },
      })
      chain.performance.hints(false)
    },
    output: { filename: 'js/[name].[contenthash:8].js', chunkFilename: 'chunk/[name].[contenthash:8].js' },
    miniCssExtractPluginOption: {
      ignoreOrder: true,
      filename: 'css/[name].[contenthash:8].css',
      chunkFilename: 'css/[name].[contenthash:8].css',
    },
  },
}

export default config
