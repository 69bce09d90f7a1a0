/**
 * Replaces `native-pixels.ts` in browsers, where there are no addons. Bundlers find it by `browser`
 * in package.json.
 */
export const nativePixels = undefined;
