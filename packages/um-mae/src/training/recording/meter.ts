/** Rates over a stretch of training. */
export interface Rates {
  readonly imagesPerSecond: number;
  readonly dataWaitSeconds: number;
}

export class Meter {
  private images = 0;
  private waitedMs = 0;
  private startMs = performance.now();

  /** Counts images that have been trained on, and the time that training waited for them. */
  add({ images, waitedMs }: { readonly images: number; readonly waitedMs: number }): void {
    this.images += images;
    this.waitedMs += waitedMs;
  }

  get rates(): Rates {
    const seconds = (performance.now() - this.startMs) / 1000;
    return { imagesPerSecond: this.images / seconds, dataWaitSeconds: this.waitedMs / 1000 };
  }

  restart(): void {
    this.images = 0;
    this.waitedMs = 0;
    this.startMs = performance.now();
  }
}
