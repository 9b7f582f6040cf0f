// WeChat draws its own bars around the pages.
export {}
