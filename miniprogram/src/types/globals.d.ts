/** Put in by config/index.ts at build time. */
declare const API_BASE: string
declare const APP_VERSION: string
