/**
 * Targets: the facts known about images, such as their classes. They are kept apart from image
 * sets, which only locate pixels.
 */

/**
 * Looks up the target of an image by its index in the set: a class number, a file with the class of
 * every pixel, or boxes. The result is undefined for an image without a target. A task that needs
 * several kinds of targets has one such function for each.
 */
export type Targets<Known> = (index: number) => Known | undefined;
