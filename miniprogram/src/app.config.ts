import { words } from './words.ts'

export default defineAppConfig({
  pages: [
    'pages/home/home',
    'pages/tickets/tickets',
    'pages/me/me',
    'pages/form/form',
    'pages/ticket/ticket',
    'pages/asset/asset',
    'pages/coupons/coupons',
    'pages/points/points',
    'pages/profile/profile',
    'pages/papers/papers',
    'pages/consents/consents',
    'pages/privacy/privacy',
    'pages/ride/ride',
    'pages/rides/rides',
    'pages/rent/rent',
    'pages/car/car',
    'pages/booking/booking',
    'pages/bookings/bookings',
    'pages/contract/contract',
    'pages/appointments/appointments',
    'pages/slots/slots',
  ],
  window: {
    navigationStyle: 'default',
    navigationBarTitleText: words.app,
    navigationBarBackgroundColor: '#ffffff',
    navigationBarTextStyle: 'black',
    backgroundColor: '#f5f7f6',
    backgroundTextStyle: 'dark',
  },
  // WeChat asks by itself before anything that its privacy rules cover, as long as nobody else says that they will.
  __usePrivacyCheck__: true,
  lazyCodeLoading: 'requiredComponents',
  permission: { 'scope.userLocation': { desc: words.place.why } },
  requiredPrivateInfos: ['getLocation', 'chooseLocation'],
  tabBar: {
    color: '#66706b',
    selectedColor: '#1b7f5a',
    backgroundColor: '#ffffff',
    borderStyle: 'white',
    list: [tab('home', words.tabs.home), tab('tickets', words.tabs.tickets), tab('me', words.tabs.me)],
  },
})

function tab(name: string, text: string) {
  return {
    pagePath: `pages/${name}/${name}`,
    text,
    iconPath: `assets/${name}.png`,
    selectedIconPath: `assets/${name}-on.png`,
  }
}
