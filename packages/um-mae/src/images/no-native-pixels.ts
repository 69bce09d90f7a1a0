/** Stands for `native-pixels.ts` in browsers, as `browser` in package.json tells bundlers: there are no addons. */
export const nativePixels = undefined;
