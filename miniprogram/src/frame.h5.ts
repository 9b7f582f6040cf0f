import './frame.h5.css'

// A page inside WeChat's own browser already has a title bar above it.
if (/MicroMessenger/i.test(navigator.userAgent)) document.documentElement.classList.add('in-wechat')
