/**
 * The state of the page: a model, images, the model's output for each image, and problems.
 *
 * Images outlive models: with another model, all of them are run again. A model that cannot be
 * loaded leaves the present one as it is.
 */
import { ModelFailure, type ModelParts, ModelThread } from '../model/model-thread.js';
import type { ImageResult, ModelDescription, RuntimeChoice } from '../model/protocol.js';

export interface OpenModel extends ModelDescription {
  /** The identifier of the model, new for every model. */
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
}

/** An image of the user's. */
export interface Picture {
  readonly id: number;
  readonly file: File;
  /** Undefined until the model has seen it. */
  readonly result?: ImageResult | undefined;
  /** Address of what the model sees of it. */
  readonly view?: string | undefined;
  /** Address of its mask, where the model makes one. */
  readonly mask?: string | undefined;
}

export interface WorkbenchState {
  readonly model?: OpenModel | undefined;
  /** Name of the model that is on its way. */
  readonly loading?: string | undefined;
  /** The newest drop first. */
  readonly pictures: readonly Picture[];
  /** Sentences on what could not be used. */
  readonly notices: readonly string[];
}

export class Workbench {
  #state: WorkbenchState = { pictures: [], notices: [] };
  readonly #changed: (state: WorkbenchState) => void;
  readonly #choice: RuntimeChoice;
  #thread: ModelThread | undefined;
  /** The count of requested models: only the last one is shown. */
  #latest = 0;
  #pictures = 0;
  #isRunning = false;

  /** @param choice what runs models */
  constructor(changed: (state: WorkbenchState) => void, choice: RuntimeChoice) {
    this.#changed = changed;
    this.#choice = choice;
  }

  /** Models by their ending, all others as images. */
  open(files: readonly File[]): void {
    const models = files.filter(({ name }) => /\.onnx$/i.test(name));
    this.openModels(models);
    this.addPictures(files.filter((file) => !models.includes(file)));
  }

  /** Opens the last of them, with the other graphs that belong to it. */
  openModels(files: readonly File[]): void {
    const model = files.findLast(({ name }) => !isPart(name)) ?? files.at(-1);
    if (model) void this.openModel(model, { others: files, address: undefined });
  }

  /**
   * Never rejects: a file that is no model becomes a notice.
   *
   * @param parts where other graphs of the same model may be
   */
  async openModel(file: File, parts: ModelParts): Promise<void> {
    const request = ++this.#latest;
    const thread = new ModelThread();
    this.#set({ loading: file.name });
    try {
      const description = await thread.load(file, parts, this.#choice);
      if (request !== this.#latest) return thread.close();
      this.#replaceModel(thread, {
        ...description,
        id: request,
        name: file.name,
        bytes: file.size,
      });
    } catch (error) {
      thread.close();
      this.#notice(error);
      if (request === this.#latest) this.#set({ loading: undefined });
    }
    void this.#runPictures();
  }

  addPictures(files: readonly File[]): void {
    if (files.length === 0) return;
    const added = files.map((file) => ({ id: this.#pictures++, file }));
    this.#set({ pictures: [...added, ...this.#state.pictures] });
    void this.#runPictures();
  }

  removePictures(): void {
    for (const picture of this.#state.pictures) forget(picture);
    this.#set({ pictures: [] });
  }

  /**
   * Runs the model on an image that is not kept, such as one of a camera.
   *
   * @returns undefined where there is no model, and where it fails, which becomes a notice
   */
  async look(file: File): Promise<ImageResult | undefined> {
    try {
      return await this.#thread?.run(file);
    } catch (error) {
      this.#notice(error);
      return undefined;
    }
  }

  /** @param message a sentence for the user */
  notify(message: string): void {
    this.#set({ notices: [...this.#state.notices, message] });
  }

  dismissNotices(): void {
    this.#set({ notices: [] });
  }

  #set(change: Partial<WorkbenchState>): void {
    this.#state = { ...this.#state, ...change };
    this.#changed(this.#state);
  }

  #replaceModel(thread: ModelThread, model: OpenModel): void {
    this.#thread?.close();
    this.#thread = thread;
    for (const picture of this.#state.pictures) forget(picture);
    const pictures = this.#state.pictures.map(({ id, file }) => ({ id, file }));
    this.#set({ model, loading: undefined, pictures });
  }

  /** One after the other, in the order in which they are shown, until none is left. */
  async #runPictures(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (;;) {
      const thread = this.#thread;
      const picture = this.#state.pictures.find(({ result }) => !result);
      if (!thread || !picture) break;
      await this.#run(thread, picture);
    }
    this.#isRunning = false;
  }

  async #run(thread: ModelThread, picture: Picture): Promise<void> {
    try {
      const result = await thread.run(picture.file);
      // Another model came meanwhile, and has its own turn.
      if (thread !== this.#thread) return;
      const { view, mask } = result;
      this.#replace(picture, { ...picture, result, view: addressOf(view), mask: addressOf(mask) });
    } catch (error) {
      if (thread !== this.#thread) return;
      this.#notice(error);
      if (error instanceof ModelFailure && error.isFinal) {
        // The images wait for another model.
        thread.close();
        this.#thread = undefined;
        this.#set({ model: undefined });
      } else this.#replace(picture);
    }
  }

  /** Leaves it out where there is no other; one that was removed meanwhile stays away. */
  #replace(picture: Picture, other?: Picture): void {
    const place = this.#state.pictures.indexOf(picture);
    if (place < 0) {
      forget(other);
      return;
    }
    this.#set({ pictures: this.#state.pictures.toSpliced(place, 1, ...(other ? [other] : [])) });
  }

  #notice(error: unknown): void {
    if (!(error instanceof ModelFailure)) throw error;
    this.notify(error.message);
  }
}

/** Whether a file is named like a graph that runs after another one. */
function isPart(name: string): boolean {
  return /\.(?:boxes\d?|masks)\.onnx$/i.test(name);
}

function addressOf(blob: Blob | undefined): string | undefined {
  return blob && URL.createObjectURL(blob);
}

function forget(picture: Pick<Picture, 'view' | 'mask'> | undefined): void {
  for (const address of [picture?.view, picture?.mask]) {
    if (address !== undefined) URL.revokeObjectURL(address);
  }
}
