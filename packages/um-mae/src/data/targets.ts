/** What is known of images, told apart from the images: sets say where pixels are, targets what they show. */

/**
 * What is known of each image of a set, by its place there: the number of its class, a file with the class of every
 * pixel, boxes. Undefined where nothing is known. A task that learns from several kinds has one of these for each.
 */
export type Targets<Known> = (index: number) => Known | undefined;
